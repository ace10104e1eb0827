"""Keeps what is needed of accounts, people and pairings: roles, marks of numbers, endings and re-gradings.

A number or a list of categories is never kept, only whether two are the same (store.py, marks).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.audit.evidence.keeps import Keeps
from services.audit.evidence.store import ACCOUNTS, ENDINGS, PEOPLE, VISITS
from services.audit.store import HOUSES
from shared.clock import from_wire
from shared.events import Event
from shared.events.registry import BANDS
from shared.units import Unit

Doc = dict[str, Any]
HARD = "weekly"
"""The rhythm the rules give to those alone, disabled or in danger."""
NUMBER_BACK = timedelta(days=14)
"""A number written down at a visit is keyed in, and answers, within this time."""
ENDED_WHY = ("asked", "left", "declined")


def _account(keeps: Keeps, unit: Unit, event: Event) -> None:
    rows, row = unit.collection(ACCOUNTS), {"role": event.data["role"]}
    if rows.find_one({"_id": event.subject}) is None:
        rows.insert({"_id": event.subject, **row})
    else:
        rows.update({"_id": event.subject}, {"$set": row})


def _person(keeps: Keeps, unit: Unit, event: Event) -> None:
    """Who is known under which numbers; a weaker rhythm, other categories or the end of care becomes a thing to sample."""
    inner = keeps.opened(event, event.subject)
    if inner is None:
        return
    at, data, rows = from_wire(event.time), event.data, unit.collection(PEOPLE)
    row: Doc = {"branch": event.branch, "care": data["care"], "band": data["band"], "event": event.id, "at": at}
    row["phones"] = sorted({keeps.marks.number(number) for number in inner.get("phones", ())})
    if inner.get("categories"):
        row["categories"] = keeps.marks.thing("categories", ",".join(sorted(inner["categories"])))
    known = None if event.revision == 1 else rows.find_one({"_id": event.subject})
    if known is None:
        rows.insert({"_id": event.subject, **row})
        return
    if set(row["phones"]) - set(known["phones"]):
        row["renewed"] = {"event": event.id, "at": at}
    rows.update({"_id": event.subject}, {"$set": row})
    if kind := _ending(known, row):
        more = {"person": event.subject, "hard": known["band"] == HARD and known["care"] == "active"}
        _end(unit, event, kind, _home_of(unit, event.subject), at, more)


def _ending(known: Doc, row: Doc) -> str:
    """What kind of ending lies between two states of a person; empty for none."""
    if known["care"] == "active" and row["care"] == "ended":
        return "care_ended"
    if row["care"] != "active" or known["care"] != "active":
        return ""
    if BANDS.index(row["band"]) > BANDS.index(known["band"]):
        return "band_lowered"
    return "categories_changed" if known.get("categories") != row.get("categories") else ""


def _pairing_ended(keeps: Keeps, unit: Unit, event: Event) -> None:
    data = event.data
    if data["why"] in ENDED_WHY:
        _end(unit, event, "pairing_ended", data["household"], from_wire(event.time), {"volunteer": data["volunteer"]})


def _end(unit: Unit, event: Event, kind: str, household: str, at: datetime, more: Doc) -> None:
    """What restricts is handled twice when it came early: the second time changes nothing."""
    if unit.collection(ENDINGS).find_one({"_id": event.id}, projection=["_id"]) is not None:
        return
    row: Doc = {"_id": event.id, "thing": event.subject, "branch": event.branch, "kind": kind, "event": event.id}
    row |= {"day": event.day, "at": at, "hard": False} | more | ({"household": household} if household else {})
    unit.collection(ENDINGS).insert(row)


def _proven(keeps: Keeps, unit: Unit, event: Event) -> None:
    """A number written down after a visit answered: what was agreed at the visit came true."""
    person = event.data["person"]
    known = unit.collection(PEOPLE).find_one({"_id": person}) or {}
    household, now = _home_of(unit, person), from_wire(event.time)
    if "renewed" not in known or not household or now - known["renewed"]["at"] > NUMBER_BACK:
        return
    since = {"$gte": known["renewed"]["at"] - NUMBER_BACK, "$lte": known["renewed"]["at"]}
    wanted = {"household": household, "at": since, "state": "completed"}
    for visit in unit.collection(VISITS).find(wanted, sort=[("at", -1)], limit=1):
        unit.collection(VISITS).update({"_id": visit["_id"]}, {"$set": {"renewed": {"event": event.id, "at": now}}})


def _erased(keeps: Keeps, unit: Unit, event: Event) -> None:
    """With the person's key goes every mark that was made of what it sealed."""
    unit.collection(PEOPLE).delete_any({"_id": event.subject})
    unit.collection(VISITS).update_any({"under": event.subject}, {"$unset": {"note": "", "note_letters": "", "under": ""}})


def _home_of(unit: Unit, person: str) -> str:
    house = unit.collection(HOUSES).find_one({"members": person}, projection=["_id"])
    return str(house["_id"]) if house else ""


PEOPLE_TABLE: Mapping[str, Callable[[Keeps, Unit, Event], None]] = {
    "account.registered.v1": _account,
    "account.rights_changed.v1": _account,
    "person.registered.v1": _person,
    "person.changed.v1": _person,
    "person.erased.v1": _erased,
    "pairing.ended.v1": _pairing_ended,
    "contact.proven.v1": _proven,
}
