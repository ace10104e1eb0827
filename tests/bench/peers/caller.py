"""`python -m tests.bench.peers.caller PEER INTO SECONDS`: a peer's callers, in one process, in the peers' environment.

Measures what `tests.bench.load` measures of ours and writes `{measure: figure}` as JSON to the file INTO, whole or not at all.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.load import latencies, percentile, rate
from tests.bench.peers.store import Store
from tests.eventually import eventually

BULK = 200
MOST_CALLERS = 32
BULK_CALLERS = 8
"""A peer's best way: with one caller alone each publish waits for the confirm before it."""


class Peer:
    """One peer's commands."""

    def __init__(self, name: str) -> None:
        self._store = Store()
        self._store.prepare()
        self._publish = import_module(f"tests.bench.peers.with_{name}").publisher(MOST_CALLERS)

    def one(self, _caller: int = 0) -> int:
        """A write, and its event published."""
        self._tell(1)
        return 1

    def many(self, _caller: int = 0) -> int:
        """Two hundred writes in one call, then their events."""
        self._tell(BULK)
        return BULK

    def timed(self) -> tuple[str, float]:
        """One, with its name and the moment of its commit."""
        told = self._store.change()[0]
        at = time.monotonic()
        self._publish(told)
        return told["id"], at

    def measure(self, seconds: float) -> dict[str, float]:
        """All figures of this peer."""
        store = self._store
        for _ in range(50):
            self.one()
        eventually(lambda: store.handled() >= 50, "the worker works", within=60)
        found: dict[str, float] = {}
        for callers in (8, MOST_CALLERS):
            found[f"{callers} callers"] = rate(self.one, store.handled, callers, seconds)
        found["bulk"] = rate(self.many, store.handled, BULK_CALLERS, seconds / 2)
        waits = latencies(self.timed, "event", store.effects, seconds)
        return found | {"p50": percentile(waits, 0.50), "p99": percentile(waits, 0.99)}

    def _tell(self, many: int) -> None:
        for event in self._store.change(many):
            self._publish(event)


def main(arguments: list[Any]) -> None:
    """Measure, and write it down."""
    name, into, seconds = arguments
    figures = json.dumps(Peer(name).measure(float(seconds)))
    partly = Path(into).with_suffix(".part")
    partly.write_text(figures, "utf-8")
    partly.replace(into)


if __name__ == "__main__":
    main(sys.argv[1:])
