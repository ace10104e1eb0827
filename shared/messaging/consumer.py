"""The consumer: takes what came in some milliseconds, handles it in one unit of work, acks after the commit.

Messages are read raw; nothing is ever acked before it is taken over (handled, or laid into the held rows). What cannot be
handled together is taken one by one. Retries and what waits are worked from their rows in the same thread.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from kombu import Connection, Queue
from kombu import Consumer as KombuConsumer
from kombu.exceptions import OperationalError
from kombu.message import Message
from pika.exceptions import AMQPError as PikaError
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError

from shared.clock import MachineClock
from shared.errors import Malformed
from shared.events import Event
from shared.events.envelope import read
from shared.faultpoints import FaultPoints
from shared.messaging import held
from shared.messaging.inbox import Inbox
from shared.messaging.retries import Retries
from shared.messaging.topology import Topology, declare, parked_queue
from shared.messaging.unit import Units

log = structlog.get_logger()
BATCH = 200
LINGER_SECONDS = 0.003
IDLE_SECONDS = 0.2
STARTS_BEFORE_PARKING = 3
STARTED = "started"
BROKEN = (AMQPError, OperationalError, PikaError, OSError)


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
        faults: FaultPoints | None = None,
    ) -> None:
        self._units, self._inbox, self._amqp_url, self._queue = units, inbox, amqp_url, queue
        self._topology = topology
        self._started = database[STARTED]
        self._retries = Retries(units, database, inbox, clock)
        self._clock, self._has_room = clock, has_room
        self._faults = faults or FaultPoints()

    def run(self, stop: threading.Event) -> None:
        """Consume until stopped; a lost connection is opened again with growing delay."""
        pause = 0.2
        while not stop.is_set():
            try:
                declare(self._amqp_url, self._topology)
                with Connection(self._amqp_url, heartbeat=20, connect_timeout=5) as connection:
                    connection.connect()
                    pause = 0.2
                    self._consume(connection, stop)
            except BROKEN as error:
                log.warning("consumer_interrupted", error=type(error).__name__)
            except PyMongoError as error:
                log.warning("consumer_without_database", error=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)

    def _consume(self, connection: Connection, stop: threading.Event) -> None:
        came: list[Message] = []
        channel = connection.channel()
        queues = [Queue(name, no_declare=True) for name in (self._queue, parked_queue(self._queue))]
        consumer = KombuConsumer(channel, queues, on_message=came.append, auto_declare=False)
        consumer.qos(prefetch_count=2 * BATCH)
        with consumer:
            beat_at = 0.0
            while not stop.is_set():
                if self._has_room():
                    self._gather(connection, came)
                else:
                    stop.wait(IDLE_SECONDS)
                if came:
                    batch, came[:] = came[:BATCH], came[BATCH:]
                    self._take(batch)
                    channel.basic_ack(batch[-1].delivery_tag, multiple=True)
                self._retries.work()
                if time.monotonic() >= beat_at:
                    connection.heartbeat_check()
                    beat_at = time.monotonic() + 1.0

    def _gather(self, connection: Connection, came: list[Message]) -> None:
        """Wait for a first message, then take along what comes in the next milliseconds."""
        wait = 0.0 if came else IDLE_SECONDS
        until = None
        while len(came) < BATCH:
            try:
                connection.drain_events(timeout=max(wait, 0.0001))
            except TimeoutError:
                return
            until = until or time.monotonic() + LINGER_SECONDS
            wait = until - time.monotonic()
            if wait <= 0:
                return

    def _take(self, batch: list[Message]) -> None:
        news = [m for m in batch if not m.delivery_info.get("redelivered")]
        for message in batch:
            if message.delivery_info.get("redelivered"):
                self._take_redelivered(message)
        events = [e for e in map(self._read, news) if e is not None]
        if not events:
            return
        try:
            self._units.run(lambda unit: self._inbox.take(unit, events))
        except ConnectionFailure:
            raise
        except Exception as error:  # any handler may fail in any way; each event then stands alone
            log.info("batch_taken_apart", error=type(error).__name__, events=len(events))
            self._one_by_one(events)
        self._faults.passing("before_ack")

    def _one_by_one(self, events: list[Event]) -> None:
        for event in events:
            self._take_alone(event)

    def _take_alone(self, event: Event) -> None:
        try:
            self._units.run(lambda unit: self._inbox.take(unit, [event]))
        except ConnectionFailure:
            raise
        except Exception as error:
            self._retries.lay_aside(event, error)

    def _take_redelivered(self, message: Message) -> None:
        """It was delivered before and not acked: perhaps it kills us. Started marks are counted across restarts."""
        event = self._read(message)
        if event is None:
            return
        mark = self._started.find_one_and_update({"_id": event.id}, {"$inc": {"starts": 1}}, upsert=True, return_document=True)
        if mark is not None and mark["starts"] >= STARTS_BEFORE_PARKING:
            self._units.run(lambda unit: self._inbox.lay_aside(unit, event, held.PARKED, reason="kills_the_process"))
        else:
            self._take_alone(event)
        self._started.delete_one({"_id": event.id})

    def _read(self, message: Message) -> Event | None:
        body = _bytes(message.body)
        try:
            event = read(body)
        except Malformed as error:
            key = hashlib.sha256(body).hexdigest()
            reason = f"{error.reason} {error.field_name}".strip()
            self._units.run(lambda unit: self._inbox.park_unreadable(unit, key, body, reason))
            return None
        return event


def _bytes(body: Any) -> bytes:
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body)
