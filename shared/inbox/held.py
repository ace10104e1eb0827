"""Held events: those that came and could not be handled yet. One collection, four states.

`ahead`: waits for an earlier revision. `awaits`: its handler needs a thing not known yet. `retry`: failed, tried again with
growing, jittered delay (machine time). `parked`: given up; a person retries or drops it. One bad event never blocks another
subject, and what is held says why.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from shared.events import Event

NAME = "held"
AHEAD, AWAITS, RETRY, PARKED = "ahead", "awaits", "retry", "parked"
KEPT_OF_UNREADABLE = 8 * 1024 * 1024
"""A document of the database ends at 16 MiB."""
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a listener bears with an event before it is parked, in machine time."""

    first_delay: timedelta = timedelta(seconds=0.5)
    longest_delay: timedelta = timedelta(minutes=5)
    most_tries: int = 8
    await_again: timedelta = timedelta(seconds=3)
    await_at_most: timedelta = timedelta(hours=24)

    def delay(self, tries: int) -> timedelta:
        """How long to wait before the next try: doubling, with half of it by chance so that no herd forms."""
        longest: timedelta = min(self.first_delay * 2**tries, self.longest_delay)
        return longest * random.uniform(0.5, 1.0)


ORDINARY = Patience()


def prepare(database: Database[Doc]) -> None:
    """Make the indexes."""
    rows = database[NAME]
    rows.create_index([("state", ASCENDING), ("due_at", ASCENDING)])
    rows.create_index([("subject", ASCENDING), ("revision", ASCENDING)])
    rows.create_index("thing", sparse=True)
    rows.create_index([("people", ASCENDING), ("state", ASCENDING)])


def row(event: Event, state: str, now: datetime, **more: Any) -> Doc:
    """A row for an event that was laid aside."""
    return {
        "_id": event.id,
        "subject": event.subject,
        "revision": event.revision,
        "type": event.type,
        "branch": event.branch,
        "people": people_of(event),
        "body": event.body,
        "state": state,
        "since": now,
        "tries": 0,
        **more,
    }


def unreadable_row(key: str, body: bytes, reason: str, now: datetime) -> Doc:
    """A row for bytes that are no event of ours: parked under the hash of the bytes, which are kept, of very many the first."""
    kept = {"body": body[:KEPT_OF_UNREADABLE], "size": len(body)}
    return {"_id": key, **kept, "state": PARKED, "reason": reason, "since": now, "tries": 0, "people": []}


def people_of(event: Event) -> list[str]:
    """Whom an event speaks of, as far as its open part says: while one of these is parked, nothing goes out about them."""
    named = (event.data.get(name) for name in ("person", "recipient", "relative", "child"))
    listed: Sequence[Any] = event.data.get("recipients") or ()
    return sorted({*(p for p in (*named, *listed) if isinstance(p, str)), *event.sealed(), event.subject})
