"""Runs loops as threads until SIGTERM. A thread that dies takes the process with it: half a worker is worse than none."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

import structlog

from shared.logs import where_it_failed

log = structlog.get_logger()
Loop = Callable[[threading.Event], None]
STOP_WITHIN_SECONDS = 10.0


def run_until_stopped(loops: Mapping[str, Loop], stop: threading.Event | None = None) -> int:
    """Run all loops until SIGTERM or SIGINT. Returns the exit status: 0 for a clean stop, 1 when a loop died."""
    stop = stop or threading.Event()
    died = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=_guard, args=(n, loop, stop, died), name=n, daemon=True) for n, loop in loops.items()]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        os._exit(1)
    return 1 if died.is_set() else 0


def _guard(name: str, loop: Loop, stop: threading.Event, died: threading.Event) -> None:
    try:
        loop(stop)
    except BaseException as error:
        log.error("loop_died", loop=name, error=type(error).__name__, where=where_it_failed(error))
        died.set()
        stop.set()
