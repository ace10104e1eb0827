"""Held events: those that came and could not be handled yet. One collection, four states.

`ahead`: waits for an earlier revision. `awaits`: its handler needs a thing not known yet. `retry`: failed, tried again with
growing, jittered delay (machine time). `parked`: given up; a person retries or drops it. One bad event never blocks another
subject, and what is held says why.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from shared.events import Event

NAME = "held"
AHEAD, AWAITS, RETRY, PARKED = "ahead", "awaits", "retry", "parked"
FIRST_DELAY = timedelta(seconds=0.5)
LONGEST_DELAY = timedelta(minutes=5)
MOST_TRIES = 8
AWAIT_AGAIN = timedelta(seconds=3)
AWAIT_AT_MOST = timedelta(hours=24)
Doc = dict[str, Any]


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
    """A row for bytes that are no event of ours: parked under the hash of the bytes, which are kept as they came."""
    return {"_id": key, "body": body, "state": PARKED, "reason": reason, "since": now, "tries": 0, "people": []}


def delay(tries: int) -> timedelta:
    """How long to wait before the next try: doubling, with half of it by chance so that no herd forms."""
    longest: timedelta = min(FIRST_DELAY * 2**tries, LONGEST_DELAY)
    return longest * random.uniform(0.5, 1.0)


def people_of(event: Event) -> list[str]:
    """Whom an event speaks of, as far as its open part says: while one of these is parked, nothing goes out about them."""
    named = (event.data.get(name) for name in ("person", "recipient", "relative", "child"))
    listed: Sequence[Any] = event.data.get("recipients") or ()
    return sorted({*(p for p in (*named, *listed) if isinstance(p, str)), *event.sealed(), event.subject})
