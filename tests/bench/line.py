"""The line that is measured: registry's relay and scheduler's listener as processes, with the settings of every day."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from shared.events import Event
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units import Unit
from tests.bench.peers.store import watched
from tests.county import County, tell_roster
from tests.eventually import eventually
from tests.faults.backbone import FOLLOWS, ROOT
from tests.faults.effects import EFFECTS

BULK = 200
THINGS = "places"


class Line:
    """Commands of the registry, and their effects at the scheduler. Commands are called from any thread."""

    def __init__(self, stack: Stack, made: County, follows: Mapping[str, Sequence[str]] = FOLLOWS) -> None:
        self.stack, self.county, self._follows = stack, made, follows
        self.registry, self.scheduler = made.service("registry"), made.service("scheduler")
        for runtime, name in ((self.registry, THINGS), (self.scheduler, EFFECTS)):
            if name not in runtime.database.list_collection_names():
                runtime.database.create_collection(name)

    # -- what runs

    def relay(self) -> Child:
        """A process that relays what the registry told."""
        return self._worker("registry", "relay")

    def listener(self) -> Child:
        """A process that takes in what the scheduler follows."""
        return self._worker("scheduler", "consumer")

    @contextmanager
    def working(self) -> Iterator[tuple[Child, Child]]:
        """Relay and listener, until the end of the block, once the first events have come through."""
        relay, listener = self.relay(), self.listener()
        try:
            before = self.handled()
            for _ in range(50):
                self.one()
            eventually(lambda: self.handled() >= before + 50, "the line works", within=60)
            yield relay, listener
        finally:
            relay.stop(within=5)
            listener.stop(within=5)

    # -- what is done

    def one(self, _caller: int = 0) -> int:
        """A command that changes a thing and tells it."""
        self._command(new_id(), 1)
        return 1

    def timed(self) -> tuple[str, float]:
        """One, with its event's id and the moment of its commit."""
        event = self._command(new_id(), 1)
        return event.id, time.monotonic()

    def told(self) -> Event:
        """An event as one told it, to be copied."""
        return self._command(new_id(), 1)

    def known(self, subject: str, revision: int) -> int:
        """One about a subject that was told up to the revision before."""
        self._command(subject, revision)
        return 1

    def many(self, _caller: int = 0) -> int:
        """A unit of work that changes and tells many things."""

        def work(unit: Unit) -> None:
            for _ in range(BULK):
                change_and_tell(unit, self.registry, new_id(), 1)

        self.registry.units.run(work)
        return BULK

    def _command(self, subject: str, revision: int) -> Event:
        event: Event = self.registry.units.run_together(lambda unit: change_and_tell(unit, self.registry, subject, revision))
        return event

    # -- what is seen

    def handled(self) -> int:
        """Effects so far. Cheap enough to be asked again and again."""
        return self.scheduler.database[EFFECTS].estimated_document_count()

    @contextmanager
    def effects(self) -> Iterator[Any]:
        """Effects as they are committed."""
        with watched(self.scheduler.database, EFFECTS) as next_effect:
            yield next_effect

    def _worker(self, service: str, role: str) -> Child:
        environ = {**os.environ, **self.county.environ, "SERVICE": service, "FOLLOWS": json.dumps(self._follows)}
        command = [sys.executable, "-m", "tests.faults.worker_process", role]
        return self.stack.children.start(f"{service}-{role}-{new_id()[-6:]}", command, env=environ, cwd=ROOT)


def change_and_tell(unit: Unit, registry: Runtime, subject: str, revision: int) -> Event:
    """What every command does, and a peer's caller too: one thing written, one event told."""
    unit.collection(THINGS).insert({"_id": new_id(), "revision": revision})
    event: Event = tell_roster(registry, subject, revision)(unit)
    return event
