"""A connection that takes messages: opens a queue and the one of its dead letters, gathers what came, acks, stays alive.

Bodies are the very bytes that were published; nothing here decodes them. Used in one thread: heartbeats go out only while
something is asked of the connection, so a long piece of work calls `keep_alive` in between.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ConsumerCancelled
from pika.spec import Basic, BasicProperties

from shared.messaging.connection import connected
from shared.messaging.topology import parked_queue


@dataclass(frozen=True, slots=True)
class Haste:
    """How messages are gathered: at most so many, all that comes within `linger` after the first, first waited for `idle`."""

    most: int
    linger: float
    idle: float


class Delivery(NamedTuple):
    """A message as it came."""

    tag: int
    redelivered: bool
    traceparent: object
    body: bytes


class Line:
    """A consuming connection. Every method raises one of BROKEN when it is lost, or its queue is."""

    def __init__(self, connection: BlockingConnection, channel: BlockingChannel) -> None:
        self._connection, self._channel = connection, channel
        self._came: deque[Delivery] = deque()
        self._cancelled = False
        self._alive_until = 0.0

    def gather(self, haste: Haste) -> list[Delivery]:
        """Wait for a first message, then take along what comes in the next milliseconds and what lies there already."""
        if not self._came:
            self.listen(haste.idle)
        until = time.monotonic() + haste.linger
        while self._came and len(self._came) < haste.most:
            before, left = len(self._came), until - time.monotonic()
            self.listen(max(0.0, left))
            if len(self._came) == before and left <= 0:
                break
        return [self._came.popleft() for _ in range(min(haste.most, len(self._came)))]

    def listen(self, seconds: float) -> None:
        """Read what comes, for so long or until something came."""
        self._connection.process_data_events(seconds)
        if self._cancelled or not self._channel.is_open:  # it says nothing of either by itself
            raise ConsumerCancelled("the queue or its channel is gone")

    def ack(self, last: Delivery) -> None:
        """Everything up to this delivery is taken over."""
        self._channel.basic_ack(last.tag, multiple=True)

    def keep_alive(self) -> None:
        """Send a heartbeat when one is due. Cheap: called between any two events."""
        if time.monotonic() >= self._alive_until:
            self.listen(0)
            self._alive_until = time.monotonic() + 1.0

    def take(self, _channel: Any, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
        """Called by the connection for each message."""
        self._came.append(
            Delivery(method.delivery_tag, method.redelivered, (properties.headers or {}).get("traceparent"), body)
        )

    def cancel(self, _method: Any) -> None:
        """Called by the connection when the broker ends a consumer, as it does when a queue is deleted."""
        self._cancelled = True


@contextmanager
def consuming(amqp_url: str, queue: str, most: int, *, dead_letters: bool = True) -> Iterator[Line]:
    """A line to this queue, and to its dead letters if it has any, with room for two batches.

    At its end nothing that was not acked is lost. Raises one of BROKEN.
    """
    with connected(amqp_url) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=2 * most)
        line = Line(connection, channel)
        channel.add_on_cancel_callback(line.cancel)
        for name in (queue, parked_queue(queue)) if dead_letters else (queue,):
            channel.basic_consume(name, line.take)
        yield line
