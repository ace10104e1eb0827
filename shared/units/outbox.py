"""The outbox: what each commit told, kept with the change itself until the broker has confirmed it and 30 days beyond.

One row holds the events of one commit, at most 2 MiB and of one county day: a single write, a single mark and a single change
in the stream for many events. A row is told when the broker has confirmed all of its events; until then all go out again.

    {_id: id of its first event, day, count, events: [{id, subject, revision, type, body, traceparent?}],
     untold: true or told_at: date, again: id of a request to tell it once more}
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from pymongo import ASCENDING, InsertOne
from pymongo.collection import Collection
from pymongo.database import Database

from shared.clock import MachineClock
from shared.events.envelope import Event
from shared.ids import made_at, new_id
from shared.tracing import traceparent_of

NAME = "outbox"
EVERYTHING = "#"
KEPT = timedelta(days=30)
AT_A_TIME = 100
"""Rows read at once: the relay's memory is flat however many wait."""
GREATEST_ROW = 2 * 1024 * 1024
BY_AGE = [("untold", ASCENDING), ("_id", ASCENDING), ("count", ASCENDING)]
Doc = dict[str, Any]


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. (subject, revision) is unique: two commits can never tell the same revision."""
    rows = database[NAME]
    rows.create_index([("events.subject", ASCENDING), ("events.revision", ASCENDING)], unique=True)
    rows.create_index(BY_AGE, partialFilterExpression={"untold": True})
    rows.create_index("told_at", expireAfterSeconds=int(KEPT.total_seconds()))
    rows.create_index("day")


def insertions(events: Sequence[Event]) -> list[InsertOne[Doc]]:
    """What a unit of work gathers for the events it told, in their order."""
    return [InsertOne(_row(day, part)) for day, told in groupby(events, lambda event: event.day) for part in _parts(told)]


def told_row(event: Event) -> Doc:
    """The row of an event that was told before and came back from the log."""
    row = {**_row(event.day, [event]), "told_at": datetime.now(UTC)}
    del row["untold"]
    return row


def _row(day: str, events: Sequence[Event]) -> Doc:
    parents = {trace: traceparent_of(trace) for trace in {event.trace for event in events} if trace}
    entries = [_entry(event, parents) for event in events]
    return {"_id": events[0].id, "day": day, "count": len(entries), "untold": True, "events": entries}


def _entry(event: Event, parents: Mapping[str, str]) -> Doc:
    entry = {"id": event.id, "subject": event.subject, "revision": event.revision, "type": event.type, "body": event.body}
    return {**entry, "traceparent": parents[event.trace]} if event.trace else entry


def _parts(events: Any) -> Iterator[list[Event]]:
    part: list[Event] = []
    size = 0
    for event in events:
        if part and size + len(event.body) > GREATEST_ROW:
            yield part
            part, size = [], 0
        part.append(event)
        size += len(event.body)
    yield part


class Outbox:
    """What the relay and the operator ask of the outbox. Reads and marks stand outside any unit of work."""

    def __init__(self, database: Database[Doc]) -> None:
        self.rows: Collection[Doc] = database[NAME]

    def untold(self) -> Iterator[Doc]:
        """Rows the broker has not confirmed, oldest first, read as they are taken: the truth the relay heals by."""
        return iter(self.rows.find({"untold": True}, sort=[("_id", ASCENDING)], hint=BY_AGE, batch_size=AT_A_TIME))

    def tell_again(self, wanted: Doc) -> int:
        """Have told rows that match go out once more, whole. Copies do no harm. Returns how many rows."""
        change = {"$set": {"untold": True, "again": new_id()}, "$unset": {"told_at": ""}}
        return self.rows.update_many({"told_at": {"$exists": True}, **wanted}, change).modified_count

    def backlog(self, most: int) -> int:
        """How many events wait, counted up to about `most`."""
        steps: list[Doc] = [
            {"$match": {"untold": True}},
            {"$sort": {"_id": 1}},
            {"$limit": most},
            {"$group": {"_id": None, "events": {"$sum": "$count"}}},
        ]
        found = next(iter(self.rows.aggregate(steps, hint=dict(BY_AGE))), {"events": 0})
        return min(found["events"], most)

    def oldest(self) -> Doc | None:
        """The event that has waited longest, as its row keeps it."""
        row = self.rows.find_one({"untold": True}, {"events": {"$slice": 1}}, sort=[("_id", ASCENDING)])
        return row["events"][0] if row else None

    def oldest_seconds(self, clock: MachineClock) -> int:
        """How long that event waits, in seconds of machine time; 0 when none does."""
        oldest = self.oldest()
        return max(0, int(clock.now().timestamp() - made_at(oldest["id"]))) if oldest else 0


def routed_by(key: str) -> Doc:
    """Matches rows with an event that a binding's key routes."""
    return {} if key == EVERYTHING else {"events.type": {"$regex": "^" + re.escape(key.removesuffix("#"))}}


def told_now() -> Doc:
    """The change that marks a row told, by the database's clock: it also says when the row goes."""
    return {"$unset": {"untold": "", "again": ""}, "$currentDate": {"told_at": True}}
