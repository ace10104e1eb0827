"""Whether it costs more when much has happened before: told entries in the outbox, and subjects the listener knows.

Each command is about a known subject, picked from all over: its rows were not touched for long.
"""

import random
from collections.abc import Iterable
from itertools import count

from shared.events import Event
from tests.bench.filler import AT_ONCE, copies, fill_known, fill_outbox, subject
from tests.bench.line import Line
from tests.bench.load import rate
from tests.bench.rows import Row

CALLERS = 8
ROUNDS = 3
SEED = 7


def measure_sizes(line: Line, quick: bool) -> Iterable[Row]:
    """The same command at each size, the middle one of three rounds, and how far the sizes lie apart."""
    template = line.told()
    found: list[float] = []
    filled = 0
    for size in (10_000, 100_000) if quick else (10_000, 100_000, 1_000_000):
        grow(line, template, range(filled, size))
        found.append(rate_among(line, range(filled, size), 2.0 if quick else 8.0))
        filled = size
        yield Row(f"{CALLERS} callers, {size} told entries and subjects known", found[-1], "events/s")
    yield Row("cost against size: slowest below fastest", 100 * (1 - min(found) / max(found)), "%", goal=20, better="less")


def grow(line: Line, template: Event, numbers: range) -> None:
    """Make these subjects told and known: one event each."""
    for start in range(0, len(numbers), AT_ONCE):
        events = list(copies(template, numbers[start : start + AT_ONCE]))
        fill_outbox(line.registry.database, events, told=True)
        fill_known(line.scheduler.database, events)


def rate_among(line: Line, numbers: range, seconds: float) -> float:
    """Events a second of commands about these subjects in no order; once all had one, they begin again."""
    order, turn = random.Random(SEED).sample(numbers, len(numbers)), count()

    def command(_caller: int) -> int:
        rounds, place = divmod(next(turn), len(order))
        return line.known(subject(order[place]), 2 + rounds)

    with line.working():
        found = [rate(command, line.handled, CALLERS, seconds) for _ in range(ROUNDS)]
    return sorted(found)[ROUNDS // 2]
