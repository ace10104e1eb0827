"""The consumer: takes what came in some milliseconds, handles it in one unit of work, acks after the commit.

Messages are read raw; nothing is ever acked before it is taken over (handled, or laid into the held rows). What cannot be
handled together is taken one by one. Retries and what waits are worked from their rows in the same thread.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError

from shared.clock import MachineClock
from shared.errors import Malformed
from shared.events import Event
from shared.events.envelope import read
from shared.faultpoints import FaultPoints
from shared.inbox import Inbox, held
from shared.inbox.retries import Retries
from shared.inbox.starts import Starts
from shared.messaging.connection import BROKEN
from shared.messaging.parcels import Part
from shared.messaging.topology import Topology, ensure_queue
from shared.messaging.wire import Delivery, Haste, Line, consuming
from shared.tracing import trace_of
from shared.units import Units

log = structlog.get_logger()
BATCH = 400
HASTE = Haste(most=BATCH, linger=0.002, idle=0.2)
BUSY = Haste(most=BATCH, linger=0.010, idle=0.2)
"""After a batch of MANY: a transaction costs the same for one event and for ten, and others need the processor."""
MANY = 4


class Consumer:
    """Consumes one service's queue. `run` returns when `stop` is set, with the batch in hand finished."""

    def __init__(
        self,
        units: Units,
        database: Database[dict[str, Any]],
        inbox: Inbox,
        amqp_url: str,
        queue: str,
        topology: Topology,
        *,
        clock: MachineClock,
        has_room: Callable[[], bool] = lambda: True,
        patience: held.Patience = held.ORDINARY,
        faults: FaultPoints | None = None,
    ) -> None:
        self._units, self._inbox, self._amqp_url, self._queue = units, inbox, amqp_url, queue
        self._topology = topology
        self._starts = Starts(database)
        self._retries = Retries(units, database, inbox, clock, patience)
        self._clock, self._has_room = clock, has_room
        self._faults = faults or FaultPoints()

    def run(self, stop: threading.Event) -> None:
        """Consume until stopped; a lost connection is opened again with growing delay."""
        pause = 0.2
        while not stop.is_set():
            try:
                self._starts.ask()
                ensure_queue(self._amqp_url, self._topology, self._queue)
                with consuming(self._amqp_url, self._queue) as line:
                    pause = 0.2
                    self._consume(line, stop)
            except BROKEN as error:
                log.warning("consumer_interrupted", error=type(error).__name__)
            except PyMongoError as error:
                log.warning("consumer_without_database", error=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)

    def _consume(self, line: Line, stop: threading.Event) -> None:
        haste = HASTE
        while not stop.is_set():
            if not self._has_room():
                line.listen(HASTE.idle)  # heartbeats are read still; the prefetch bounds what comes
                continue
            batch = line.gather(haste)
            haste = BUSY if sum(len(delivery.parts) for delivery in batch) >= MANY else HASTE
            if batch:
                self._take(batch, line.keep_alive)
                line.ack(batch[-1])
                self._faults.passing("after_ack")
            self._retries.work()
            line.keep_alive()

    def _take(self, batch: Sequence[Delivery], alive: Callable[[], None]) -> None:
        """Take over a whole batch: what is new in one unit of work, what came before so too unless it ended somebody."""
        again = self._read_all(part for delivery in batch if delivery.redelivered for part in delivery.parts)
        if again:
            self._take_again(again, alive)
        news = self._read_all(part for delivery in batch if not delivery.redelivered for part in delivery.parts)
        if news:
            self._take_together(news, alive)
        self._faults.passing("before_ack")

    def _take_together(self, events: Sequence[Event], alive: Callable[[], None]) -> None:
        wake = self._retries.somebody_waits
        try:
            self._units.run(lambda unit: self._inbox.take(unit, events, wake=wake))
        except ConnectionFailure:
            raise
        except Exception as error:  # any handler may fail in any way; each event then stands alone
            log.info("batch_taken_apart", error=type(error).__name__, events=len(events))
            for event in events:
                self._take_alone(event)
                alive()

    def _take_alone(self, event: Event) -> None:
        try:
            self._units.run(lambda unit: self._inbox.take(unit, [event]))
        except Exception as error:  # as above; with the database away the next line raises too
            self._retries.lay_aside(event, error)

    def _take_again(self, events: Sequence[Event], alive: Callable[[], None]) -> None:
        """They were delivered before and not acked: perhaps one of them kills us."""
        ids = [event.id for event in events]
        if self._starts.together(ids):
            self._take_together(events, alive)
            self._starts.forget(ids)
            return
        for event in events:
            if self._starts.kills(event.id):
                self._park_killer(event)
            else:
                self._take_alone(event)
            self._starts.forget([event.id])
            alive()

    def _park_killer(self, event: Event) -> None:
        self._units.run(lambda unit: self._inbox.lay_aside(unit, event, held.PARKED, reason="kills_the_process"))

    def _read_all(self, parts: Iterable[Part]) -> list[Event]:
        """The events among these; what is none is parked."""
        found = (self._read(body, traceparent) for body, traceparent in parts)
        return [event for event in found if event is not None]

    def _read(self, body: bytes, traceparent: str) -> Event | None:
        try:
            return read(body, trace_of(traceparent))
        except Malformed as error:
            key = hashlib.sha256(body).hexdigest()
            reason = f"{error.reason} {error.field_name}".strip()
            self._units.run(lambda unit: self._inbox.park_unreadable(unit, key, body, reason))
            return None
