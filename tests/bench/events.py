"""The event backbone: from a command to its handled event, with the very settings of every day (majority, journaled, confirms).

Callers are threads of this process, each command a unit of work of its own; relay and listener are processes of their own.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from shared.canonical import canonical
from shared.events import catalogue
from shared.ids import new_id
from shared.messaging.unit import Unit
from shared.runtime import Runtime
from tests.bench.place import county
from tests.bench.rows import Row
from tests.county import tell_roster
from tests.eventually import eventually
from tests.faults.backbone import FOLLOWS, ROOT
from tests.faults.effects import EFFECTS

BULK = 200
PACED = 100


def measure(quick: bool) -> Iterable[Row]:
    """All figures of the suite."""
    seconds = 8.0 if quick else 30.0
    with line() as (registry, scheduler):
        warm_up(registry, scheduler)
        for callers in (8, 32):
            yield Row(f"command to handled, {callers} callers", rate(registry, scheduler, callers, seconds, one), "events/s")
        yield Row(f"bulk, units of {BULK}, to handled", rate(registry, scheduler, 1, seconds, many), "events/s")
        waits = sorted(latencies(registry, scheduler, seconds))
        yield Row(f"commit to handled at {PACED}/s, p50", percentile(waits, 0.50), "ms")
        yield Row(f"commit to handled at {PACED}/s, p99", percentile(waits, 0.99), "ms", goal=25, better="less")
        yield from parts(registry)


@contextmanager
def line() -> Iterator[tuple[Runtime, Runtime]]:
    """The real servers, and a relay and a listener at work."""
    with county() as (stack, made):
        for service, roles in (("registry", ["relay"]), ("scheduler", ["consumer"])):
            environ = {**os.environ, **made.environ, "SERVICE": service, "FOLLOWS": json.dumps(FOLLOWS)}
            command = [sys.executable, "-m", "tests.faults.worker_process", *roles]
            stack.children.start(f"{service}-worker", command, env=environ, cwd=ROOT)
        yield made.service("registry"), made.service("scheduler")


def one(registry: Runtime) -> int:
    """A command that tells one event."""
    registry.units.run(tell_roster(registry, new_id(), 1))
    return 1


def many(registry: Runtime) -> int:
    """A unit of work that tells many."""

    def work(unit: Unit) -> None:
        for _ in range(BULK):
            tell_roster(registry, new_id(), 1)(unit)

    registry.units.run(work)
    return BULK


def warm_up(registry: Runtime, scheduler: Runtime) -> None:
    """Until the first events have come through."""
    told = sum(one(registry) for _ in range(50))
    eventually(lambda: handled(scheduler) >= told, "the line works", within=60)


def handled(scheduler: Runtime) -> int:
    """Effects so far. Cheap enough to be asked again and again."""
    return scheduler.database[EFFECTS].estimated_document_count()


def rate(registry: Runtime, scheduler: Runtime, callers: int, seconds: float, command: Callable[[Runtime], int]) -> float:
    """Events a second, from the first command until the last event is handled."""
    before, start = handled(scheduler), time.monotonic()
    told = [0] * callers

    def caller(number: int) -> None:
        while time.monotonic() < start + seconds:
            told[number] += command(registry)

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: handled(scheduler) >= before + sum(told), "all handled", within=120)
    return sum(told) / (time.monotonic() - start)


def latencies(registry: Runtime, scheduler: Runtime, seconds: float) -> list[float]:
    """Milliseconds from a command's commit until its effect is committed, as a change stream on the effects shows it."""
    committed: dict[str, float] = {}
    seen: dict[str, float] = {}
    over = threading.Event()
    watching = threading.Event()

    def watch() -> None:
        with scheduler.database[EFFECTS].watch([{"$match": {"operationType": "insert"}}], max_await_time_ms=100) as stream:
            watching.set()
            while not over.is_set():
                change = stream.try_next()
                if change is not None:
                    seen[change["fullDocument"]["event"]] = time.monotonic()

    watcher = threading.Thread(target=watch)
    watcher.start()
    watching.wait(10)
    start = time.monotonic()
    for number in range(int(seconds * PACED)):
        threading.Event().wait(max(0.0, start + number / PACED - time.monotonic()))
        event = registry.units.run(tell_roster(registry, new_id(), 1))
        committed[event.id] = time.monotonic()
    eventually(lambda: committed.keys() <= seen.keys(), "all seen", within=60)
    over.set()
    watcher.join()
    return [(seen[event] - at) * 1000 for event, at in committed.items()]


def percentile(ordered: list[float], share: float) -> float:
    """The value below which this share lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def parts(registry: Runtime) -> Iterator[Row]:
    """What an event costs by itself."""
    person = new_id()
    registry.keys.make(person)
    kind = catalogue()["roster.imported.v1"]
    data = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}
    event = registry.units.run(tell_roster(registry, new_id(), 1))
    content: dict[str, Any] = {"name": "王桂花", "birth": "1944-03-02", "phone": "13800000000", "note": "腿脚不便"}
    whole = json.loads(event.body)
    yield Row("check of one event", micros(lambda: kind.check_open(data)), "µs", goal=15, better="less")
    yield Row("seal of one value", micros(lambda: registry.sealer.seal(person, "event", event.id, content)), "µs")
    yield Row("canonical JSON of one event", micros(lambda: canonical(whole)), "µs")


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
