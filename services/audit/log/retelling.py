"""The log tells again: whatever was ever told in this county, to whoever asks, as the very bytes that were logged.

Only entries that are what they say: another body under a known id is never told to anybody.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from services.audit.store import ENTRIES, LogStore
from shared.clock import at_county, to_wire
from shared.errors import Busy
from shared.healing.again import Ask
from shared.messaging.connection import connected
from shared.messaging.follows import LOG_QUEUE

Doc = dict[str, Any]
STILL_SECONDS = 1.0
FIELDS = {"body": 1, "event": 1, "type": 1, "subject": 1, "revision": 1}


class LogAgain:
    """What the log holds. `settled` says whether all that was told so far is in it."""

    def __init__(self, database: Database[Doc], settled: Callable[[], bool]) -> None:
        self._entries: Collection[Doc] = database[ENTRIES]
        self._settled = settled

    def find(self, ask: Ask) -> Iterator[Doc]:
        """The events asked for, in the order of the log. Raises Busy when the end is wanted and the log is behind."""
        if ask.mark and not self._settled():
            raise Busy("the log has not read all that was told yet")
        for row in self._entries.find(wanted(ask), FIELDS, sort=[("_id", 1)]):
            yield {"id": row["event"], **{name: row[name] for name in ("body", "type", "subject", "revision")}}


class Settled:
    """Whether the log has read all that lay in its queue: nothing waits there, and for a second nothing more came."""

    def __init__(self, amqp_url: str, store: LogStore) -> None:
        self._amqp_url, self._store = amqp_url, store

    def __call__(self) -> bool:
        """Takes a second. Raises the broker's errors."""
        before = self._seen()
        time.sleep(STILL_SECONDS)
        return before == self._seen() and before[0] == 0

    def _seen(self) -> tuple[int, int]:
        with connected(self._amqp_url) as connection:
            waiting = connection.channel().queue_declare(LOG_QUEUE, passive=True).method.message_count
        state = self._store.state()
        return waiting, state["size"] if state else 0


def wanted(ask: Ask) -> Doc:
    """The filter of an ask."""
    found: Doc = {"odd": {"$exists": False}}
    if ask.subject:
        found |= {"about": ask.subject, "subject": ask.subject, "revision": {"$gte": ask.first, "$lte": ask.last}}
    if ask.nouns:
        found["type"] = {"$regex": rf"^({'|'.join(sorted(ask.nouns))})\."}
    if ask.source:
        found["service"] = ask.source
    if ask.day:
        day = date.fromisoformat(ask.day)
        found["time"] = {"$gte": to_wire(at_county(day, 0)), "$lt": to_wire(at_county(day + timedelta(days=1), 0))}
    elif ask.since:
        found["time"] = {"$gte": ask.since}
    return found
