"""The consumer: takes what came in some milliseconds, handles it in one unit of work, acks after the commit.

Messages are read raw; nothing is ever acked before it is taken over (handled, or laid into the held rows). What cannot be
handled together is taken one by one. Retries and what waits are worked from their rows in the same thread.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError

from shared.clock import MachineClock
from shared.errors import Malformed
from shared.events import Event
from shared.events.envelope import read
from shared.faultpoints import FaultPoints
from shared.ids import new_id
from shared.messaging import held
from shared.messaging.connection import BROKEN
from shared.messaging.inbox import Inbox
from shared.messaging.retries import Retries
from shared.messaging.topology import Topology, ensure_queue
from shared.messaging.units import Units
from shared.messaging.wire import Delivery, Haste, Line, consuming
from shared.tracing import trace_of

log = structlog.get_logger()
BATCH = 200
HASTE = Haste(most=BATCH, linger=0.003, idle=0.2)
STARTS_BEFORE_PARKING = 3
STARTED = "started"


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
        self._started, self._me = database[STARTED], new_id()
        self._retries = Retries(units, database, inbox, clock, patience)
        self._clock, self._has_room = clock, has_room
        self._faults = faults or FaultPoints()

    def run(self, stop: threading.Event) -> None:
        """Consume until stopped; a lost connection is opened again with growing delay."""
        pause = 0.2
        while not stop.is_set():
            try:
                self._started.find_one()  # without a database each delivery would count as a failed one
                ensure_queue(self._amqp_url, self._topology, self._queue)
                with consuming(self._amqp_url, self._queue, BATCH) as line:
                    pause = 0.2
                    self._consume(line, stop)
            except BROKEN as error:
                log.warning("consumer_interrupted", error=type(error).__name__)
            except PyMongoError as error:
                log.warning("consumer_without_database", error=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)

    def _consume(self, line: Line, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._has_room():
                line.listen(HASTE.idle)  # heartbeats are read still; the prefetch bounds what comes
                continue
            batch = line.gather(HASTE)
            if batch:
                self._take(batch, line.keep_alive)
                line.ack(batch[-1])
                self._faults.passing("after_ack")
            self._retries.work()
            line.keep_alive()

    def _take(self, batch: Sequence[Delivery], alive: Callable[[], None]) -> None:
        """Take over a whole batch: in one unit of work, or each event alone when that fails or one came before."""
        for delivery in batch:
            if delivery.redelivered:
                self._take_redelivered(delivery)
                alive()
        news = (self._read(delivery) for delivery in batch if not delivery.redelivered)
        events = [event for event in news if event is not None]
        if not events:
            return
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
        self._faults.passing("before_ack")

    def _take_alone(self, event: Event) -> None:
        try:
            self._units.run(lambda unit: self._inbox.take(unit, [event]))
        except Exception as error:  # as above; with the database away the next line raises too
            self._retries.lay_aside(event, error)

    def _take_redelivered(self, delivery: Delivery) -> None:
        """It was delivered before and not acked: perhaps it kills us. Who began with it is noted, across restarts."""
        event = self._read(delivery)
        if event is None:
            return
        mine = {"$addToSet": {"by": self._me}}  # a process that lives and tries again is no start
        mark = self._started.find_one_and_update({"_id": event.id}, mine, upsert=True, return_document=True)
        if mark is not None and len(mark["by"]) >= STARTS_BEFORE_PARKING:
            self._units.run(lambda unit: self._inbox.lay_aside(unit, event, held.PARKED, reason="kills_the_process"))
        else:
            self._take_alone(event)
        self._started.delete_one({"_id": event.id})

    def _read(self, delivery: Delivery) -> Event | None:
        try:
            event = read(delivery.body, trace_of(delivery.traceparent))
        except Malformed as error:
            key = hashlib.sha256(delivery.body).hexdigest()
            reason = f"{error.reason} {error.field_name}".strip()
            self._units.run(lambda unit: self._inbox.park_unreadable(unit, key, delivery.body, reason))
            return None
        return event
