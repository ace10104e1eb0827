"""The relay: brings committed events to the broker. At least once on the wire; each subject's order mostly holds by itself.

New outbox rows come by the change stream; the query of the untold is the truth, at start, every ten seconds and after each
error. A row is told when the broker confirmed all of it. One relay works under a lease; nothing goes wrong when two do.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pika.exceptions import AMQPError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import MachineClock
from shared.faultpoints import FaultPoints
from shared.messaging.flight import Flight
from shared.messaging.lease import Lease
from shared.messaging.marks import Marks
from shared.messaging.publisher import Publisher
from shared.messaging.stream import OutboxStream
from shared.units import Units
from shared.units.outbox import Outbox
from shared.units.sums import told_key

log = structlog.get_logger()
Doc = dict[str, Any]
PAGE = 250
"""Events that are handed to the connection at once."""
TAKE_WITHIN_SECONDS = 0.25
FULL_SECONDS = 0.002
LAND_WITHIN_SECONDS = 2.0
MARK_WITHIN_SECONDS = 5.0
"""So long the end of a connection waits for its marks; those that hang for longer hold up the next one."""


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


class Watch(Protocol):
    """What sees to it that the exchange's bindings are there (`shared/healing/bindings.py`)."""

    def mend(self) -> Any:
        """Put back what is missing. What was found; None when nothing could be asked."""
        ...

    def settle(self, look: Any) -> int:
        """Have told again what was missed, now that all has landed which was published before. Returns how many rows."""
        ...


def sound(what: str) -> None:
    """The alarm of a relay: a line that somebody must see."""
    log.error("relay_alarm", what=what)


class Relay:
    """One relay of one service. `run` returns when `stop` is set, with the lease given back."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        amqp_url: str,
        bindings: Watch,
        *,
        holder: str,
        clock: MachineClock,
        faults: FaultPoints | None = None,
        alarm: Callable[[str], None] = sound,
        pace: Pace = Pace(),
    ) -> None:
        self._outbox, self._amqp_url, self._bindings = Outbox(database), amqp_url, bindings
        self._clock, self._alarm, self._pace = clock, alarm, pace
        self._lease = Lease(database, "relay", holder, pace.lease)
        self._faults = faults or FaultPoints()
        self._units = units
        self._marker: threading.Thread | None = None

    def run(self, stop: threading.Event) -> None:
        """Work under the lease until stopped. Errors end a connection, never the relay."""
        pause = 0.2
        while not stop.is_set():
            try:
                if not self._lease.hold() or self._still_marks():
                    stop.wait(self._pace.renew / 2)
                    continue
                if look := self._bindings.mend():
                    self._bindings.settle(look)
                self._relay(stop)
                pause = 0.2
            except (AMQPError, PyMongoError, OSError) as error:
                log.warning("relay_interrupted", error=type(error).__name__)
                stop.wait(pause)
                pause = min(pause * 2, 5.0)
        with suppress(PyMongoError):
            self._lease.give_back()

    def _still_marks(self) -> bool:
        """Whether the last connection's marks hang in the database: what they mark after a settling would be missed."""
        return self._marker is not None and self._marker.is_alive()

    def _relay(self, stop: threading.Event) -> None:
        """One connection's life."""
        term = self._lease.term
        marks = Marks(self._units, lambda unit: self._lease.fence(unit, term))
        flight = Flight(marks.mark, self._faults)
        publisher = Publisher(self._amqp_url, flight, self._faults)
        stream = OutboxStream(self._outbox.rows)
        done = threading.Event()
        self._marker = marker = threading.Thread(target=flight.mark_until, args=(done,), name="marker", daemon=True)
        marker.start()
        try:
            if publisher.wait_ready(10):
                self._pump(stop, term, flight, publisher, stream)
            if stop.is_set() and not publisher.lost.is_set():
                flight.wait_landed(LAND_WITHIN_SECONDS)
        finally:
            stream.stop()
            publisher.close()
            flight.end(done)
            marker.join(MARK_WITHIN_SECONDS)

    def _pump(self, stop: threading.Event, term: int, flight: Flight, publisher: Publisher, stream: OutboxStream) -> None:
        pace, clock = self._pace, self._clock
        renew, check, look = _Every(clock, pace.renew), _Every(clock, pace.check_topology), _Every(clock, pace.look_again)
        pause = pace.refused
        check.begin_anew()  # it was done on the way here
        while not stop.is_set() and not publisher.lost.is_set():
            if renew.has_come() and not self._still_holds(term):
                return
            if flight.unanswered_seconds() > pace.answer:
                self._alarm("the broker confirms nothing")
                return
            if refusals := flight.take_refusals():
                self._alarm(f"the broker refused: {dict(refusals)}")
                self._mend(flight, publisher)
                stop.wait(pause)
                pause = min(pause * 2, pace.renew)
                look.come_now()
            if check.has_come() and self._mend(flight, publisher):
                look.come_now()
            if look.has_come() or stream.broken.is_set():
                stream.broken.clear()
                self._publish_untold(stop, term, flight, publisher)
            if flight.room():
                publisher.publish(flight.admit(stream.take(PAGE, TAKE_WITHIN_SECONDS), _sum_key))
            else:
                publisher.lost.wait(FULL_SECONDS)

    def _still_holds(self, term: int) -> bool:
        """Whether the lease was ours all the time: what flew while it was another's is sent anew."""
        return self._lease.hold() and self._lease.term == term

    def _mend(self, flight: Flight, publisher: Publisher) -> bool:
        """Put lost bindings back. Whether rows are to be told again, those included that flew meanwhile."""
        look = self._bindings.mend()
        if look is None:
            return False
        if look.lost:
            flight.wait_landed(self._pace.lease / 2, publisher.lost.is_set)
            if flight.flies():
                raise ConnectionError("what flew while a binding was lost is not answered")  # begin anew: all of it is untold
        return self._bindings.settle(look) > 0

    def _publish_untold(self, stop: threading.Event, term: int, flight: Flight, publisher: Publisher) -> None:
        """Publish all that is untold, oldest first; ends early when the lease is lost or the broker refuses."""
        renew = _Every(self._clock, self._pace.renew)
        for page in _pages(self._outbox.untold()):
            while not flight.room() and not (stop.is_set() or publisher.lost.is_set()):
                publisher.lost.wait(FULL_SECONDS)
            if stop.is_set() or publisher.lost.is_set() or flight.was_refused():
                return
            if renew.has_come() and not self._still_holds(term):
                return
            publisher.publish(flight.admit(page, _sum_key))


def _pages(rows: Iterator[Doc]) -> Iterator[list[Doc]]:
    """Some rows at a time, read as they are needed: large rows alone, small ones together."""
    page: list[Doc] = []
    events = 0
    for row in rows:
        page.append(row)
        events += row["count"]
        if events >= PAGE:
            yield page
            page, events = [], 0
    yield page


def _sum_key(row: Doc, event: Doc) -> str:
    return told_key(event["type"].split(".", 1)[0], row["day"])


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
