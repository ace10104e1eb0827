"""The population of an inspection out of the database: as few entries as there are, the same members as from the whole log.

Reads below the checkpoint only, where nothing changes any more. What it feeds may be too much and never too little.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pymongo.database import Database

from services.audit.inspections.population import HOUSEHOLDS, PERSONS, Member, Population, Span
from services.audit.model.wrong import Wrong
from services.audit.store import ENTRIES
from services.audit.verifier.entry import read_entry
from shared.clock import at_county, to_wire

Doc = dict[str, Any]
AT_A_TIME = 1000
FIRST = ("visit.completed.v1", "person.changed.v1", "pairing.ended.v1", "person.erased.v1")
"""What makes a member; the rest says of which stratum."""


def members_of(database: Database[Doc], span: Span, size: int) -> list[Member]:
    """The members among the first `size` entries."""
    found = Population(span)
    since = to_wire(at_county(date.fromisoformat(span.first_day), 0))
    inside: Doc = {"within": span.scope} if "/" in span.scope else {}  # the county stands in no entry's `within`
    for entry in _events(database, {**inside, "type": {"$in": list(FIRST)}, "time": {"$gte": since}, "_id": {"$lt": size}}):
        found.take(*entry)
    asks = found.asks()
    elsewhere = asks.volunteers if inside else set[str]()
    for things, types in (
        (elsewhere, ("visit.completed.v1",)),
        (asks.visits, ("visit.moved.v1", "visit.confirmed.v1")),
        (asks.homes, HOUSEHOLDS),
        (asks.persons, PERSONS),
    ):
        for some in _chunks(things):
            for entry in _events(database, {"about": {"$in": some}, "type": {"$in": list(types)}, "_id": {"$lt": size}}):
                found.take(*entry)
    return found.members()


def _events(database: Database[Doc], wanted: Doc) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in database[ENTRIES].find(wanted, {"body": 1}):
        try:
            yield row["_id"], read_entry(bytes(row["body"]))
        except Wrong:
            continue  # appended as it is, and no event of ours


def _chunks(things: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(things)
    for start in range(0, len(listed), AT_A_TIME):
        yield listed[start : start + AT_A_TIME]
