"""Loads what a decision needs: volunteers and what they have already in the plan."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from services.scheduler import store
from services.scheduler.model.month import Period, Want, month_of, months_between
from services.scheduler.model.people import Volunteer, distance
from services.scheduler.model.rhythm import visits_wanted
from services.scheduler.model.visit import TAKES_ROOM
from services.scheduler.model.workload import Workload
from shared.units import Unit

Doc = dict[str, Any]
TAKEN = {"volunteer": 1, "household": 1, "day": 1, "slot": 1}
COMES = {"state": "active", "no_place_only": False}


def volunteers(unit: Unit, filter: Mapping[str, Any]) -> dict[str, Volunteer]:
    """Volunteers by id."""
    return {row["_id"]: store.volunteer_of(row) for row in unit.collection(store.VOLUNTEERS).find(filter)}


def near(unit: Unit, townships: Iterable[str]) -> dict[str, Volunteer]:
    """Those who come to doors somewhere in these townships (branch paths)."""
    ranges = [{"reach": {"$elemMatch": {"$gte": path, "$lt": path + "0"}}} for path in sorted(set(townships))]
    return volunteers(unit, {**COMES, "$or": ranges}) if ranges else {}


def township_of(branch: str) -> str:
    """The path of the township a branch lies in; the county's own for the county."""
    return "/".join(branch.split("/")[:2])


def workload(unit: Unit, who: Iterable[str], whom: Iterable[str], first: date, last: date) -> Workload:
    """What these volunteers have, and when these households are visited, in all months from `first` to `last`."""
    months = list(months_between(first, last))
    days = {"$gte": months[0] + "-01", "$lte": month_of(months[-1]).last.isoformat()}
    either = [{"volunteer": {"$in": sorted(set(who))}}, {"household": {"$in": sorted(set(whom))}}]
    filter = {"day": days, "state": {"$in": list(TAKES_ROOM)}, "$or": either}
    return store.workload_of(unit.collection(store.VISITS).find(filter, projection=TAKEN))


def whole_workload(unit: Unit, first: date, last: date) -> Workload:
    """What all volunteers have in all months from `first` to `last`."""
    days = {"$gte": first.replace(day=1).isoformat(), "$lte": last.isoformat()}
    filter = {"day": days, "state": {"$in": list(TAKES_ROOM)}}
    return store.workload_of(unit.collection(store.VISITS).find(filter, projection=TAKEN))


def wants(unit: Unit, households: Iterable[Doc], period: Period, known: Mapping[str, Volunteer]) -> list[Want]:
    """What these households are owed in the period, less what stands in the plan for it already."""
    listed = list(households)
    ids = [row["_id"] for row in listed]
    visitors, standing = _visitors(unit, listed, known), _standing(unit, ids, period)
    return [
        Want(
            store.household_of(row),
            max(visits_wanted(row["band"], period.length) - standing.get(row["_id"], 0), 0),
            visitors.get(row["_id"], ()),
            row["care"] == "paused",
        )
        for row in listed
    ]


def _visitors(unit: Unit, households: list[Doc], known: Mapping[str, Volunteer]) -> dict[str, tuple[str, ...]]:
    """Paired volunteers by household, nearest first."""
    places = {row["_id"]: row["branch"] for row in households}
    found: dict[str, list[tuple[int, str, str]]] = {}
    for pairing in unit.collection(store.PAIRINGS).find({"household": {"$in": list(places)}}):
        volunteer = known.get(pairing["volunteer"])
        if volunteer is not None:
            far = distance(volunteer.reach, places[pairing["household"]])
            found.setdefault(pairing["household"], []).append((far, volunteer.number, volunteer.id))
    return {household: tuple(entry[2] for entry in sorted(entries)) for household, entries in found.items()}


def _standing(unit: Unit, households: list[str], period: Period) -> dict[str, int]:
    days = {"$gte": period.first.isoformat(), "$lte": period.last.isoformat()}
    filter = {"household": {"$in": households}, "day": days, "state": "planned", "kind": "care", "again": {"$exists": False}}
    counts: dict[str, int] = {}
    for row in unit.collection(store.VISITS).find(filter, projection={"household": 1}):
        counts[row["household"]] = counts.get(row["household"], 0) + 1
    return counts


def tomorrow(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)
