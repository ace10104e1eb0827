"""`python -m tests.soak`: random faults under constant load on servers of its own, and the count at the end.

MINUTES (5) says for how long, SEED which faults in which order (chosen and printed otherwise). Prints a line each ten seconds.
Exit status: 0 when everything that was acknowledged is where it must be, once; 1 when not; 130 when interrupted (no count).
Data and logs stay in run/soak until the next soak, unless all was well.
"""

import logging
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pymongo
import structlog
from pymongo.errors import PyMongoError

from deploy.local.stack import Management, Stack
from tests.county import County
from tests.faults import harm
from tests.faults.backbone import ROOT, Backbone
from tests.servers import Vhost
from tests.soak.faults import Faults
from tests.soak.ledger import Ledger
from tests.soak.load import Load

FOLDER = ROOT / "run/soak"
LINE_SECONDS = 10.0
REST_WITHIN_SECONDS = 240.0
POSTS = {
    "relay": harm.RELAY,
    "stand-by relay": harm.RELAY,
    "consumer": harm.CONSUMER,
    "second consumer": harm.CONSUMER,
}


def main(minutes: float, seed: int) -> int:
    """Run a soak and count. Everything that was started is ended, by its id, however it ends."""
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # the lines are for people
    print(f"soak of {minutes:g} minutes, SEED={seed}", flush=True)
    with _backbone(FOLDER) as backbone:
        status = Soak(backbone, seed, interrupted).run(minutes * 60)
    if status == 0:
        shutil.rmtree(FOLDER)
    return status


class Soak:
    """One run: load, faults, log reader and whoever looks after the workers, each a thread."""

    def __init__(self, backbone: Backbone, seed: int, interrupted: threading.Event) -> None:
        self._interrupted = interrupted
        self._backbone, self._workers = backbone, harm.Workers(backbone, POSTS)
        self._load = Load(backbone.registry, seed, callers=4, pause=0.04)
        self._faults = Faults(backbone, self._workers, seed)
        self._ledger = Ledger(backbone, self._load)
        self._began = time.monotonic()

    def run(self, seconds: float) -> int:
        """The exit status."""
        with self._backbone.running(self._workers.keep_up, self._ledger.read_log, self._backbone.orphans):
            with _threads(self._load.call_until), _threads(self._faults.run):
                self._print_lines(self._began + seconds)
            if not self._interrupted.is_set():
                self._await_rest()
        return 130 if self._interrupted.is_set() else self._count()

    def _print_lines(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0 and not self._interrupted.wait(min(LINE_SECONDS, left)):
            print(self._line(), flush=True)

    def _line(self) -> str:
        try:
            with pymongo.timeout(2):
                figures = "  ".join(f"{name} {n}" for name, n in self._ledger.figures().items())
        except PyMongoError:
            figures = f"told {self._load.acknowledged.events}  the database is away"
        return f"{time.monotonic() - self._began:6.0f} s  {figures}  faults {self._faults.done.total()}"

    def _await_rest(self) -> None:
        """Wait until nothing moves any more; what never comes to rest is found by the count."""
        began = time.monotonic()
        while not self._ledger.at_rest() and time.monotonic() < began + REST_WITHIN_SECONDS and not self._interrupted.wait(0.5):
            harm.release_killers(self._backbone)
        print(f"at rest {time.monotonic() - began:.0f} s after the last fault", flush=True)

    def _count(self) -> int:
        for name, times in sorted({**self._faults.done, **self._faults.could_not}.items()):
            print(f"  {name}: {times}{' (not done)' if name in self._faults.could_not else ''}")
        print(f"  processes started: {self._workers.starts}")
        lines, wrong = self._ledger.count()
        print(*lines, sep="\n")
        print(f"WRONG: {', '.join(wrong)}" if wrong else "all is where it must be, once")
        return 1 if wrong else 0


@contextmanager
def _threads(*loops: object) -> Iterator[None]:
    """Run loops while the block lasts, and let each finish what it has begun, however long that takes."""
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def _backbone(folder: Path) -> Iterator[Backbone]:
    with ExitStack() as ending:
        stack = ending.enter_context(Stack.start(folder))
        Management(stack.management_url).make_vhost("soak")
        shutil.rmtree(folder / "county", ignore_errors=True)
        (folder / "county").mkdir()
        county = County(stack, Vhost("soak", stack.rabbit.amqp_url_of("soak")), "soak", folder / "county")
        ending.callback(county.close)
        backbone = Backbone(county, stack, Vhost("soak", stack.rabbit.amqp_url_of("soak")))
        ending.callback(backbone.close)
        yield backbone


if __name__ == "__main__":
    chosen = os.environ.get("SEED") or str(random.SystemRandom().randrange(2**32))
    sys.exit(main(float(os.environ.get("MINUTES") or 5), int(chosen)))
