"""Whether it costs more when much has happened before: told entries in the outbox, and subjects the listener knows.

A county of each size side by side, measured by turns, so that what else goes on on the machine hits them alike. Each command
is about a known subject, picked from all over: its rows were not touched for long.
"""

import random
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import count

from deploy.local.stack import Stack
from tests.bench.filler import AT_ONCE, copies, fill_known, fill_outbox, subject
from tests.bench.line import Line
from tests.bench.load import rate
from tests.bench.place import county_on
from tests.bench.rows import Row

CALLERS = 8
ROUNDS = 3
SEED = 7


class Aged:
    """A line with a past: so many subjects were told and are known, by one event each."""

    def __init__(self, line: Line, size: int) -> None:
        self.size, self._line = size, line
        template = line.told()
        for start in range(0, size, AT_ONCE):
            events = list(copies(template, range(start, min(size, start + AT_ONCE))))
            fill_outbox(line.registry.database, events, told=True)
            fill_known(line.scheduler.database, events)
        self._order, self._turn = random.Random(SEED).sample(range(size), size), count()
        self.rates: list[float] = []

    def round(self, seconds: float) -> None:
        """Events a second, measured once more."""
        with self._line.working():
            self.rates.append(rate(self._command, self._line.handled, CALLERS, seconds))

    def _command(self, _caller: int) -> int:
        """About the next subject; once all had one, they begin again."""
        rounds, place = divmod(next(self._turn), self.size)
        return self._line.known(subject(self._order[place]), 2 + rounds)


def measure_sizes(stack: Stack, quick: bool) -> Iterable[Row]:
    """The same command at each size, the middle one of three rounds, and how far the sizes lie apart."""
    with ExitStack() as open_:
        counties = [
            Aged(Line(stack, open_.enter_context(county_on(stack))), size)
            for size in ((10_000, 100_000) if quick else (10_000, 100_000, 1_000_000))
        ]
        for _ in range(ROUNDS):
            for aged in counties:
                aged.round(2.0 if quick else 8.0)
        found = [sorted(aged.rates)[ROUNDS // 2] for aged in counties]
    for aged, middle in zip(counties, found, strict=True):
        yield Row(f"{CALLERS} callers, {aged.size} told entries and subjects known", middle, "events/s")
    yield Row("cost against size: slowest below fastest", 100 * (1 - min(found) / max(found)), "%", goal=20, better="less")
