"""What follows for a household when its members change, and for its pairings."""

from collections.abc import Iterable
from datetime import date

from services.registry.commands.telling import tell_household, tell_pairing
from services.registry.desk import Doc
from services.registry.model.bands import NONE, strictest
from services.registry.store import HOUSEHOLDS, PAIRINGS, PEOPLE, VOLUNTEERS
from shared.ids import new_id
from shared.units import Unit

OPEN = ("proposed", "formed")


def form_alone(unit: Unit, actor: str, person: Doc) -> None:
    """A household of one, known by the person's own number, until forming finds with whom they live. One of that number in
    which somebody still lives is left to forming."""
    known = unit.collection(HOUSEHOLDS).find_one({"number": person["number"]})
    if known is None:
        fresh = {"_id": new_id(), "revision": 1, "number": person["number"], "branch": person["branch"], "links": []}
        fresh |= _together([person])
        unit.collection(HOUSEHOLDS).insert(fresh)
    elif not known["members"]:
        fresh = {**known, **_together([person]), "branch": person["branch"], "revision": known["revision"] + 1}
        unit.collection(HOUSEHOLDS).replace(fresh, was=known["revision"])
    else:
        return
    tell_household(unit, actor, fresh)


def follow_member(unit: Unit, actor: str, person: str, today: date) -> None:
    """Rhythm, minors and rank of the household this person lives in, brought up to date; told only when they changed."""
    household = unit.collection(HOUSEHOLDS).find_one({"members": person})
    if household is not None:
        _regroup(unit, actor, household, household["members"], today)


def leave_household(unit: Unit, actor: str, household: Doc, person: str, why: str, today: date) -> None:
    """Somebody does not live here any more. Who stays keeps household and pairing; with nobody left both end."""
    staying = [one for one in household["members"] if one != person]
    if staying:
        _regroup(unit, actor, household, staying, today)
    else:
        dissolve(unit, actor, household, why)


def _regroup(unit: Unit, actor: str, household: Doc, members: Iterable[str], today: date) -> None:
    people = unit.collection(PEOPLE).find({"_id": {"$in": list(members)}}, sort=[("number", 1)])
    fresh = {**household, **_together(people), "links": household["links"] if len(people) > 1 else []}
    if fresh == household:
        return
    fresh["revision"] += 1
    unit.collection(HOUSEHOLDS).replace(fresh, was=household["revision"])
    unfit_pairings(unit, actor, fresh, today)
    tell_household(unit, actor, fresh)


def _together(people: list[Doc]) -> Doc:
    return {
        "members": [person["_id"] for person in people],
        "numbers": [person["number"] for person in people],
        "band": strictest(person["band"] for person in people),
        "minors": any(person["minor"] for person in people),
        "risk": min(person["risk"] for person in people),
    }


def dissolve(unit: Unit, actor: str, household: Doc, why: str) -> None:
    """A household that is no more: no members, and its pairings end."""
    empty = {"members": [], "numbers": [], "band": NONE, "minors": False, "links": []}
    doc = {**household, **empty, "revision": household["revision"] + 1}
    unit.collection(HOUSEHOLDS).replace(doc, was=household["revision"])
    tell_household(unit, actor, doc)
    end_pairings(unit, actor, {"household": household["_id"]}, why)


def end_pairings(unit: Unit, actor: str, of: Doc, why: str) -> int:
    """End the open pairings that match. Returns how many."""
    pairings = unit.collection(PAIRINGS)
    found = pairings.find({**of, "state": {"$in": OPEN}})
    for pairing in found:
        end_pairing(unit, actor, pairing, why)
    return len(found)


def end_pairing(unit: Unit, actor: str, pairing: Doc, why: str) -> Doc:
    """End this pairing."""
    doc = {**pairing, "state": "ended", "why": why, "revision": pairing["revision"] + 1}
    unit.collection(PAIRINGS).replace(doc, was=pairing["revision"])
    tell_pairing(unit, actor, doc)
    return doc


def unfit_pairings(unit: Unit, actor: str, household: Doc, today: date) -> None:
    """A minor came into the house: whoever has no valid check for offences is not sent there any more (rule 4)."""
    if not household["minors"]:
        return
    for pairing in unit.collection(PAIRINGS).find({"household": household["_id"], "state": {"$in": OPEN}}):
        volunteer = unit.collection(VOLUNTEERS).find_one({"_id": pairing["volunteer"]})
        if volunteer is None or not may_meet_minors(volunteer, today):
            end_pairing(unit, actor, pairing, "declined")


def may_meet_minors(volunteer: Doc, today: date) -> bool:
    """Whether a passed check is on record that holds on this day (docs/domain.md, rule 4)."""
    return str(volunteer.get("minors_until", "")) >= today.isoformat()
