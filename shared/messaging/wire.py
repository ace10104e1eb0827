"""A connection that takes messages: opens a queue and the one of its dead letters, gathers what came, acks, stays alive.

Bodies are the very bytes that were told; nothing here decodes them. Used in one thread: heartbeats go out only while
something is asked of the connection, so a long piece of work calls `keep_alive` in between.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ConsumerCancelled
from pika.spec import Basic, BasicProperties

from shared.messaging.connection import connected
from shared.messaging.parcels import TRACEPARENT, Part, unpack
from shared.messaging.topology import parked_queue

PREFETCH = 500
"""Messages in hand at most: with `parcels.MOST_BYTES` this bounds a listener's memory."""


@dataclass(frozen=True, slots=True)
class Haste:
    """How events are gathered: at most so many, all that come within `linger` after the first, first waited for `idle`."""

    most: int
    linger: float
    idle: float


class Delivery(NamedTuple):
    """A message as it came."""

    tag: int
    redelivered: bool
    parts: Sequence[Part]


class Line:
    """A consuming connection. Every method raises one of BROKEN when it is lost, or its queue is."""

    def __init__(self, connection: BlockingConnection, channel: BlockingChannel) -> None:
        self._connection, self._channel = connection, channel
        self._came: deque[Delivery] = deque()
        self._events = 0
        self._cancelled = False
        self._alive_until = 0.0

    def gather(self, haste: Haste) -> list[Delivery]:
        """Wait for a first message, then take along what comes in the next milliseconds and what lies there already."""
        if not self._came:
            self.listen(haste.idle)
        until = time.monotonic() + haste.linger
        while self._came and self._events < haste.most:
            before, left = self._events, until - time.monotonic()
            self.listen(max(0.0, left))
            if self._events == before and left <= 0:
                break
        return list(self._take_whole(haste.most))

    def _take_whole(self, most: int) -> Iterator[Delivery]:
        """Whole messages, with so many events at most; one at least if any came."""
        taken = 0
        while self._came and (not taken or taken + len(self._came[0].parts) <= most):
            delivery = self._came.popleft()
            taken += len(delivery.parts)
            self._events -= len(delivery.parts)
            yield delivery

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
        parts = unpack(body, (properties.headers or {}).get(TRACEPARENT))
        self._events += len(parts)
        self._came.append(Delivery(method.delivery_tag, method.redelivered, parts))

    def cancel(self, _method: Any) -> None:
        """Called by the connection when the broker ends a consumer, as it does when a queue is deleted."""
        self._cancelled = True


@contextmanager
def consuming(amqp_url: str, queue: str, *, dead_letters: bool = True, prefetch: int = PREFETCH) -> Iterator[Line]:
    """A line to this queue, and to its dead letters if it has any.

    At its end nothing that was not acked is lost. Raises one of BROKEN.
    """
    with connected(amqp_url) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=prefetch)
        line = Line(connection, channel)
        channel.add_on_cancel_callback(line.cancel)
        for name in (queue, parked_queue(queue)) if dead_letters else (queue,):
            channel.basic_consume(name, line.take)
        yield line
