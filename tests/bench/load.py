"""How a command is measured until its effect is committed: the very same way for ours and for every peer.

Knows neither: it is given what to call and how to see effects, and stands on the standard library alone, since it also runs
in the peers' environment.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from tests.eventually import eventually

PACED = 100
"""Commands a second at which waiting is measured."""
DRAINED_WITHIN_SECONDS = 180
Effects = Callable[[], AbstractContextManager[Callable[[], Mapping[str, Any] | None]]]
"""Opens a look at the effects as they are committed: a call gives the next one, or None after a moment."""


def rate(command: Callable[[int], int], handled: Callable[[], int], callers: int, seconds: float) -> float:
    """Events a second, from the first command until the last effect is committed.

    `command` is given the number of its caller, and says how many events it told. A caller's error is raised here.
    """
    before, start = handled(), time.monotonic()
    told = [0] * callers
    failed: list[BaseException] = []

    def caller(number: int) -> None:
        try:
            while time.monotonic() < start + seconds:
                told[number] += command(number)
        except BaseException as error:
            failed.append(error)

    run_threads(caller, callers)
    if failed:
        raise failed[0]
    eventually(lambda: handled() >= before + sum(told), "all handled", within=DRAINED_WITHIN_SECONDS)
    return sum(told) / (time.monotonic() - start)


def run_threads(caller: Callable[[int], None], callers: int) -> None:
    """One thread for each caller, all of them to their end."""
    threads = [threading.Thread(target=caller, args=(number,), daemon=True) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def latencies(command: Callable[[], tuple[str, float]], key: str, effects: Effects, seconds: float) -> list[float]:
    """Milliseconds, in order, from each command's commit until its effect is committed, at 100 commands a second.

    `command` returns what its effect has in `key`, and the moment of its commit. The effect is seen a moment late: this
    counts against whoever is measured, each alike.
    """
    committed: dict[str, float] = {}
    seen: dict[str, float] = {}
    over, watching = threading.Event(), threading.Event()

    def watch() -> None:
        with effects() as next_effect:
            watching.set()
            while not over.is_set():
                effect = next_effect()
                if effect is not None:
                    seen[effect[key]] = time.monotonic()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    watching.wait(10)
    for _ in paced(seconds):
        name, at = command()
        committed[name] = at
    eventually(lambda: committed.keys() <= seen.keys(), "all seen", within=60)
    over.set()
    watcher.join()
    return sorted((seen[name] - at) * 1000 for name, at in committed.items())


def paced(seconds: float) -> Iterator[int]:
    """Counts up, 100 times a second; what came late is caught up with."""
    start = time.monotonic()
    for number in range(int(seconds * PACED)):
        threading.Event().wait(max(0.0, start + number / PACED - time.monotonic()))
        yield number


def percentile(ordered: list[float], share: float) -> float:
    """The value below which this share lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
