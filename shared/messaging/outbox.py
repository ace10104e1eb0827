"""The outbox: events committed with the change they tell, until the broker has confirmed them and 30 days beyond."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from shared.events.envelope import Event
from shared.tracing import traceparent_of

NAME = "outbox"
EVERYTHING = "#"
KEPT = timedelta(days=30)
Doc = dict[str, Any]


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. (subject, revision) is unique: two units can never tell the same revision."""
    entries = database[NAME]
    entries.create_index([("subject", ASCENDING), ("revision", ASCENDING)], unique=True)
    entries.create_index([("untold", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"untold": True})
    entries.create_index("told_at", expireAfterSeconds=int(KEPT.total_seconds()))


def rows(events: Iterable[Event]) -> list[Doc]:
    """Rows for the unit to insert."""
    return [
        {
            "_id": event.id,
            "subject": event.subject,
            "revision": event.revision,
            "type": event.type,
            "body": event.body,
            "untold": True,
            **({"traceparent": traceparent_of(event.trace)} if event.trace else {}),
        }
        for event in events
    ]


class Outbox:
    """What the relay and the operator ask of the outbox. Reads and marks stand outside any unit of work."""

    def __init__(self, database: Database[Doc]) -> None:
        self.entries: Collection[Doc] = database[NAME]

    def untold(self, after: str = "", limit: int = 500) -> list[Doc]:
        """Entries the broker has not confirmed, oldest first, beyond the id `after`: the truth the relay heals by."""
        page = self.entries.find({"untold": True, "_id": {"$gt": after}}, sort=[("_id", ASCENDING)], limit=limit)
        return list(page)

    def mark_told(self, ids: Sequence[str]) -> int:
        """The broker has them. Marking twice is harmless. Returns how many were not marked before."""
        told = {"$unset": {"untold": ""}, "$set": {"told_at": datetime.now(UTC)}}
        return self.entries.update_many({"_id": {"$in": list(ids)}, "untold": True}, told).modified_count

    def tell_again_since(self, instant: datetime, key: str) -> int:
        """Have entries told since this instant and routed by a binding's `key` told once more. Copies do no harm."""
        wanted: Doc = {"told_at": {"$gte": instant}}
        if key != EVERYTHING:
            wanted["type"] = {"$regex": "^" + re.escape(key.removesuffix("#"))}
        change = {"$set": {"untold": True, "again": True}, "$unset": {"told_at": ""}}
        return self.entries.update_many(wanted, change).modified_count

    def backlog(self, most: int) -> int:
        """How many entries wait, counted up to `most`."""
        return self.entries.count_documents({"untold": True}, limit=most, hint=[("untold", 1), ("_id", 1)])

    def oldest(self) -> Doc | None:
        """The entry that has waited longest."""
        return next(iter(self.untold(limit=1)), None)
