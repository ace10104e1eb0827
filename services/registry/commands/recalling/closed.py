"""What an own event says, opened and closed again for the document: nothing for whoever was erased meanwhile.

The keys lie in a store of their own, which no backup of the registry takes back: so an erased person stays closed. A lost key
must not stop the recall of everybody else: the document then keeps what the backup had of the person.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from services.registry.desk import Desk, Doc
from services.registry.store.sealed import closed, opened
from shared.events import Event
from shared.sealing import ERASED
from shared.sealing.errors import KeyLost
from shared.units import Unit

log = structlog.get_logger()
Content = dict[str, Any]


def told_of(desk: Desk, event: Event, under: str) -> Content | None:
    """The event's fields sealed under this person; {} when it has none, None when they cannot be read any more."""
    value = event.sealed().get(under)
    if value is None:
        return {}
    try:
        found = desk.sealer.open(under, "event", event.id, value)
    except KeyLost:
        log.error("recalled_without_key", event=event.id, person=under)
        return None
    return None if found is ERASED else dict(found)


def known_of(desk: Desk, collection: str, document: Doc, under: str) -> Content:
    """What is sealed in the document; {} for none, for an erased person's, and without the key."""
    try:
        return opened(desk.sealer, collection, document, under) if document else {}
    except KeyLost:
        return {}


def sealed_again(desk: Desk, collection: str, document: Doc, under: str, content: Content | None) -> Doc:
    """The document with this content; with what it had when nothing can be read."""
    if content is None:
        return {"sealed": "", **document}
    return closed(desk.sealer, collection, document, under, content)


def news(unit: Unit, collection: str, event: Event) -> tuple[Doc, bool]:
    """(the document of the event's thing or {}, whether the event says something newer than it)."""
    known = unit.collection(collection).find_one({"_id": event.subject}) or {}
    return known, known.get("revision", 0) < event.revision


def put(unit: Unit, collection: str, known: Doc, fresh: Doc) -> None:
    """Write the document anew, or for the first time."""
    if known:
        unit.collection(collection).replace(fresh, was=known["revision"])
    else:
        unit.collection(collection).insert(fresh)


def head_of(event: Event) -> Doc:
    """The fields of a document that every event of its thing tells."""
    return {"_id": event.subject, "revision": event.revision, "branch": event.branch}


def joined(known: Content, was: Mapping[str, Any], told: Mapping[str, Any]) -> Content:
    """What is known with what was told: `was` is what would be told of the known. A text that an event only cut stays whole."""
    changed = {name for name in was.keys() | told.keys() if was.get(name) != told.get(name)}
    kept = {name: value for name, value in known.items() if name not in changed}
    return {**kept, **{name: told[name] for name in changed if name in told}}
