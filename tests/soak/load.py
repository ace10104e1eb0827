"""A constant load of commands that remembers what was acknowledged, in little memory: how many, the sum of their ids, how far.

A command whose answer was lost is repeated until it is acknowledged or seen to have been done, as a caller would.
"""

import random
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from pymongo.errors import PyMongoError

from shared.errors import Busy
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units.sums import Sum, one
from tests.county import tell_roster
from tests.told import told_events

CHANGED_AGAIN = 40
"""How many things of late a teller goes on changing."""


class Load:
    """What the registry was asked to tell, by several callers. Safe to share between threads."""

    def __init__(self, registry: Runtime, seed: int, *, callers: int, pause: float) -> None:
        self.acknowledged = Sum()
        self.reached: dict[str, int] = {}
        """How far each thing's chain was acknowledged."""
        self._registry, self._pause = registry, pause
        self._chances = [random.Random(seed + n) for n in range(callers)]
        self._lock = threading.Lock()

    def call_until(self, stop: threading.Event) -> None:
        """Call until stopped; every command that was begun is finished."""
        with ThreadPoolExecutor(len(self._chances)) as callers:
            for done in [callers.submit(self._call, chance, stop) for chance in self._chances]:
                done.result()

    def _call(self, chance: random.Random, stop: threading.Event) -> None:
        mine: deque[str] = deque(maxlen=CHANGED_AGAIN)
        while not stop.wait(self._pause):
            if not mine or chance.random() < 0.3:
                mine.append(new_id())
            subject = chance.choice(mine)
            revision = self.reached.get(subject, 0) + 1
            told = self._tell(subject, revision, together=chance.random() < 0.7)
            with self._lock:
                self.acknowledged = self.acknowledged.plus(one(told))
                self.reached[subject] = revision

    def _tell(self, subject: str, revision: int, *, together: bool) -> str:
        run = self._registry.units.run_together if together else self._registry.units.run
        while True:
            try:
                return str(run(tell_roster(self._registry, subject, revision)).id)
            except (PyMongoError, Busy):
                if done := self._done(subject, revision):
                    return done

    def _done(self, subject: str, revision: int) -> str:
        """The event's id if it is there; waits out a database that is away."""
        while True:
            try:
                rows = told_events(self._registry.database, subject=subject, revision=revision)
                return str(rows[0]["id"]) if rows else ""
            except PyMongoError:
                threading.Event().wait(0.2)
