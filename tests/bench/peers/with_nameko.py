"""nameko as its guide has it: an event handler of a service, told by the standalone dispatcher with confirms, acked after.

Its queues are classic: it lets nobody choose. The worker is `nameko run`, green threads in one process.
"""

from collections.abc import Callable
from typing import Any

from kombu import pools
from nameko.events import event_handler
from nameko.extensions import DependencyProvider
from nameko.standalone.events import event_dispatcher

from tests.bench.peers.store import AMQP_URL, Store, amqp_url

TELLER, TYPE = "registry", "event"
assert AMQP_URL == "PEER_AMQP_URL", "nameko.yaml names it"


class StoreProvider(DependencyProvider):
    """Hands the handler its database."""

    def setup(self) -> None:
        """Once for the service."""
        self._store = Store()

    def get_dependency(self, worker_ctx: Any) -> Store:
        """The same for each message."""
        return self._store


class Listener:
    """The service."""

    name = "scheduler"
    store = StoreProvider()

    @event_handler(TELLER, TYPE)
    def note(self, event: dict[str, Any]) -> None:
        """The handler."""
        self.store.note(event)


def publisher(callers: int) -> Callable[[dict[str, Any]], None]:
    """What a caller does after its write; a pooled connection for each."""
    pools.set_limit(callers + 1)
    dispatch = event_dispatcher({"AMQP_URI": amqp_url()}, use_confirms=True)

    def publish(event: dict[str, Any]) -> None:
        dispatch(TELLER, TYPE, event)

    return publish
