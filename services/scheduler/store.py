"""The scheduler's collections, their indexes, and how documents become the model's things.

Projections of others' things: `branches`, `people` (recipients only), `households`, `volunteers`, `pairings`. Its own:
`plans`, `visits`, `uncovered`, `disputes`; at work: `drafts` (a plan not told yet), `to_plan` (households whose care
changed), `months` (planned), `secrets`; after a restore `laid` and `to_settle` (commands/lost_time.py). Days are kept as
`YYYY-MM-DD`, instants as dates. What speaks of a person stands in one `sealed` string.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.scheduler.model.people import Household, Volunteer
from services.scheduler.model.workload import Workload
from shared.units import Unit

BRANCHES, PEOPLE, HOUSEHOLDS, VOLUNTEERS, PAIRINGS = "branches", "people", "households", "volunteers", "pairings"
PLANS, VISITS, UNCOVERED, DISPUTES = "plans", "visits", "uncovered", "disputes"
DRAFTS, TO_PLAN, MONTHS, SECRETS = "drafts", "to_plan", "months", "secrets"
LAID, TO_SETTLE = "laid", "to_settle"
Doc = dict[str, Any]

INDEXES: Mapping[str, Iterable[tuple[list[tuple[str, int]], dict[str, Any]]]] = {
    BRANCHES: [([("parent", ASCENDING)], {})],
    HOUSEHOLDS: [
        ([("members", ASCENDING)], {}),
        ([("branch", ASCENDING)], {}),
        ([("care", ASCENDING), ("last_visit", ASCENDING), ("rank", ASCENDING), ("number", ASCENDING)], {}),
    ],
    VOLUNTEERS: [([("person", ASCENDING)], {}), ([("reach", ASCENDING)], {})],
    PAIRINGS: [([("household", ASCENDING)], {}), ([("volunteer", ASCENDING)], {})],
    PLANS: [([("household", ASCENDING)], {"unique": True}), ([("number", ASCENDING), ("_id", ASCENDING)], {})],
    VISITS: [
        ([("day", ASCENDING), ("number", ASCENDING), ("_id", ASCENDING)], {}),
        ([("volunteer", ASCENDING), ("day", ASCENDING)], {}),
        ([("household", ASCENDING), ("day", DESCENDING)], {}),
        ([("state", ASCENDING), ("day", ASCENDING)], {}),
        ([("branch", ASCENDING), ("day", ASCENDING)], {}),
    ],
    UNCOVERED: [
        ([("household", ASCENDING), ("month", ASCENDING)], {"unique": True}),
        ([("month", ASCENDING), ("number", ASCENDING), ("_id", ASCENDING)], {}),
    ],
    DISPUTES: [([("visit", ASCENDING)], {})],
    DRAFTS: [([("key", ASCENDING), ("_id", ASCENDING)], {})],
}


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. Harmless when they are there."""
    for name, indexes in INDEXES.items():
        for keys, options in indexes:
            database[name].create_index(keys, **options)


def put(unit: Unit, name: str, document: Doc) -> None:
    """Set these fields of a projection's document, or add it. Fields it does not name stay."""
    rows = unit.collection(name)
    if rows.find_one({"_id": document["_id"]}, projection={"_id": 1}) is None:
        rows.insert(document)
    else:
        rows.update({"_id": document["_id"]}, {"$set": document})


def household_of(document: Doc) -> Household:
    """The planner's household."""
    return Household(
        id=document["_id"],
        number=document["number"],
        place=document["branch"],
        rank=document["rank"],
        minors=document["minors"],
    )


def volunteer_of(document: Doc) -> Volunteer:
    """The planner's volunteer."""
    until = document["minors_until"]
    return Volunteer(
        id=document["_id"],
        number=document["number"],
        reach=tuple(document["reach"]),
        free=frozenset(document["days"]),
        visits_a_month=document["visits_a_month"],
        minors_until=date.fromisoformat(until) if until else None,
        no_place_only=document["no_place_only"],
        active=document["state"] == "active",
    )


def workload_of(visits: Iterable[Doc]) -> Workload:
    """What these visits take up."""
    load = Workload()
    for visit in visits:
        load.take(visit["volunteer"], visit["household"], date.fromisoformat(visit["day"]), visit["slot"])
    return load
