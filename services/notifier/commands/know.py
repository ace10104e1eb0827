"""Keeps what other services tell: people and their numbers, kinships, households, branches. Copies, sealed anew here."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.notifier.model.contact import State, mobiles
from services.notifier.store import (
    BRANCHES,
    CONTACTS,
    HOUSEHOLDS,
    KINSHIPS,
    MESSAGES,
    PEOPLE,
    Desk,
    Doc,
)
from shared.events import Event
from shared.units import Unit
from shared.units.bound import Bound


def put(rows: Bound, document: Doc) -> None:
    """Lay a projection's row in, or in the place of the older one."""
    _put(rows, document, new=rows.find_one({"_id": document["_id"]}, projection=["_id"]) is None)


def _put(rows: Bound, document: Doc, *, new: bool) -> None:
    if new:
        rows.insert(document)
    else:
        rows.replace_rows([document])


def closed_fields(desk: Desk, event: Event, under: str) -> Mapping[str, Any] | None:
    """What the event says of this person; None when the person was erased or nothing is sealed under them."""
    value = event.sealed().get(under)
    opened = desk.sealer.open(under, "event", event.id, value) if value else None
    return opened if isinstance(opened, dict) else None


def know_branch(unit: Unit, event: Event) -> None:
    """A place's name, for texts."""
    put(unit.collection(BRANCHES), {"_id": event.subject, "level": event.data["level"], "name": event.data["name"]})


def know_person(desk: Desk, unit: Unit, event: Event) -> Doc | None:
    """A person as they are now, with their numbers; the row. None when they were erased: nothing is kept then."""
    said = closed_fields(desk, event, event.subject)
    rows = unit.collection(PEOPLE)
    known = rows.find_one({"_id": event.subject})
    old = known or {}
    if said is None or old.get("gone"):
        put(rows, {"_id": event.subject, "branch": event.branch, "kinds": [], "gone": True})
        return None
    opened: Doc = {name: event.data[name] for name in ("number", "kinds", "minor", "care", "home")}
    kept: Doc = {name: old[name] for name in ("no_consent", "alarm") if name in old}
    seal = desk.sealer.seal(event.subject, PEOPLE, event.subject, {"name": said["name"]})
    row = {"_id": event.subject, "branch": event.branch, **opened, **kept, "sealed": seal}
    _put(rows, row, new=known is None)
    numbers = mobiles(said.get("phones", ()))
    if numbers or known is not None:
        _know_numbers(desk, unit, event.subject, event.branch, numbers)
    return row


def know_kinship(desk: Desk, unit: Unit, event: Event) -> None:
    """A relation as it is now. One that was barred is not opened again by an older word that came late."""
    said = closed_fields(desk, event, event.data["relative"])
    if said is None:
        unit.collection(KINSHIPS).delete_any({"_id": event.subject})
        return
    content = {"presence": said["presence"], "relation": said["relation"]}
    row = {name: event.data[name] for name in ("recipient", "relative", "call_order", "may_know")}
    old = unit.collection(KINSHIPS).find_one({"_id": event.subject}) or {}
    if old.get("barred", 0) > event.revision:
        row |= {"may_know": "must_never", "barred": old["barred"]}
    seal = desk.sealer.seal(row["relative"], KINSHIPS, event.subject, content)
    put(unit.collection(KINSHIPS), {"_id": event.subject, "branch": event.branch, **row, "sealed": seal})


def bar_relative(unit: Unit, event: Event) -> None:
    """From now on this relative must never learn anything of the recipient. Holds also before the kinship is known."""
    rows, pair = unit.collection(KINSHIPS), {name: event.data[name] for name in ("recipient", "relative")}
    bar = {"may_know": "must_never", "barred": event.revision}
    if rows.update_any(pair, {"$set": bar}) == 0:
        rows.insert({"_id": event.subject, "branch": event.branch, **pair, "call_order": 99, **bar})


def know_household(unit: Unit, event: Event) -> None:
    """Who lives together."""
    row = {"_id": event.subject, "branch": event.branch, "members": event.data["members"], "number": event.data["number"]}
    put(unit.collection(HOUSEHOLDS), row)


def consent_changed(unit: Unit, event: Event, withdrawn: bool) -> None:
    """Without consent only what the duty of care needs goes on."""
    change = {"$set": {"no_consent": True}} if withdrawn else {"$unset": {"no_consent": ""}}
    unit.collection(PEOPLE).update_any({"_id": event.data["person"]}, change)


def _know_numbers(desk: Desk, unit: Unit, person: str, branch: str, numbers: Sequence[str]) -> None:
    """A number known before keeps what is known of it; one no longer named is not used any more."""
    rows = unit.collection(CONTACTS)
    hashes = {desk.numbers.hash(number): number for number in numbers}
    there = rows.find({"person": person})
    known, bare = {row["hash"]: row for row in there}, {row["_id"]: row for row in there if not row["hash"]}
    for hash_, row in known.items():
        order = list(hashes).index(hash_) if hash_ in hashes else 99
        if (row["current"], row["order"]) != (hash_ in hashes, order):
            rows.update({"_id": row["_id"]}, {"$set": {"current": hash_ in hashes, "order": order}})
    made = [_contact(desk, person, order, hash_, hashes[hash_]) for order, hash_ in enumerate(hashes) if hash_ not in known]
    rows.insert_many([bare_contact(row["_id"], person, branch) | row for row in made if row["_id"] not in bare])
    rows.replace_rows([bare[row["_id"]] | row for row in made if row["_id"] in bare])
    if desk.restored_at is not None and len(made) == len(hashes) == 1:  # so that receipts find what came back from the log
        number = {"contact": made[0]["_id"], "hash": made[0]["hash"]}
        unit.collection(MESSAGES).update_any({"person": person, "bare": True, "hash": ""}, {"$set": number})


def bare_contact(contact: str, person: str, branch: str) -> Doc:
    """A contact of which no more is known yet than that it is there. Nothing is sent to it."""
    row = {"_id": contact, "revision": 0, "person": person, "branch": branch, "hash": ""}
    return row | {"state": State.UNPROVEN.value, "unreachable": "", "order": 99, "current": False}


def _contact(desk: Desk, person: str, order: int, hash_: str, number: str) -> Doc:
    """What the registry knows of a contact."""
    contact = desk.id_for(person, CONTACTS, hash_)
    sealed = desk.sealer.seal(person, CONTACTS, contact, {"number": number})
    return {"_id": contact, "hash": hash_, "sealed": sealed, "order": order, "current": True}
