"""One person in two places: checked in at doors of two villages within a time in which nobody gets from one to the other.

Only what volunteers told themselves at the door: a clerk keys a printed list in at one hour, wherever the homes lie.
Homes of one village may be next door. Source: docs/domain.md, rule 14; minutes by the size of a township (some 8 km
across, 25 km between two).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from services.audit.evidence.rules.finding import Finding, Row, Rule, found

NEXT_VILLAGE = timedelta(minutes=4)
NEXT_TOWNSHIP = timedelta(minutes=15)
STAYED = timedelta(minutes=5)


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """Each two check-ins of a volunteer that cannot both be true."""
    here = sorted((row for row in rows if _was_said_there(row)), key=lambda row: row["checked_in_at"])
    for first, then in pairwise(here):
        if then["checked_in_at"] - first["checked_in_at"] < _way(first["branch"], then["branch"]):
            shown = [{**row, "event": row["checked_in_event"]} for row in (first, then)]
            yield found("two_places", first["volunteer"], shown, 2)


def _was_said_there(row: Row) -> bool:
    """By the volunteer's own account, and not pressed together with the report by somebody who had forgotten it at the door."""
    return row.get("by") == "volunteer" and row["reported"] - row["checked_in_at"] >= STAYED


def _way(one: str, other: str) -> timedelta:
    if one == other:
        return timedelta(0)
    return NEXT_VILLAGE if one.split("/")[:2] == other.split("/")[:2] else NEXT_TOWNSHIP


RULE = Rule("two_places", "visits", "volunteer", 2, find, time="reported", wanted={"checked_in_event": {"$exists": True}})
