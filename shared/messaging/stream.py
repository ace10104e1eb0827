"""The fast way: new outbox rows with their bodies, from the outbox's change stream. A wake-up, never the truth."""

import threading
from collections import deque
from typing import Any

import structlog
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

Doc = dict[str, Any]
log = structlog.get_logger()
GATHER_SECONDS = 0.001
"""After the first row came, for those of the same moment."""
ROOM = 5_000
"""Events, not rows: beyond these the query is as fast."""


class OutboxStream:
    """Follows inserts in a thread. `broken` is set after each error and overflow: then only the query knows all."""

    def __init__(self, rows: Collection[Doc]) -> None:
        self._rows = rows
        self._came: deque[Doc] = deque()
        self._events = 0
        self._wake = threading.Condition()
        self._stop = threading.Event()
        self.broken = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="outbox-stream", daemon=True)
        self._thread.start()

    def take(self, most: int, seconds: float) -> list[Doc]:
        """Up to `most` rows that came, waiting up to `seconds` for the first."""
        with self._wake:
            if not self._came and not self.broken.is_set() and self._wake.wait(seconds):
                self._wake.wait(GATHER_SECONDS)
            taken = [self._came.popleft() for _ in range(min(most, len(self._came)))]
            self._events -= sum(row["count"] for row in taken)
            return taken

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(3)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_on()
            except PyMongoError as error:
                log.warning("outbox_stream_ended", error=type(error).__name__)
                self._signal_broken()
                self._stop.wait(0.5)

    def _read_on(self) -> None:
        pipeline: list[Doc] = [{"$match": {"operationType": "insert"}}, {"$project": {"fullDocument": 1}}]
        with self._rows.watch(pipeline, max_await_time_ms=500, batch_size=500) as stream:
            self._signal_broken()
            while not self._stop.is_set() and stream.alive:
                change = stream.try_next()
                if change is not None:
                    self._add(change["fullDocument"])

    def _add(self, row: Doc) -> None:
        with self._wake:
            if self._events >= ROOM:
                self._came.clear()
                self._events = 0
                self.broken.set()
            else:
                self._came.append(row)
                self._events += row["count"]
            self._wake.notify()

    def _signal_broken(self) -> None:
        with self._wake:
            self.broken.set()
            self._wake.notify()
