"""The relay: brings committed events to the broker. At least once on the wire; each subject's order mostly holds by itself.

New entries come by the outbox's change stream; the query of the untold is the truth, at start, every ten seconds and after
each error. An entry is told when the broker confirmed it. One relay works under a lease; nothing goes wrong when two do.
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pika.exceptions import AMQPError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import MachineClock
from shared.errors import Busy
from shared.faultpoints import FaultPoints
from shared.messaging.lease import Lease
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.messaging.stream import OutboxStream
from shared.messaging.told import ToldCounts
from shared.messaging.topology import BrokerView, Topology, declare

log = structlog.get_logger()
Doc = dict[str, Any]
WINDOW = 2_000
PAGE = 500
LOOK_AGAIN_SECONDS = 10.0
CHECK_TOPOLOGY_SECONDS = 30.0
RENEW_SECONDS = 2.0


class Relay:
    """One relay of one service. `run` returns when `stop` is set, with the lease given back."""

    def __init__(
        self,
        database: Database[Doc],
        amqp_url: str,
        topology: Topology,
        view: BrokerView | None,
        *,
        holder: str,
        clock: MachineClock,
        faults: FaultPoints | None = None,
        alarm: Callable[[str], None] = lambda what: log.error("relay_alarm", what=what),
    ) -> None:
        self._outbox, self._amqp_url = Outbox(database), amqp_url
        self._topology, self._view, self._clock, self._alarm = topology, view, clock, alarm
        self._lease = Lease(database, "relay", holder)
        self._faults = faults or FaultPoints()
        self._told = ToldCounts(database)
        self._confirmed: deque[list[str]] = deque()
        self._wake = threading.Event()
        self._flying: dict[str, str] = {}
        self._just_told: deque[str] = deque(maxlen=20_000)
        self._just_told_set: set[str] = set()
        self._lock = threading.Lock()
        self._checked_at = datetime.now(UTC)
        self.alarmed = False

    def run(self, stop: threading.Event) -> None:
        """Work under the lease until stopped. Errors end a connection, never the relay."""
        pause = 0.2
        while not stop.is_set():
            try:
                if not self._lease.hold():
                    stop.wait(RENEW_SECONDS / 2)
                    continue
                declare(self._amqp_url, self._topology)
                self._relay(stop)
                pause = 0.2
            except (AMQPError, PyMongoError, OSError) as error:
                log.warning("relay_interrupted", error=type(error).__name__)
                stop.wait(pause)
                pause = min(pause * 2, 5.0)
        self._lease.give_back()

    def _relay(self, stop: threading.Event) -> None:
        self._flying.clear()
        self._told.recount()
        publisher = Publisher(self._amqp_url, confirmed=self._on_confirmed, refused=self._on_refused)
        stream = OutboxStream(self._outbox.entries)
        done = threading.Event()
        marker = threading.Thread(target=self._mark_until, args=(done,), name="marker", daemon=True)
        try:
            if publisher.wait_ready(10):
                marker.start()
                self._pump(stop, publisher, stream)
        finally:
            stream.stop()
            publisher.close()
            done.set()
            self._wake.set()
            if marker.is_alive():
                marker.join(5)

    def _pump(self, stop: threading.Event, publisher: Publisher, stream: OutboxStream) -> None:
        look_at = renew_at = 0.0
        check_at = self._clock.monotonic()
        while not stop.is_set() and not publisher.lost.is_set():
            now = self._clock.monotonic()
            if now >= renew_at:
                if not self._lease.hold():
                    return
                renew_at = now + RENEW_SECONDS
            if now >= check_at:
                self._check_topology()
                check_at = now + CHECK_TOPOLOGY_SECONDS
            if now >= look_at or stream.broken.is_set():
                stream.broken.clear()
                self._publish_untold(stop, publisher)
                look_at = self._clock.monotonic() + LOOK_AGAIN_SECONDS
            if self._room(publisher):
                self._publish(publisher, stream.take(PAGE, 0.25))
            else:
                publisher.lost.wait(0.002)

    def _publish_untold(self, stop: threading.Event, publisher: Publisher) -> None:
        after = ""
        while not stop.is_set() and not publisher.lost.is_set():
            if not self._room(publisher):
                publisher.lost.wait(0.002)
                continue
            page = self._outbox.untold(after, PAGE)
            self._publish(publisher, page, again=True)
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]
            self._lease.hold()

    def _room(self, publisher: Publisher) -> bool:
        return len(self._flying) < WINDOW

    def _publish(self, publisher: Publisher, entries: list[Doc], *, again: bool = False) -> None:
        with self._lock:
            fresh = [e for e in entries if e["_id"] not in self._flying and self._is_news(e["_id"], again)]
            self._flying.update((e["_id"], e["type"]) for e in fresh)
        if fresh:
            publisher.publish(fresh)
            self._faults.passing("after_publish")

    def _is_news(self, entry_id: str, again: bool) -> bool:
        return again or entry_id not in self._just_told_set

    def _on_confirmed(self, ids: list[str]) -> None:
        self._faults.passing("after_confirm")
        self._confirmed.append(ids)
        self._wake.set()

    def _on_refused(self, entry_id: str, why: str) -> None:
        self._raise_alarm(why)
        with self._lock:
            self._flying.pop(entry_id, None)

    def _mark_until(self, done: threading.Event) -> None:
        while not done.is_set() or self._confirmed:
            self._wake.wait(0.5)
            self._wake.clear()
            try:
                self._mark()
            except PyMongoError as error:
                log.warning("mark_failed", error=type(error).__name__)

    def _mark(self) -> None:
        batches = [self._confirmed.popleft() for _ in range(len(self._confirmed))]
        ids = [entry_id for batch in batches for entry_id in batch]
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            self._outbox.mark_told(some)
            with self._lock:
                told = [(i, self._flying.pop(i)) for i in some if i in self._flying]
                self._remember(some)
            self._told.add(told)

    def _remember(self, ids: list[str]) -> None:
        for entry_id in ids:
            if len(self._just_told) == self._just_told.maxlen:
                self._just_told_set.discard(self._just_told[0])
            self._just_told.append(entry_id)
            self._just_told_set.add(entry_id)

    def _check_topology(self) -> None:
        if self._view is None:
            return
        try:
            missing = self._view.missing(self._topology)
            if missing:
                self._raise_alarm(f"bindings gone: {sorted(missing)}")
                declare(self._amqp_url, self._topology)
                again = self._outbox.tell_again_since(self._checked_at - timedelta(seconds=5))
                self._just_told_set.clear()
                log.warning("told_again_after_lost_binding", entries=again)
            self._checked_at = datetime.now(UTC)
        except Busy:
            log.warning("topology_not_checked")

    def _raise_alarm(self, what: str) -> None:
        self.alarmed = True
        self._alarm(what)
