"""dramatiq as its guide has it for RabbitMQ: confirms on, acked after the work, prefetch twice its threads.

Its queues are classic: it lets nobody choose.
"""

import threading
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from tests.bench.peers.store import Store, amqp_url

QUEUE = "events"
dramatiq.set_broker(RabbitmqBroker(url=amqp_url(), confirm_delivery=True))
_lock = threading.Lock()
_stores: list[Store] = []


@dramatiq.actor(queue_name=QUEUE, max_retries=3)
def note(event: dict[str, Any]) -> None:
    """The handler."""
    _store().note(event)


def publisher(callers: int) -> Callable[[dict[str, Any]], None]:
    """What a caller does after its write; a connection for each thread, as dramatiq keeps them."""

    def publish(event: dict[str, Any]) -> None:
        note.send(event)

    return publish


def _store() -> Store:
    """Opened by the first message: the worker forks after the import."""
    with _lock:
        if not _stores:
            _stores.append(Store())
        return _stores[0]
