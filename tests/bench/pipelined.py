"""Brings bodies to a queue as fast as pika and the broker can: persistent, confirmed, up to a thousand on their way.

The limit of the part, and the way to fill a queue. No outbox, no marks: nothing here is safe by itself.
"""

import threading
import time
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from pika import BasicProperties, BlockingConnection, SelectConnection, URLParameters
from pika.channel import Channel

ON_THEIR_WAY = 1_000
AT_ONCE = 100
WITHIN_SECONDS = 180
QUORUM = {"x-queue-type": "quorum"}


class Pipeline:
    """One connection's life: publishes what `bodies` yields, and knows what is not confirmed yet."""

    def __init__(self, amqp_url: str, queue: str, bodies: Iterator[bytes]) -> None:
        self._queue, self._bodies = queue, bodies
        self._published = 0
        self._flying: dict[int, None] = {}
        self._exhausted = False
        self._over = threading.Event()
        self._connection = SelectConnection(
            URLParameters(amqp_url),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_close_callback=lambda _connection, _reason: self._end(),
            on_open_error_callback=lambda _connection, _error: self._end(),
        )

    def run(self) -> float:
        """Publish all. Returns the seconds from the first publish to the last confirm; AssertionError when some are not."""
        start = time.monotonic()
        thread = threading.Thread(target=self._connection.ioloop.start, name="pipeline", daemon=True)
        thread.start()
        assert self._over.wait(WITHIN_SECONDS), "the broker did not confirm all"
        spent = time.monotonic() - start
        thread.join(5)
        assert self._exhausted and not self._flying, "the connection ended before"
        return spent

    def _opened(self, channel: Channel) -> None:
        def confirmed(frame: Any) -> None:
            tag = frame.method.delivery_tag
            for each in list(takewhile(lambda each: each <= tag, self._flying)) if frame.method.multiple else [tag]:
                del self._flying[each]
            self._fill(channel)

        channel.confirm_delivery(confirmed, callback=lambda _frame: self._fill(channel))

    def _fill(self, channel: Channel) -> None:
        if not self._exhausted and len(self._flying) <= ON_THEIR_WAY - AT_ONCE:
            some = list(islice(self._bodies, AT_ONCE))
            self._exhausted = len(some) < AT_ONCE
            for body in some:
                channel.basic_publish("", self._queue, body, BasicProperties(delivery_mode=2))
                self._published += 1
                self._flying[self._published] = None
        if self._exhausted and not self._flying:
            self._connection.close()

    def _end(self) -> None:
        self._over.set()
        self._connection.ioloop.stop()


def publish_all(amqp_url: str, queue: str, bodies: Iterator[bytes]) -> float:
    """Bring all bodies to a queue that is there. Returns the seconds it took."""
    return Pipeline(amqp_url, queue, bodies).run()


def make_queue(amqp_url: str, queue: str) -> None:
    """A quorum queue."""
    with BlockingConnection(URLParameters(amqp_url)) as connection:
        connection.channel().queue_declare(queue, durable=True, arguments=QUORUM)
