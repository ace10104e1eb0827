"""Which entries a bundle of a part of the log holds: found in the audit database, proven by the log's own tiles.

What the database would leave out, the verifier does not notice, and says so; what it would put in wrongly, it does.
"""

from array import array
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.audit.model.selection import BRANCH, SPAN, THING, Selection
from services.audit.queries import data_of
from services.audit.store import ENTRIES, HOUSES
from shared.clock import at_county, to_wire
from shared.errors import Refused
from shared.healing.days import COUNTED

Doc = dict[str, Any]
COUNTS_COME_WITHIN = timedelta(days=2)
AT_A_TIME = 1_000


def selection_of(branch: str = "", thing: str = "", first_day: str = "", last_day: str = "", earlier: int = 0) -> Selection:
    """What was asked for. Raises Refused for two things at once, or days that do not follow each other."""
    if branch and thing:
        raise Refused("a branch or one thing, not both")
    if first_day and last_day and first_day > last_day:
        raise Refused.field("to", "before_from", "lies before the first day")
    kind = BRANCH if branch else THING if thing else SPAN
    return Selection(kind, branch or thing, first_day, last_day, earlier=earlier)


def indexes_of(database: Database[Doc], asked: Selection, size: int) -> Sequence[int]:
    """The entries' places below `size`, ascending. Eight bytes each in memory."""
    if asked.kind == SPAN:
        return _span(database, asked, size)
    if asked.kind == BRANCH:
        return _places(database, _branch(asked.of) | _within_days(asked), size)
    return _thing(database, asked, size)


def _span(database: Database[Doc], asked: Selection, size: int) -> Sequence[int]:
    """From the first entry of these days to the last, without a gap, and on to the last day's counts."""
    days = _within_days(asked)
    if not days:
        return range(size)
    group: Doc = {"_id": None, "first": {"$min": "$_id"}, "last": {"$max": "$_id"}}
    found = next(iter(database[ENTRIES].aggregate([{"$match": {**days, "_id": {"$lt": size}}}, {"$group": group}])), None)
    if found is None:
        return ()
    return range(found["first"], max(found["last"], _last_count(database, asked, size)) + 1)


def _last_count(database: Database[Doc], asked: Selection, size: int) -> int:
    """The last entry that counts the last day; -1 when none does yet."""
    if not asked.last_day:
        return size - 1
    end = at_county(date.fromisoformat(asked.last_day) + timedelta(days=1), 0)
    told = {"type": COUNTED, "time": {"$gte": to_wire(end), "$lt": to_wire(end + COUNTS_COME_WITHIN)}, "_id": {"$lt": size}}
    rows = database[ENTRIES].find(told)
    return max((row["_id"] for row in rows if data_of(row).get("day") == asked.last_day), default=-1)


def _thing(database: Database[Doc], asked: Selection, size: int) -> Sequence[int]:
    """What names the thing, or its household; and of each thing so told of all revisions, so that its chain is whole."""
    houses = [row["_id"] for row in database[HOUSES].find({"members": {"$eq": asked.of}}, {"_id": 1})]
    days = _within_days(asked)
    named = {"about": {"$in": [asked.of, *houses]}} | days
    found = set(_places(database, named, size))
    subjects = sorted({row["subject"] for row in database[ENTRIES].find(named, {"subject": 1}) if "subject" in row})
    for at in range(0, len(subjects), AT_A_TIME):
        found.update(_places(database, _chains(subjects[at : at + AT_A_TIME]) | days, size))
    return array("Q", sorted(found))


def _chains(subjects: list[str]) -> Doc:
    return {"about": {"$in": subjects}, "subject": {"$in": subjects}}  # `about` has the index, and every subject


def _places(database: Database[Doc], wanted: Doc, size: int) -> Sequence[int]:
    rows: Iterable[Doc] = database[ENTRIES].find({**wanted, "_id": {"$lt": size}}, {"_id": 1}, sort=[("_id", ASCENDING)])
    return array("Q", (row["_id"] for row in rows))


def _branch(path: str) -> Doc:
    if "/" in path:
        return {"within": {"$eq": path}}
    return {"branch": {"$regex": f"^{path}(/|$)"}}


def _within_days(asked: Selection) -> Doc:
    """Events recorded on these county days."""
    bounds: Doc = {}
    if asked.first_day:
        bounds["$gte"] = to_wire(at_county(date.fromisoformat(asked.first_day), 0))
    if asked.last_day:
        bounds["$lt"] = to_wire(at_county(date.fromisoformat(asked.last_day) + timedelta(days=1), 0))
    return {"time": bounds} if bounds else {}
