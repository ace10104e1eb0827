"""What every consumer does on its connection: opens its queue and the one of dead letters, gathers what came, keeps it alive.

Bodies are read raw: nothing is decoded by the client, which would ack what it cannot read (docs/faults.md).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection, Consumer, Queue
from kombu.exceptions import OperationalError
from kombu.message import Message
from pika.exceptions import AMQPError as PikaError

from shared.messaging.topology import parked_queue

HEARTBEAT_SECONDS = 20
BROKEN = (AMQPError, OperationalError, PikaError, OSError)
"""What a lost connection, a lost channel or a broker that is away raises."""


@dataclass(frozen=True, slots=True)
class Haste:
    """How messages are gathered: at most so many, all that comes within `linger` after the first, first waited for `idle`."""

    most: int
    linger: float
    idle: float


def connect(amqp_url: str) -> Connection:
    """A connection with heartbeats; use it as a context manager."""
    return Connection(amqp_url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=5)


def consuming(channel: Any, queue: str, came: Callable[[Message], None], most: int) -> Consumer:
    """A consumer of this queue and of its dead letters, with room for two batches. Enter it to begin."""
    queues = [Queue(name, no_declare=True) for name in (queue, parked_queue(queue))]
    consumer = Consumer(channel, queues, on_message=came, auto_declare=False)
    consumer.qos(prefetch_count=2 * most)
    return consumer


def gather(connection: Connection, came: list[Message], haste: Haste) -> None:
    """Wait for a first message, then take along what comes in the next milliseconds."""
    wait = 0.0 if came else haste.idle
    until = None
    while len(came) < haste.most and drain(connection, max(wait, 0.0001)):
        until = until or time.monotonic() + haste.linger
        wait = until - time.monotonic()
        if wait <= 0:
            return


def drain(connection: Connection, seconds: float) -> bool:
    """Read one frame of what came. False when nothing came in time."""
    try:
        connection.drain_events(timeout=seconds)
    except TimeoutError:
        return False
    return True


def body_of(message: Message) -> bytes:
    """The very bytes that were published."""
    body = message.body
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body)


class Heartbeat:
    """Called often; sends a heartbeat when one is due. kombu sends none by itself, neither when busy nor in a long handler."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._at = 0.0

    def __call__(self) -> None:
        """Keep the connection alive, at most once a second."""
        if time.monotonic() >= self._at:
            self._connection.heartbeat_check()
            self._at = time.monotonic() + 1.0
