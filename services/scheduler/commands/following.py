"""Keeps what the scheduler knows of others' things in step with their events, and lets go of visits no longer needed."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.scheduler import store
from services.scheduler.commands import looking_in, lost_time, planning, visits
from services.scheduler.commands.desk import ACTOR, Desk
from services.scheduler.model.people import barred
from services.scheduler.model.rhythm import rank
from shared.errors import NotYetKnown
from shared.units import Unit

Doc = dict[str, Any]
OPEN_STATES = ["planned", "declined"]


def note_branch(unit: Unit, branch: Doc) -> None:
    """Know a branch by name and place in the tree."""
    store.put(unit, store.BRANCHES, branch)


def note_person(unit: Unit, desk: Desk, person: Doc) -> None:
    """Know a recipient's state of care. The household's follows from it. Who was erased stays so, whatever comes late."""
    if unit.collection(store.PEOPLE).find_one({"_id": person["_id"], "erased": True}) is not None:
        return
    store.put(unit, store.PEOPLE, person)
    for household in _households_with(unit, person["_id"]):
        refresh_household(unit, desk, household)


def erase_person(unit: Unit, desk: Desk, person: str) -> None:
    """Forget everything that speaks of this person; cancel what was planned when nobody else is left in the household."""
    change = {"$set": {"erased": True, "care": "ended", "no_adult": False}, "$unset": {"sealed": ""}}
    if unit.collection(store.PEOPLE).update_any({"_id": person}, change) == 0:
        unit.collection(store.PEOPLE).insert({"_id": person, "erased": True, "care": "ended", "no_adult": False})
    unit.collection(store.VISITS).update_any({"under": person}, {"$unset": {"sealed": "", "under": ""}})
    for household in _households_with(unit, person):
        refresh_household(unit, desk, household)


def note_household(unit: Unit, desk: Desk, household: Doc, told_on: str) -> None:
    """Know who lives together and how often somebody is to come. `told_on`: the county day on which that was told."""
    known = unit.collection(store.HOUSEHOLDS).find_one({"_id": household["_id"]})
    if known is None:
        first = {"care": "active", "cared": [], "no_adult": False, "rank": 0, "last_visit": ""}
        known = {**first, "since": told_on, **household}
        unit.collection(store.HOUSEHOLDS).insert(known)
        planning.note_change(unit, desk, household["_id"])
    elif "stub" in known:
        change = {"$set": {**household, "since": told_on}, "$unset": {"stub": ""}}
        unit.collection(store.HOUSEHOLDS).update({"_id": household["_id"]}, change)
        lost_time.fill_in(unit, household["_id"], household["number"])
        planning.note_change(unit, desk, household["_id"])
    else:
        unit.collection(store.HOUSEHOLDS).update({"_id": household["_id"]}, {"$set": household})
        if household["band"] != known["band"]:
            planning.note_change(unit, desk, household["_id"])
    refresh_household(unit, desk, {**known, **household})


def refresh_household(unit: Unit, desk: Desk, household: Doc) -> None:
    """Work out a household's care from its members': active while one member is; who is not known yet counts as active."""
    found = unit.collection(store.PEOPLE).find({"_id": {"$in": household["members"]}})
    members = {row["_id"]: row for row in found}
    cares = [members[one]["care"] if one in members else "active" for one in household["members"]]
    care = "active" if "active" in cares else "paused" if "paused" in cares else "over"
    no_adult = any(row["no_adult"] and not row["erased"] for row in members.values())
    state = {
        "care": care,
        "cared": [one for one, its in zip(household["members"], cares, strict=True) if its == "active"],
        "no_adult": no_adult,
        "rank": rank(household["band"], no_adult),
    }
    unit.collection(store.HOUSEHOLDS).update({"_id": household["_id"]}, {"$set": state})
    if care != household["care"]:
        _follow_care(unit, desk, {**household, "care": care})


def note_volunteer(unit: Unit, desk: Desk, volunteer: Doc, places: Iterable[str]) -> None:
    """Know what a volunteer offers. Raises NotYetKnown for a place whose branch has not been heard of.

    Visits they may not make any more (left, resting, check over or withdrawn) are declined at once: a stand-in is found.
    """
    store.put(unit, store.VOLUNTEERS, {**volunteer, "reach": _paths(unit, places)})
    whole = unit.collection(store.VOLUNTEERS).find_one({"_id": volunteer["_id"]})
    if whole is not None:
        withdraw(unit, desk, whole)


def note_pairing(unit: Unit, desk: Desk, pairing: Doc) -> None:
    """Know a pairing; the household's care is planned with it at 18:00."""
    unit.collection(store.PAIRINGS).insert(pairing)
    planning.note_change(unit, desk, pairing["household"])


def end_pairing(unit: Unit, desk: Desk, pairing: str, household: str, volunteer: str) -> None:
    """Forget a pairing and what was planned in it. The household's care is planned anew with who is left, if anybody."""
    unit.collection(store.PAIRINGS).delete_any({"_id": pairing})
    part(unit, desk, household, volunteer)
    planning.note_change(unit, desk, household)


def part(unit: Unit, desk: Desk, household: str, volunteer: str) -> None:
    """Cancel what a volunteer was to do for a household they are not bound to any more."""
    open_visits = _open_visits(unit, {"household": household, "volunteer": volunteer, "kind": {"$ne": "look_in"}})
    if open_visits and lost_time.put_off(unit, desk, "pair", f"{household}|{volunteer}"):
        return
    for visit in open_visits:
        visits.cancel(unit, visit, "ended")


def _households_with(unit: Unit, person: str) -> list[Doc]:
    return unit.collection(store.HOUSEHOLDS).find({"members": person})


def let_go(unit: Unit, household: Doc) -> None:
    """Cancel what is planned for a household whose care is paused or over."""
    open_visits = _open_visits(unit, {"household": household["_id"]})
    members = unit.collection(store.PEOPLE).find({"_id": {"$in": household["members"]}}) if open_visits else []
    erased = household["care"] == "over" and all(row["erased"] for row in members)
    why = "paused" if household["care"] == "paused" else "erased" if erased else "ended"
    for visit in open_visits:
        visits.cancel(unit, visit, why)


def withdraw(unit: Unit, desk: Desk, volunteer: Doc) -> None:
    """Decline the visits this volunteer may not make any more."""
    who = store.volunteer_of(volunteer)
    for visit in unit.collection(store.VISITS).find(
        {"volunteer": who.id, "state": "planned"}, sort=[("number", 1), ("day", 1)]
    ):
        household = unit.collection(store.HOUSEHOLDS).find_one({"_id": visit["household"]})
        day = max(desk.today(), date.fromisoformat(visit["day"]))
        if household is not None and barred(who, store.household_of(household), day) is not None:
            if lost_time.put_off(unit, desk, "volunteer", who.id):
                return
            declined = visits.decline(unit, visit, ACTOR)
            if visit["kind"] == "look_in":
                looking_in.pass_on(unit, desk, declined)


def _follow_care(unit: Unit, desk: Desk, household: Doc) -> None:
    if household["care"] == "active":
        planning.note_change(unit, desk, household["_id"])
    elif not lost_time.put_off(unit, desk, "household", household["_id"]):
        let_go(unit, household)


def _open_visits(unit: Unit, filter: Doc) -> list[Doc]:
    return unit.collection(store.VISITS).find({**filter, "state": {"$in": OPEN_STATES}}, sort=[("day", 1), ("_id", 1)])


def _paths(unit: Unit, places: Iterable[str]) -> list[str]:
    wanted = list(places)
    rows = {row["_id"]: row["branch"] for row in unit.collection(store.BRANCHES).find({"_id": {"$in": wanted}})}
    for place in wanted:
        if place not in rows:
            raise NotYetKnown(place)
    return [rows[place] for place in wanted]
