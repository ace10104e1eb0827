"""Outbox rows on their way to the broker: which fly, which it confirmed or refused, and their marks in the outbox.

A row that is confirmed stays here until its mark is committed; whatever fails in between, it is untold still and is found
again by the query. Shared by three threads: the relay's, the connection's (confirm, refuse) and the marking one.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.faultpoints import FaultPoints

log = structlog.get_logger()
Doc = dict[str, Any]
ROOM = 2_000
MARKED_AT_ONCE = 500
REMEMBERED = 20_000
TRY_AGAIN_SECONDS = 0.5
GATHER_SECONDS = 0.2
"""Nobody waits for a mark: many together spare the database a transaction for each. So much goes out twice after a crash."""


@dataclass(slots=True, eq=False)
class Flying:
    """A row on its way, and in how many parcels that the broker has not answered yet."""

    id: str
    again: str
    events: Sequence[tuple[str, str]]
    """Key of the sum it counts for, and id, of each of its events."""
    left: int = 0
    refused: bool = False


class Flight:
    """What flies on one connection. Made anew with each, since delivery tags start anew too."""

    def __init__(self, mark: Callable[[Sequence[Flying]], bool], faults: FaultPoints) -> None:
        self._mark_rows, self._faults = mark, faults
        self._lock = threading.Lock()
        self._flying: dict[str, Flying] = {}
        self._events = 0
        self._confirmed: deque[Flying] = deque()
        self._refused: Counter[str] = Counter()
        self._landed: dict[tuple[str, str], None] = {}
        self._wake = threading.Event()
        self._answered_at = time.monotonic()

    def admit(self, rows: Iterable[Doc], sum_key: Callable[[Doc, Doc], str]) -> list[tuple[Flying, Doc]]:
        """Of these, the rows to publish now: neither flying nor just told. The stream brings late what the query found."""
        if not self._flying:
            self._answered_at = time.monotonic()
        fresh = []
        with self._lock:
            for row in rows:
                again = row.get("again", "")
                if row["_id"] in self._flying or (row["_id"], again) in self._landed:
                    continue
                events = [(sum_key(row, event), event["id"]) for event in row["events"]]
                flying = self._flying[row["_id"]] = Flying(row["_id"], again, events)
                self._events += len(events)
                fresh.append((flying, row))
        return fresh

    def flies(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._flying)

    def room(self) -> bool:
        """Whether another row may fly."""
        return self._events < ROOM

    def unanswered_seconds(self) -> float:
        """For how long the broker has said nothing though events fly: blocked, hung, or a queue of it is broken."""
        return time.monotonic() - self._answered_at if self._flying else 0.0

    def wait_landed(self, seconds: float, unless: Callable[[], bool] = lambda: False) -> None:
        """Wait until all has been confirmed and marked, or refused: a clean stop leaves no copies behind."""
        deadline = time.monotonic() + seconds
        while self._flying and time.monotonic() < deadline and not unless():
            time.sleep(0.005)

    def confirm(self, answered: Sequence[Flying]) -> None:
        """The broker has one more parcel of each of these."""
        self._faults.passing("after_confirm")
        self._answered_at = time.monotonic()
        for flying in answered:
            flying.left -= 1
            if flying.left == 0 and not flying.refused:
                self._confirmed.append(flying)
        self._wake.set()

    def refuse(self, answered: Sequence[Flying], why: str) -> None:
        """The broker did not take a parcel of these rows: each is untold still, as a whole."""
        self._answered_at = time.monotonic()
        with self._lock:
            self._refused[why] += 1
            for flying in answered:
                flying.refused = True
                self._take_off(flying)

    def was_refused(self) -> bool:
        """Whether the broker refused something since `take_refusals`."""
        return bool(self._refused)

    def take_refusals(self) -> Counter[str]:
        """How many were refused since the last call, by reason."""
        with self._lock:
            found, self._refused = self._refused, Counter()
        return found

    def mark_until(self, done: threading.Event) -> None:
        """Mark what was confirmed, until done. A database that is away is asked again: no confirm is forgotten."""
        while True:
            last = done.is_set()
            try:
                while self._confirmed:
                    self._mark()
            except PyMongoError as error:
                log.warning("mark_failed", error=type(error).__name__)
                done.wait(TRY_AGAIN_SECONDS)
            if last:
                return
            self._wake.wait(TRY_AGAIN_SECONDS)
            self._wake.clear()
            if len(self._confirmed) < MARKED_AT_ONCE and self._events < ROOM // 2:
                done.wait(GATHER_SECONDS)

    def end(self, done: threading.Event) -> None:
        """Have the marking thread finish."""
        done.set()
        self._wake.set()

    def _mark(self) -> None:
        rows = [self._confirmed[n] for n in range(min(MARKED_AT_ONCE, len(self._confirmed)))]
        marked = self._mark_rows(rows)
        self._faults.passing("after_mark")
        with self._lock:
            for flying in rows:
                self._confirmed.popleft()
                self._take_off(flying)
                if marked:
                    self._landed[flying.id, flying.again] = None
            while len(self._landed) > REMEMBERED:
                del self._landed[next(iter(self._landed))]

    def _take_off(self, flying: Flying) -> None:
        if self._flying.get(flying.id) is flying:
            del self._flying[flying.id]
            self._events -= len(flying.events)
