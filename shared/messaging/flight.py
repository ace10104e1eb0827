"""Entries on their way to the broker: which fly, which it confirmed or refused, and their marks in the outbox.

An entry that is confirmed stays here until its mark is committed; whatever fails in between, it is untold still and is found
again by the query. Shared by three threads: the relay's, the connection's (confirm, refuse) and the marking one.
"""

import threading
import time
from collections import Counter, deque
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.faultpoints import FaultPoints
from shared.messaging.outbox import Outbox
from shared.messaging.told import ToldCounts

log = structlog.get_logger()
Doc = dict[str, Any]
ROOM = 2_000
MARKED_AT_ONCE = 500
REMEMBERED = 20_000
TRY_AGAIN_SECONDS = 0.5
GATHER_SECONDS = 0.03
"""Nobody waits for a mark: some together spare the database a journal write for each."""


class Flight:
    """What flies on one connection. Made anew with each, since delivery tags start anew too."""

    def __init__(self, outbox: Outbox, told: ToldCounts, faults: FaultPoints) -> None:
        self._outbox, self._told, self._faults = outbox, told, faults
        self._lock = threading.Lock()
        self._flying: dict[str, Doc] = {}
        self._confirmed: deque[str] = deque()
        self._refused: Counter[str] = Counter()
        self._landed: dict[str, None] = {}
        self._wake = threading.Event()
        self._answered_at = time.monotonic()

    def admit(self, entries: list[Doc]) -> list[Doc]:
        """Of these, the ones to publish now: neither flying nor just told. The stream brings late what the query found."""
        if not self._flying:
            self._answered_at = time.monotonic()
        with self._lock:
            fresh = [e for e in entries if e["_id"] not in self._flying and ("again" in e or e["_id"] not in self._landed)]
            self._flying.update((e["_id"], {"type": e["type"], "again": "again" in e}) for e in fresh)
        return fresh

    def room(self) -> bool:
        """Whether another page may fly."""
        return len(self._flying) < ROOM

    def unanswered_seconds(self) -> float:
        """For how long the broker has said nothing though entries fly: blocked, hung, or a queue of it is broken."""
        return time.monotonic() - self._answered_at if self._flying else 0.0

    def wait_landed(self, seconds: float) -> None:
        """Wait until all has been confirmed and marked, or refused: a clean stop leaves no copies behind."""
        deadline = time.monotonic() + seconds
        while self._flying and time.monotonic() < deadline:
            time.sleep(0.005)

    def confirm(self, ids: list[str]) -> None:
        """The broker has these."""
        self._faults.passing("after_confirm")
        self._answered_at = time.monotonic()
        self._confirmed.extend(ids)
        self._wake.set()

    def refuse(self, entry_id: str, why: str) -> None:
        """The broker did not take this one: it is untold still."""
        self._answered_at = time.monotonic()
        with self._lock:
            self._flying.pop(entry_id, None)
            self._refused[why] += 1

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
            if len(self._confirmed) < MARKED_AT_ONCE:
                done.wait(GATHER_SECONDS)

    def end(self, done: threading.Event) -> None:
        """Have the marking thread finish."""
        done.set()
        self._wake.set()

    def _mark(self) -> None:
        ids = [self._confirmed[n] for n in range(min(MARKED_AT_ONCE, len(self._confirmed)))]
        marked = self._outbox.mark_told(ids)
        self._faults.passing("after_mark")
        for _ in ids:
            self._confirmed.popleft()
        with self._lock:
            landed = [(i, self._flying.pop(i)) for i in ids if i in self._flying]
            self._landed.update(dict.fromkeys(ids))
            while len(self._landed) > REMEMBERED:
                del self._landed[next(iter(self._landed))]
        self._told.add([(i, entry["type"]) for i, entry in landed if not entry["again"]], exact=marked == len(ids))
