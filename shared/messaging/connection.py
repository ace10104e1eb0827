"""Opens connections to the broker for one thread: with heartbeats, with a bound on every wait, closed at the end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError

HEARTBEAT_SECONDS = 20
GOODBYE_SECONDS = 3.0
BROKEN = (AMQPError, OSError)
"""What a lost connection, a lost channel or a broker that is away raises."""


def parameters_of(amqp_url: str, blocked: float = 20.0) -> pika.URLParameters:
    """How every connection is made; one that the broker blocks for `blocked` seconds is given up."""
    parameters = pika.URLParameters(amqp_url)
    parameters.heartbeat, parameters.blocked_connection_timeout = HEARTBEAT_SECONDS, blocked
    parameters.socket_timeout = parameters.stack_timeout = 5
    return parameters


@contextmanager
def connected(amqp_url: str) -> Iterator[BlockingConnection]:
    """A connection for one thread. Raises one of BROKEN."""
    connection = BlockingConnection(parameters_of(amqp_url))
    try:
        yield connection
    finally:
        _say_goodbye(connection)


def _say_goodbye(connection: BlockingConnection) -> None:
    """Close it; a broker that does not answer is left to itself: the process may have to stop."""
    goodbye = threading.Thread(target=_close, args=(connection,), name="goodbye", daemon=True)
    goodbye.start()
    goodbye.join(GOODBYE_SECONDS)


def _close(connection: BlockingConnection) -> None:
    with suppress(*BROKEN):
        if connection.is_open:
            connection.close()
