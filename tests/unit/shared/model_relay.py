"""A relay as far as it runs without threads, and what kills it: every part that brings events to the broker is the real one."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import MachineClock
from shared.faultpoints import FaultPoints
from shared.healing.bindings import Bindings
from shared.messaging.flight import Flight
from shared.messaging.marks import Marks
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology
from shared.units import sums
from shared.units.outbox import Outbox
from tests.unit.shared.database import DatabaseInMemory
from tests.unit.shared.model_broker import Broker
from tests.unit.shared.rows import Doc, UnitsInMemory

QUEUE, LOG = "scheduler.events", "audit.log"
TOPOLOGY = Topology.of({"scheduler": ["alarm", "branch", "contact", "roster"]}, logs=[LOG])
NOWHERE = "amqp://localhost/"
EVERYTHING = 1_000


class Killed(BaseException):
    """The process was killed here."""


class Points(FaultPoints):
    """Raises at an armed point, once."""

    def __init__(self) -> None:
        self.armed: dict[str, BaseException] = {}

    def passing(self, point: str) -> None:
        if point in self.armed:
            raise self.armed.pop(point)


class HandClock(MachineClock):
    """Moves when the history says so."""

    def __init__(self) -> None:
        self._passed = timedelta()

    def now(self) -> datetime:
        return datetime(2026, 9, 1, tzinfo=UTC) + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    def forward(self, by: timedelta) -> None:
        self._passed += by


class RelayHere:
    """A relay as far as it runs without threads: what its stream brought, one connection with its flight, one try at a time."""

    def __init__(self, units: UnitsInMemory, broker: Broker) -> None:
        self.points = Points()
        self.stream: list[Doc] = []
        database: Any = DatabaseInMemory(units)
        self._outbox, self._marks, self._broker = Outbox(database), Marks(units, self._leads), broker  # type: ignore[arg-type]
        self.bindings = Bindings(database, NOWHERE, TOPOLOGY, broker, lambda _what: None)  # type: ignore[arg-type]
        self._term = 0
        self._done = threading.Event()
        self._done.set()
        self.connect()

    def connect(self) -> None:
        """A new connection, and a new flight with it."""
        self.flight = Flight(self._marks.mark, self.points)
        self._publisher = Publisher(NOWHERE, self.flight, self.points)
        self.connection = self._broker.connections[-1]
        self.connection.open()

    def _leads(self, _unit: object) -> bool:
        """Whether nobody else had the lease since this one's connection was made."""
        return self._broker.leader is self and self._broker.term == self._term

    def _lead(self) -> None:
        """Take the lease; a relay that saw another have it ends its connection and begins anew."""
        if not self._leads(None):
            self.connection.cut()
            self.reconnect()
            self._broker.lead_to(self)
            self._term = self._broker.term

    def follow(self) -> None:
        """Publish what the stream brought."""
        self._lead()
        came, self.stream = self.stream, []
        self._publisher.publish(self.flight.admit(came, _sum_key))

    def look(self) -> None:
        """Publish all that is untold."""
        self._lead()
        self._publisher.publish(self.flight.admit(self._outbox.untold(), _sum_key))

    def mark(self) -> None:
        """The marking thread has its turn."""
        self.flight.mark_until(self._done)

    def mend(self) -> None:
        """Put bindings back; when some were lost, let all land that flies, and have told again what they missed.

        What does not land (no answer, or no mark) ends the connection, as in the relay: then nothing flies, and it is settled.
        """
        self._lead()
        look = self.bindings.mend()
        assert look is not None
        if look.lost:
            self.land()
            if self.flight.flies():
                self.connection.cut()
                self.reconnect()
        self.bindings.settle(look)

    def land(self) -> None:
        """All that flies arrives, is answered and marked."""
        self.connection.arrive(EVERYTHING)
        while self.connection.answers:
            self.connection.answer(0, False)
        self.mark()

    def die(self) -> None:
        """The process is gone, and its connection with it."""
        self.connection.die()

    def reconnect(self) -> None:
        """After a lost connection, in order: what was confirmed is marked, then a new one."""
        self.mark()
        self.connect()


def _sum_key(row: Doc, event: Doc) -> str:
    return sums.told_key(event["type"].split(".", 1)[0], row["day"])
