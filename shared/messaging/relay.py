"""The relay: brings committed events to the broker. At least once on the wire; each subject's order mostly holds by itself.

New entries come by the outbox's change stream; the query of the untold is the truth, at start, every ten seconds and after
each error. An entry is told when the broker confirmed it. One relay works under a lease; nothing goes wrong when two do.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from pika.exceptions import AMQPError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import MachineClock
from shared.faultpoints import FaultPoints
from shared.messaging.bindings import Bindings
from shared.messaging.flight import Flight
from shared.messaging.lease import Lease
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.messaging.stream import OutboxStream
from shared.messaging.told import ToldCounts
from shared.messaging.topology import BrokerView, Topology

log = structlog.get_logger()
Doc = dict[str, Any]
PAGE = 500
TAKE_WITHIN_SECONDS = 0.25
FULL_SECONDS = 0.002
LAND_WITHIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a relay does what it does again and again, in seconds of machine time."""

    look_again: float = 10.0
    """The query of the untold, which heals what the stream missed."""
    check_topology: float = 30.0
    renew: float = 2.0
    lease: float = 6.0
    refused: float = 0.5
    """The first pause after the broker refused; doubles up to `renew`."""
    answer: float = 60.0
    """No word from the broker for so long about what flies is an alarm, and the connection is made anew."""


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
        pace: Pace = Pace(),
    ) -> None:
        self._outbox, self._amqp_url = Outbox(database), amqp_url
        self._clock, self._alarm, self._pace = clock, alarm, pace
        self._bindings = Bindings(database, amqp_url, topology, view, alarm)
        self._lease = Lease(database, "relay", holder, pace.lease)
        self._faults = faults or FaultPoints()
        self._told = ToldCounts(database)

    def run(self, stop: threading.Event) -> None:
        """Work under the lease until stopped. Errors end a connection, never the relay."""
        pause = 0.2
        while not stop.is_set():
            try:
                if not self._lease.hold():
                    self._told.in_doubt = True
                    stop.wait(self._pace.renew / 2)
                    continue
                self._bindings.put_in_place()
                self._relay(stop)
                pause = 0.2
            except (AMQPError, PyMongoError, OSError) as error:
                log.warning("relay_interrupted", error=type(error).__name__)
                stop.wait(pause)
                pause = min(pause * 2, 5.0)
        with suppress(PyMongoError):
            self._lease.give_back()

    def _relay(self, stop: threading.Event) -> None:
        """One connection's life."""
        flight = Flight(self._outbox, self._told, self._faults)
        publisher = Publisher(self._amqp_url, flight, self._faults)
        stream = OutboxStream(self._outbox.entries)
        done = threading.Event()
        marker = threading.Thread(target=flight.mark_until, args=(done,), name="marker", daemon=True)
        marker.start()
        try:
            if publisher.wait_ready(10):
                self._pump(stop, flight, publisher, stream)
            if stop.is_set() and not publisher.lost.is_set():
                flight.wait_landed(LAND_WITHIN_SECONDS)
        finally:
            stream.stop()
            publisher.close()
            flight.end(done)
            marker.join(5)

    def _pump(self, stop: threading.Event, flight: Flight, publisher: Publisher, stream: OutboxStream) -> None:
        pace, clock = self._pace, self._clock
        renew, check, look = _Every(clock, pace.renew), _Every(clock, pace.check_topology), _Every(clock, pace.look_again)
        pause = pace.refused
        check.begin_anew()  # it was done on the way here
        while not stop.is_set() and not publisher.lost.is_set():
            if renew.has_come() and not self._lease.hold():
                return
            if flight.unanswered_seconds() > pace.answer:
                self._alarm("the broker confirms nothing")
                return
            if self._told.in_doubt:
                self._told.recount()
            if refusals := flight.take_refusals():
                self._alarm(f"the broker refused: {dict(refusals)}")
                self._bindings.put_in_place()
                stop.wait(pause)
                pause = min(pause * 2, pace.renew)
                look.come_now()
            if check.has_come() and self._bindings.put_in_place():
                look.come_now()
            if look.has_come() or stream.broken.is_set():
                stream.broken.clear()
                self._publish_untold(stop, flight, publisher)
            if flight.room():
                self._publish(flight, publisher, stream.take(PAGE, TAKE_WITHIN_SECONDS))
            else:
                publisher.lost.wait(FULL_SECONDS)

    def _publish_untold(self, stop: threading.Event, flight: Flight, publisher: Publisher) -> None:
        """Publish all that is untold, oldest first; ends early when the lease is lost or the broker refuses."""
        after = ""
        renew = _Every(self._clock, self._pace.renew)
        while not stop.is_set() and not publisher.lost.is_set() and not flight.was_refused():
            if renew.has_come() and not self._lease.hold():
                return
            if not flight.room():
                publisher.lost.wait(FULL_SECONDS)
                continue
            page = self._outbox.untold(after, PAGE)
            self._publish(flight, publisher, page)
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    def _publish(self, flight: Flight, publisher: Publisher, entries: list[Doc]) -> None:
        fresh = flight.admit(entries)
        if fresh:
            publisher.publish(fresh)


class _Every:
    """Something to be done every so many seconds, the first time at once."""

    def __init__(self, clock: MachineClock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._at = 0.0

    def has_come(self) -> bool:
        """Whether it is time; if so, the next time is set."""
        if self._clock.monotonic() < self._at:
            return False
        self.begin_anew()
        return True

    def begin_anew(self) -> None:
        """Not now: in so many seconds."""
        self._at = self._clock.monotonic() + self._seconds

    def come_now(self) -> None:
        """At once."""
        self._at = 0.0
