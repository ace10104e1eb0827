"""What one event costs by itself, and what the general tools would take for the same."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import rfc8785

from shared.canonical import canonical
from shared.events import catalogue
from shared.ids import new_id
from tests.bench.line import Line
from tests.bench.rows import Row

DATA = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}
CONTENT = {"name": "王桂花", "birth": "1944-03-02", "phone": "13800000000", "note": "腿脚不便"}


def measure_parts(line: Line) -> Iterable[Row]:
    """Check, seal and canonical JSON."""
    registry, event, person = line.registry, line.told(), new_id()
    registry.keys.make(person)
    kind, whole = catalogue()["roster.imported.v1"], json.loads(event.body)
    schema = kind.schema()
    assert canonical(whole) == rfc8785.dumps(whole) == event.body
    yield Row("check of one event, compiled", micros(lambda: kind.check_open(DATA)), "µs", goal=15, better="less")
    yield Row("check of one event, marshmallow load", micros(lambda: schema.load(DATA)), "µs")
    yield Row("seal of one value", micros(lambda: registry.sealer.seal(person, "event", event.id, CONTENT)), "µs")
    yield Row("canonical JSON of one event", micros(lambda: canonical(whole)), "µs")
    yield Row("canonical JSON of one event, rfc8785", micros(lambda: rfc8785.dumps(whole)), "µs")


def micros(work: Callable[[], Any], seconds: float = 0.5) -> float:
    """Microseconds a call, the best of five runs."""
    rounds = 50
    found = []
    for _ in range(5):
        calls, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds / 5:
            for _ in range(rounds):
                work()
            calls += rounds
        found.append(spent / calls * 1e6)
    return min(found)
