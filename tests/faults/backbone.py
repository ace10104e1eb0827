"""A backbone to do harm to: what was acknowledged, what took effect, what the log got, counted against each other."""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
from pymongo.errors import PyMongoError

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from shared.events import Event
from shared.events.envelope import read
from shared.healing.orphans import LOOK_EVERY_SECONDS, Orphans
from shared.ids import new_id
from shared.inbox import Handler
from shared.inbox.held import ORDINARY, Patience
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Pace
from shared.messaging.topology import EXCHANGE, Topology
from shared.runtime import Runtime
from shared.units import sums
from shared.units.outbox import Outbox
from shared.worker import Duties, inbox_of, relay_of
from tests.county import County, tell_roster
from tests.eventually import eventually
from tests.faults.effects import EFFECTS
from tests.faults.worker_process import HANDLERS
from tests.servers import Vhost, drained
from tests.told import told_events

ROOT = Path(__file__).parents[2]
FOLLOWS = {"registry": [], "notifier": [], "scheduler": ["branch", "contact", "day", "event", "roster"]}
TOPOLOGY = Topology.of(FOLLOWS, logs=["audit.log"])
QUICK = {"look_again": 1.0, "check_topology": 0.5, "renew": 0.3, "lease": 1.2, "refused": 0.1}
TYPE = "roster.imported.v1"
"""An event that is no whole state: order matters, and none may be left out."""


class Backbone:
    """Registry tells, scheduler listens, the log's queue gets all. Workers run as threads here, or as processes to kill."""

    def __init__(self, county: County, stack: Stack, vhost: Vhost) -> None:
        self.county, self.stack, self.vhost = county, stack, vhost
        self.registry, self.scheduler = county.service("registry"), county.service("scheduler")
        self._children: list[Child] = []
        self._logged: set[str] = set()

    # -- what runs

    def process(self, service: str, *roles: str, **environ: str) -> Child:
        """A worker as a process of its own."""
        ours = {"SERVICE": service, "FOLLOWS": json.dumps(FOLLOWS), "PACE": json.dumps(QUICK)}
        command = [sys.executable, "-m", "tests.faults.worker_process", *roles]
        name = f"{self.vhost.name}-{service}-{len(self._children)}"
        child = self.stack.children.start(name, command, env={**os.environ, **self.county.environ, **ours, **environ}, cwd=ROOT)
        self._children.append(child)
        return child

    def relay(self, runtime: Runtime) -> Callable[[threading.Event], None]:
        """A relay of this service, to run in a thread."""
        return relay_of(runtime, TOPOLOGY, Pace(**QUICK)).run

    def consumer(self, handler: Handler = HANDLERS["note"], patience: Patience = ORDINARY) -> Callable[[threading.Event], None]:
        """The scheduler's consumer, to run in a thread."""
        return Consumer(
            self.scheduler.units,
            self.scheduler.database,
            inbox_of(self.scheduler, Duties(dict.fromkeys((TYPE, "branch.registered.v1", "contact.proven.v1"), handler))),
            self.scheduler.settings.amqp_url,
            "scheduler.events",
            TOPOLOGY,
            clock=self.scheduler.machine_clock,
            patience=patience,
        ).run

    def orphans(self, stop: threading.Event) -> None:
        """What every worker does beside its work, for each service here: marks are transactions too."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            with suppress(PyMongoError):
                self._end_orphans()

    @contextmanager
    def running(self, *loops: Callable[[threading.Event], None]) -> Iterator[None]:
        """Run loops in threads while the block lasts."""
        stop = threading.Event()
        threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(15)
                assert not thread.is_alive(), "a loop did not stop"

    # -- what is told and counted

    def tell(self, subjects: int, each: int) -> list[Event]:
        """Commands: so many subjects with so many events each. Returns what was acknowledged."""
        return [self.tell_one(subject, r) for subject in [new_id() for _ in range(subjects)] for r in range(1, each + 1)]

    def tell_while(self, child: Child) -> list[Event]:
        """Commands, some every moment, until this process has killed itself at its fault point."""
        told: list[Event] = []

        def over() -> bool:
            told.extend(self.tell(subjects=1, each=2))
            return not child.running()

        eventually(over, f"{child.name} died", within=30, every=0.1)
        assert child.exit_status() == -9, child.log.read_text("utf-8", "replace")[-2000:]
        return told

    def tell_one(self, subject: str, revision: int) -> Event:
        """One command, repeated by its caller until it is acknowledged or known to have been done."""
        while True:
            try:
                told: Event = self.registry.units.run(tell_roster(self.registry, subject, revision))
                return told
            except PyMongoError:
                done = self._outbox_row(subject, revision)
                if done is not None:
                    return self.event(done)

    def count(
        self, told: Sequence[Event], within: float = 30.0, parked: int = 0, others: Sequence[Event] = (), silent: int = 0
    ) -> None:
        """Acknowledged = rows = effects, each once and in order; all of them in the log's queue; no hole, nothing left.

        `others` were told by another service than the registry; `silent` of them have no effect that is counted.
        """
        good = len(told) + len(others) - parked - silent
        everything = {event.id for event in (*told, *others)}
        eventually(lambda: len(self.effects()) >= good, f"{good} effects", within=within)
        eventually(lambda: self.untold() == 0, "all told", within=within)
        eventually(lambda: self._figures_agree(told), "told and heard agree", within=within)
        effects = self.effects()
        assert Counter(row["event"] for row in effects).most_common(1)[0][1] == 1
        assert {row["event"] for row in effects} <= everything
        assert len(effects) == good
        assert {row["id"] for row in told_events(self.registry.database)} == {event.id for event in told}
        self._count_chains(told, parked)
        assert self.read_log() >= everything

    def read_log(self) -> set[str]:
        """Ids of all events that the log's queue has brought so far."""
        self._logged |= {read(body).id for body in self.drain("audit.log")}
        return self._logged

    def effects(self) -> list[dict[str, Any]]:
        """Every effect at the listener, in the order they happened."""
        return list(self.scheduler.database[EFFECTS].find(sort=[("_id", 1)]))

    def held(self, **wanted: Any) -> int:
        """How many events the listener holds."""
        return self.scheduler.database["held"].count_documents(wanted)

    def publish(self, *bodies: bytes, type_: str = TYPE) -> None:
        """Put bytes straight on the exchange, as a copy or a stranger would come."""
        with pika.BlockingConnection(pika.URLParameters(self.vhost.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for body in bodies:
                channel.basic_publish(EXCHANGE, type_, body, pika.BasicProperties(delivery_mode=2), mandatory=True)

    def publish_to(self, queue: str, *bodies: bytes) -> None:
        """Put bytes straight into a queue."""
        with pika.BlockingConnection(pika.URLParameters(self.vhost.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for body in bodies:
                channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2), mandatory=True)

    def untold(self) -> int:
        """How many of the registry's events wait for the broker's word."""
        return Outbox(self.registry.database).backlog(1_000_000)

    def told_by(self, runtime: Runtime, type_: str) -> int:
        """How many events of a type a service told."""
        return len(told_events(runtime.database, type=type_))

    def waiting_in(self, queue: str) -> int:
        """How many messages lie in a queue; none while it is not there."""
        with pika.BlockingConnection(pika.URLParameters(self.vhost.amqp_url)) as connection:
            try:
                return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
            except pika.exceptions.ChannelClosedByBroker:
                return 0

    def drain(self, queue: str) -> list[bytes]:
        """Take all a queue holds: the bodies of its events, however many a message."""
        return drained(self.vhost, queue)

    def close(self) -> None:
        """End the processes that still run, and the transactions they left."""
        for child in self._children:
            child.kill()
        self._end_orphans()

    def _end_orphans(self) -> None:
        for service in FOLLOWS:
            Orphans(self.registry.client, service).end_all()

    def _count_chains(self, told: Sequence[Event], parked: int) -> None:
        order: dict[str, list[int]] = {}
        for row in self.effects():
            order.setdefault(row["subject"], []).append(row["revision"])
        assert all(revisions == sorted(revisions) for revisions in order.values())
        progress = {row["_id"]: row for row in self.scheduler.database["progress"].find()}
        if not parked:
            assert self.held() == 0
            last = {event.subject: event.revision for event in told}
            assert {subject: progress[subject]["reached"] for subject in last} == last

    def _figures_agree(self, told: Sequence[Event]) -> bool:
        mine = sums.read_sums(self.registry.database, sums.TOLD, lambda words: words[0])
        theirs = sums.read_sums(self.scheduler.database, sums.HEARD, lambda words: words[1])
        nouns: Mapping[str, Any] = {event.noun: None for event in told}
        return all(mine.get(noun) == theirs.get(noun) for noun in nouns)

    @staticmethod
    def event(row: Mapping[str, Any]) -> Event:
        """The event an outbox row keeps."""
        return read(bytes(row["body"]))

    def _outbox_row(self, subject: str, revision: int) -> dict[str, Any] | None:
        try:
            return next(iter(told_events(self.registry.database, subject=subject, revision=revision)), None)
        except PyMongoError:
            return None


@contextmanager
def backbone_on(stack: Stack, vhost: Vhost, prefix: str, folder: Path, **settings: str) -> Iterator[Backbone]:
    """A backbone with a county of its own, both closed at the end. `settings` name further settings of the county."""
    county = County(stack, vhost, prefix, folder, **settings)
    running = Backbone(county, stack, vhost)
    yield running
    running.close()
    county.close()


def died(child: Child) -> None:
    """Wait until a process has killed itself at its fault point."""
    eventually(lambda: not child.running(), f"{child.name} died", within=30)
    assert child.exit_status() == -9, child.log.read_text("utf-8", "replace")[-2000:]
