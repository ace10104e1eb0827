"""One source with two relays, a broker, and one listener with two consumers, all in one thread: a history moves them.

The relay's parts that need no thread are the real ones (outbox, bindings, flight, publisher, marks); the consumer is the real
one as a whole. In the place of MongoDB and RabbitMQ stand rows and queues in memory. Each method is one thing that happens.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shared.events import Event
from shared.events.envelope import read
from shared.healing import bindings
from shared.inbox import held
from shared.inbox.retries import Retries
from shared.messaging import consumer, publisher
from shared.messaging.consumer import Consumer
from shared.messaging.parcels import unpack
from shared.units import sums
from shared.units.outbox import NAME
from tests.unit.shared.database import DatabaseInMemory
from tests.unit.shared.listener import COUNTY, Listener, judge
from tests.unit.shared.model_broker import Broker, Line
from tests.unit.shared.model_relay import EVERYTHING, LOG, NOWHERE, QUEUE, TOPOLOGY, HandClock, Killed, Points, RelayHere
from tests.unit.shared.rows import Doc, UnitsInMemory

ROUNDS = 60


class World:
    """Everything, and what was acknowledged."""

    def __init__(self, chains: list[list[Event]], failures: dict[str, int], awaits: dict[str, str]) -> None:
        self._chains = chains
        self.clock, self.broker = HandClock(), Broker(TOPOLOGY)
        self.source_points, self.points = Points(), Points()
        self.source = UnitsInMemory(self.source_points, self.clock)
        self.listener = Listener(failures, awaits, UnitsInMemory(self.points, self.clock), self.clock)
        self.database: Any = DatabaseInMemory(self.listener.units)
        self.line: Line
        self.logged: set[str] = set()

    def open(self) -> None:
        """Start two relays and two consumers. Inside `in_place` only."""
        self.relays = [self._relay() for _ in range(2)]
        self.lines = [Line(self.broker, QUEUE) for _ in range(2)]
        self._consumers = [self._consumer() for _ in self.lines]
        self.relays[0].mend()

    @contextmanager
    def in_place(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Have the real parts find this world's broker where they look for RabbitMQ's."""
        patch.setattr(publisher, "SelectConnection", self.broker.connect)
        patch.setattr(bindings, "declare", self.broker.declare)
        patch.setattr(consumer, "ensure_queue", self.broker.ensure_queue)
        patch.setattr(consumer, "consuming", lambda *where: self.line.consuming(*where))
        yield

    # -- what happens

    def tell(self, events: list[Event], seen_by: int) -> None:
        """A commit. The streams of some relays bring it (bits of `seen_by`)."""
        rows = self._keep_told(events) if events else []
        for n, relay in enumerate(self.relays):
            if seen_by >> n & 1:
                relay.stream += rows

    def with_relay(self, which: int, does: Callable[[RelayHere], Any]) -> None:
        """A relay does something; killed in it, another takes its place."""
        try:
            does(self.relays[which])
        except Killed:
            self.relays[which].die()
            self.relays[which] = self._relay()

    def cut_relay(self, which: int, after: int) -> None:
        """Its connection is lost after so many more messages."""

        def cut(relay: RelayHere) -> None:
            relay.connection.cut(after)
            relay.reconnect()

        self.with_relay(which, cut)

    def take(self, which: int, most: int, *, lose_ack: bool = False) -> None:
        """A consumer takes a batch, and what is due."""
        self.line = self.lines[which]
        self.line.stop.clear()
        self.line.batch, self.line.lose_ack = most, lose_ack
        try:
            self._consumers[which].run(self.line.stop)
        except Killed:
            self._consumers[which] = self._consumer()

    def crash_broker(self, keep: int) -> None:
        """The broker dies and comes back."""
        for n in range(2):
            self.cut_relay(n, after=0)
        self.broker.crash(keep)

    def copy(self, which: int) -> None:
        """A copy of some event comes from somewhere."""
        rows = list(self.source.tables.get(NAME, {}).values())
        if rows:
            row = rows[which % len(rows)]
            self.broker.take_in(0, row["events"][-1]["type"], row["events"][-1]["body"], None)

    def turn_queue(self, by: int) -> None:
        """What lies in the queue changes its order."""
        if QUEUE in self.broker.queues:
            self.broker.queues[QUEUE].rotate(by)

    def lose_binding(self, which: int) -> None:
        """Somebody deletes a binding."""
        pairs = sorted(TOPOLOGY.bindings())
        self.broker.marks.pop(pairs[which % len(pairs)], None)

    def pass_seconds(self, seconds: float) -> None:
        """Machine time passes."""
        self.clock.forward(timedelta(seconds=seconds))

    def trouble(self, whose: int, point: str) -> None:
        """The next commit of the source's or the listener's database fails, or its answer is lost."""
        (self.source_points, self.points)[whose].armed[point] = AutoReconnect()

    def _keep_told(self, events: list[Event]) -> list[Doc]:
        """A caller repeats until it is acknowledged, or sees that it was done."""
        while events[0].id not in self.source.tables.get(NAME, {}):
            with suppress(AutoReconnect):
                self.source.keep_told(events)
        return [self.source.tables[NAME][events[0].id]]

    def settle(self) -> None:
        """No more trouble: let everything come to rest."""
        self.broker.full = ""
        for points in (self.source_points, self.points, *(relay.points for relay in self.relays)):
            points.armed.clear()
        for _ in range(ROUNDS):
            self._round()
            if self._at_rest():
                return
        raise AssertionError(f"no rest: {self._untold()} untold, held {[r['state'] for r in self.listener.rows(held.NAME)]}")

    def count(self) -> None:
        """Acknowledged = in effect = in the log's queue, each once and in order; the sums agree."""
        for chain in self._chains:
            judge(chain, self.listener)
        everything = {event.id for chain in self._chains for event in chain}
        assert self.logged == everything, "the log missed something"
        mine = sums.read_sums(DatabaseInMemory(self.source), sums.TOLD, lambda words: words[0])  # type: ignore[arg-type]
        theirs = sums.read_sums(self.database, sums.HEARD, lambda words: words[1])
        assert mine == theirs, "told and heard differ"
        assert sum(each.events for each in mine.values()) == len(everything), "told is not what was acknowledged"

    def _round(self) -> None:
        self.clock.forward(timedelta(minutes=6))
        for relay in self.relays:
            relay.mend()
            relay.look()
            relay.land()
        for n in range(2):
            self.take(n, EVERYTHING)
        self.logged |= {read(body).id for message in self.broker.queues[LOG] for body, _ in unpack(message.body, None)}
        retries = Retries(self.listener.units, self.database, self.listener.inbox, self.clock)  # type: ignore[arg-type]
        for row in self.listener.rows(held.NAME):
            if row["state"] == held.PARKED:  # a person has it tried again
                retries.retry(row["_id"], COUNTY, COUNTY)

    def _at_rest(self) -> bool:
        flying = any(relay.connection.wire or relay.connection.answers for relay in self.relays)
        return not (self._untold() or flying or self.broker.queues[QUEUE] or self.listener.rows(held.NAME))

    def _untold(self) -> int:
        return sum("untold" in row for row in self.source.tables.get(NAME, {}).values())

    def _relay(self) -> RelayHere:
        return RelayHere(self.source, self.broker)

    def _consumer(self) -> Consumer:
        units: Any = self.listener.units
        inbox, clock = self.listener.inbox, self.clock
        return Consumer(units, self.database, inbox, NOWHERE, QUEUE, TOPOLOGY, clock=clock, faults=self.points)
