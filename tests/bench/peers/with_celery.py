"""celery as its guide has it when nothing may be lost: quorum queue, confirms on, acked late, no results kept."""

import threading
from collections.abc import Callable
from typing import Any

from celery import Celery

from tests.bench.peers.store import Store, amqp_url

app = Celery("peers", broker=amqp_url())
app.conf.update(
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue="events",
    task_default_queue_type="quorum",
    task_ignore_result=True,
    worker_detect_quorum_queues=True,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=4,
)
_lock = threading.Lock()
_stores: list[Store] = []


@app.task(name="note")
def note(event: dict[str, Any]) -> None:
    """The handler."""
    _store().note(event)


def publisher(callers: int) -> Callable[[dict[str, Any]], None]:
    """What a caller does after its write; a pooled connection for each."""
    app.conf.broker_pool_limit = callers + 1

    def publish(event: dict[str, Any]) -> None:
        note.apply_async((event,))

    return publish


def _store() -> Store:
    """Opened by the first message: a worker may fork after the import."""
    with _lock:
        if not _stores:
            _stores.append(Store())
        return _stores[0]
