"""Takes raw bodies from a queue in batches, for whoever must keep everything: no schema and no handler in between.

Nothing is acked before `take` has returned. While `take` cannot (the database is away) the batch stays in hand and the
connection is kept: each reconnect would count as a delivery, and the broker gives up on a message after twenty of those.
"""

import threading
from collections.abc import Callable, Sequence

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.connection import BROKEN
from shared.messaging.topology import Topology, ensure_queue
from shared.messaging.wire import Haste, Line, consuming

log = structlog.get_logger()
BATCH = 500
HASTE = Haste(most=BATCH, linger=0.005, idle=0.05)
AGAIN_SECONDS = 0.5
Take = Callable[[Sequence[bytes]], None]


class Bodies:
    """One queue's bodies, and those its broker gave up on, in batches of up to 500."""

    def __init__(self, amqp_url: str, queue: str, topology: Topology) -> None:
        self._amqp_url, self._queue, self._topology = amqp_url, queue, topology

    def run(self, stop: threading.Event, take: Take, between: Callable[[bool], None]) -> None:
        """Until stopped: `take` each batch, then ack it. After each look `between(idle)` is called in the same thread.

        Errors of the broker are waited out; what `take` and `between` raise ends the run, except the database's errors,
        which are waited out with the batch in hand.
        """
        pause = 0.2
        while not stop.is_set():
            try:
                ensure_queue(self._amqp_url, self._topology, self._queue)
                with consuming(self._amqp_url, self._queue) as line:
                    pause = 0.2
                    self._consume(line, stop, take, between)
            except BROKEN as error:
                log.warning("bodies_interrupted", queue=self._queue, error=type(error).__name__)
                _patiently(between, True)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)

    def _consume(self, line: Line, stop: threading.Event, take: Take, between: Callable[[bool], None]) -> None:
        while not stop.is_set():
            batch = line.gather(HASTE)
            if batch:
                if not self._take(line, stop, take, [body for delivery in batch for body, _ in delivery.parts]):
                    return
                line.ack(batch[-1])
            _patiently(between, not batch)
            line.keep_alive()

    def _take(self, line: Line, stop: threading.Event, take: Take, bodies: list[bytes]) -> bool:
        """Have the batch taken, however long the database is away. False when stopped before."""
        while not stop.is_set():
            try:
                take(bodies)
                return True
            except PyMongoError as error:
                log.warning("bodies_wait_for_database", queue=self._queue, error=type(error).__name__)
                line.keep_alive()
                stop.wait(AGAIN_SECONDS)
        return False


def _patiently(between: Callable[[bool], None], idle: bool) -> None:
    try:
        between(idle)
    except PyMongoError as error:
        log.warning("bodies_wait_for_database", error=type(error).__name__)
