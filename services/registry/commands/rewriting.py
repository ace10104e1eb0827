"""A person written anew: the document, what they are found by, and the event, together and only when something changed."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.registry.commands.telling import tell_person, tell_volunteer
from services.registry.desk import Desk, Doc
from services.registry.model.by_hand import CHILD, ELDER, VOLUNTEER, row_of
from services.registry.model.person_content import Content
from services.registry.model.roster_rows import RosterRelative
from services.registry.model.roster_same import row_keys
from services.registry.model.search import forms_of
from services.registry.model.text import name_key
from services.registry.store import BRANCHES, COUNTERS, PEOPLE, VOLUNTEERS
from services.registry.store.sealed import closed, opened
from shared.units import Unit


def content_of(desk: Desk, person: Doc) -> Content:
    """What is sealed in a person's document. Opening to change it is no look; showing it is."""
    return opened(desk.sealer, PEOPLE, person, person["_id"])


def rewrite(unit: Unit, desk: Desk, actor: str, person: Doc, known: Content, content: Content, opens: Mapping[str, Any]) -> Doc:
    """The person with this content and these open fields; as it was when neither is new.

    A changed phone is unproven again (docs/domain.md, rules 10 and 14). Also a volunteer's own event is told.
    """
    if content == known and all(person.get(name) == value for name, value in opens.items()):
        return person
    fresh = {**person, **opens, "revision": person["revision"] + 1}
    if content.get("phones") != known.get("phones"):
        fresh["contact"] = "unproven"
        fresh.pop("contact_until", None)
    fresh["look"] = look_of(desk, content)
    fresh["row_keys"] = list(dict.fromkeys((*person["row_keys"], *keys_of(unit, desk, person, content))))
    sealed = closed(desk.sealer, PEOPLE, fresh, person["_id"], content)
    unit.collection(PEOPLE).replace(sealed, was=person["revision"])
    tell_person(unit, actor, sealed, content)
    if "volunteer" in person["kinds"]:
        _retell_volunteer(unit, actor, person["_id"], content)
    return sealed


def look_of(desk: Desk, content: Content) -> list[str]:
    """The look-up hashes a person is found by."""
    return sorted({desk.hash(kind, form) for kind, form in forms_of(content)})


def recipient_kind(person: Doc) -> str:
    """elder, child, or "" for who is not cared for."""
    return next((kind for kind in (CHILD, ELDER) if kind in person["kinds"]), "")


def relative_keys(desk: Desk, content: Content) -> list[str]:
    """The keys a relative is known by, as an import makes them."""
    return [desk.hash("relative", f"{name_key(content['name'])}|{phone}") for phone in content.get("phones", ())]


def keys_of(unit: Unit, desk: Desk, person: Doc, content: Content) -> Iterable[str]:
    """The keys by which a roster's row, or another row's relative, finds this person."""
    if "relative" in person["kinds"] and not recipient_kind(person):
        return relative_keys(desk, content)
    return keys_with(unit, desk, person, content, ())


def keys_with(unit: Unit, desk: Desk, person: Doc, content: Content, relatives: Iterable[RosterRelative]) -> Iterable[str]:
    """The keys of a row that names these relatives."""
    place = unit.collection(BRANCHES).find_one({"branch": person["branch"], "level": "village"})
    row = row_of(recipient_kind(person) or VOLUNTEER, content, place["code"] if place else "", relatives)
    return [desk.hash("row", key) for key in row_keys(row)]


def next_number(unit: Unit, series: str) -> str:
    """The next 春雨编号 of a series such as `360124103-J`."""
    counters = unit.collection(COUNTERS)
    row = counters.find_one({"_id": series})
    if row is None:
        counters.insert({"_id": series, "next": 1})
        return f"{series}{1:06d}"
    counters.update({"_id": series}, {"$set": {"next": row["next"] + 1}})
    return f"{series}{row['next'] + 1:06d}"


def _retell_volunteer(unit: Unit, actor: str, person: str, content: Content) -> None:
    volunteer = unit.collection(VOLUNTEERS).find_one({"person": person})
    if volunteer is not None:
        fresh = {**volunteer, "revision": volunteer["revision"] + 1}
        unit.collection(VOLUNTEERS).replace(fresh, was=volunteer["revision"])
        tell_volunteer(unit, actor, fresh, content)
