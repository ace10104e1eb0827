"""Brings the concerns of a restored audit service back (docs/operating.md, "A restored backup").

The log itself is no matter of this: its folder gives the entries back before anything is recalled (recovery.py). A concern is
made anew from the very entry that raised it, so that it stands as before. What a person exported since is exported again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from services.audit.commands.concerns import CLOSED, OPEN, Concerns, Matter, name_of
from services.audit.handlers import dispute, matter
from services.audit.inspections import recall as inspections
from services.audit.inspections.answering import Findings
from services.audit.model.concern import OPENS, RULES
from services.audit.store import CONCERNS, ENTRIES, HOUSES
from shared.clock import from_wire
from shared.events import Event
from shared.events.envelope import read
from shared.healing.recall import Window
from shared.inbox import Handler
from shared.sealing import KeyLost, Sealer
from shared.units import Unit

log = structlog.get_logger()
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What bringing back works with."""

    concerns: Concerns
    sealer: Sealer
    home: str
    findings: Findings


Apply = Callable[[Desk, Unit, Event], None]


def recalls(desk: Desk) -> Mapping[str, Handler]:
    """The table, with what its functions work with."""
    return {type_: partial(apply, desk) for type_, apply in RECALL.items()}


def after_recall(desk: Desk, unit: Unit, window: Window) -> None:
    """What could not be told while the log was read back, and what nobody can tell apart any more."""
    odd = {"odd": "other_body", "time": {"$gte": window.since}}
    for entry in unit.collection(ENTRIES).find(odd, projection=["subject", "event"]):
        another = Matter("other_body", desk.home, about=str(entry["subject"]), cause=str(entry["event"]))
        since = {"key": name_of(another, "county"), "raised_at": {"$gte": from_wire(window.since)}}
        if unit.collection(CONCERNS).find_one(since) is None:
            desk.concerns.open(unit, another)
    desk.concerns.close_about(unit, "", ("silent_source",), "restored")


def _raised(desk: Desk, unit: Unit, event: Event) -> None:
    rows, data = unit.collection(CONCERNS), event.data
    if rows.find_one({"_id": event.subject}, projection=["_id"]) is not None:
        return
    about = data.get("about", "")
    found = _by_its_cause(desk, unit, event, data["kind"]) or _as_told(unit, event, about)
    _lay(unit, desk.concerns.brought_back(event, found, data["level"]) | {"branch": event.branch})


def _as_told(unit: Unit, event: Event, about: str) -> Matter:
    """What the event itself says, when no rule of an event raised it."""
    return Matter(event.data["kind"], _where(unit, event), about=about, shows=tuple(event.data.get("shows", ())))


def _lay(unit: Unit, made: Doc) -> None:
    """One that is open under the same key keeps it: which of them still holds a person sees."""
    rows = unit.collection(CONCERNS)
    if rows.find_one({"key": made["key"], "state": OPEN}, projection=["_id"]) is not None:
        made["key"] = made["_id"]
    rows.insert(made)


def _closed(desk: Desk, unit: Unit, event: Event) -> None:
    _close(unit, event, event.actor, event.data["why"])


def _close(unit: Unit, event: Event, who: str, why: str) -> None:
    older = {"_id": event.subject, "revision": {"$lt": event.revision}}
    change = {"revision": event.revision, "state": CLOSED, "closed_at": from_wire(event.time), "closed_by": who, "why": why}
    unit.collection(CONCERNS).update_any(older, {"$set": change})


def _hidden(desk: Desk, unit: Unit, event: Event) -> None:
    """Who closed a hidden one, and with which word, stands in no event."""
    said = _opened(desk, event)
    if said is None:
        return
    if said.get("state") == CLOSED:
        _close(unit, event, "", "")
        return
    if unit.collection(CONCERNS).find_one({"_id": event.subject}, projection=["_id"]) is None:
        record = next(iter(event.sealed()))
        shows = tuple(said.get("shows", ()))
        alone = Matter(said["kind"], desk.home, about=said["about"], record=record, shows=shows)
        found = _by_its_cause(desk, unit, event, said["kind"]) or alone
        _lay(unit, desk.concerns.brought_back(event, found, RULES[found.kind].levels[0]))


def _opened(desk: Desk, event: Event) -> Mapping[str, Any] | None:
    under, value = next(iter(event.sealed().items()))
    try:
        said = desk.sealer.open(under, "event", event.id, value)
    except KeyLost:
        log.warning("concern_not_brought_back", concern=event.subject)
        return None
    return said if isinstance(said, dict) else None


def _by_its_cause(desk: Desk, unit: Unit, event: Event, kind: str) -> Matter | None:
    """What the entry that raised it says by the rule that raised it."""
    if kind == "other_body":
        subject = event.data["about"]
        odd = unit.collection(ENTRIES).find_one({"about": subject, "subject": subject, "odd": kind}, projection=["event"])
        return Matter(kind, event.branch, about=subject, cause=odd["event"]) if odd else None
    entry = unit.collection(ENTRIES).find_one({"key": event.data.get("cause", "")})
    if entry is None:
        return None
    cause = read(bytes(entry["body"]))
    if kind == "disputed":
        return dispute(desk.sealer, cause)
    return next((matter(rule, cause) for rule in OPENS if (rule.type, rule.kind) == (cause.type, kind)), None)


def _where(unit: Unit, event: Event) -> str:
    """The household's branch, where the matter is about one."""
    house = unit.collection(HOUSES).find_one({"_id": event.data.get("about", "")})
    return str(house["branch"]) if house else event.branch


RECALL: Mapping[str, Apply] = {
    "concern.raised.v1": _raised,
    "concern.closed.v1": _closed,
    "concern.hidden.v1": _hidden,
    **inspections.RECALL,
}
NOTHING_TO_RECALL: frozenset[str] = frozenset({"log.began.v1", "log.exported.v1", "log.export_agreed.v1"})
"""They speak of the log itself: what was taken away is taken away again. All other types of the audit service's own speak of a
concern, an inspection or a finding."""
