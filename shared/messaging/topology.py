"""Exchange, queues and bindings: one table, declared idempotently, checked against the broker's own list.

A binding that is gone is found only by asking: with another queue bound to the same key the broker confirms a publish and
returns nothing (docs/faults.md). Works on RabbitMQ 3.10 to 4.x: quorum queues, delivery limit and dead letters explicit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from shared.ids import new_id
from shared.messaging.connection import connected
from shared.units.outbox import EVERYTHING

EXCHANGE = "springrain.events"
BEATS = "springrain.beats"
DELIVERY_LIMIT = 20
MARK = "springrain-mark"
MADE_ANEW, PUT_BACK = "new:", "back:"
"""How a binding's mark begins: its queue lost what lay in it, or was there all the time."""
Pair = tuple[str, str]
"""A queue and a key it is bound by."""


@dataclass(frozen=True)
class Topology:
    """Which queue follows which nouns. `queues` maps a queue's name to its binding keys; `apart` are bound to nothing."""

    queues: Mapping[str, Sequence[str]] = field(default_factory=dict)
    apart: Sequence[str] = ()

    @classmethod
    def of(cls, follows: Mapping[str, Sequence[str]], logs: Sequence[str] = ()) -> "Topology":
        """From the nouns each service follows; `logs` names queues that get everything."""
        queues = {f"{name}.events": [f"{noun}.#" for noun in sorted(nouns)] for name, nouns in follows.items()}
        names = [*follows, *(["log"] if logs else [])]
        apart = [*(asked_queue(name) for name in names), *(recalled_queue(name) for name in follows)]
        return cls({**queues, **{name: [EVERYTHING] for name in logs}}, apart)

    def all_queues(self) -> set[str]:
        """The names of all queues that take events."""
        return {*self.queues, *self.apart}

    def follows(self, queue: str) -> list[str]:
        """The nouns a queue is bound by."""
        return [key.removesuffix(".#") for key in self.queues.get(queue, ())]

    def bindings(self) -> set[Pair]:
        """All pairs that must be there."""
        return {(queue, key) for queue, keys in self.queues.items() for key in keys}


def parked_queue(queue: str) -> str:
    """Where the broker lays what it gave up on; emptied into the database by the queue's consumer."""
    return queue.removesuffix(".events") + ".parked"


def asked_queue(whom: str) -> str:
    """Where a service, or the log, is asked to tell events again."""
    return f"{whom}.asked"


def recalled_queue(service: str) -> str:
    """Where a restored service gets its own events back."""
    return f"{service}.recalled"


def declare(amqp_url: str, topology: Topology, marks: Mapping[Pair, str] | None = None) -> None:
    """Put everything in place; with `marks`, bind only those pairs, each under its mark. Harmless when it is there already.

    Raises pika's errors when the broker is away; waits for it no longer than half a minute.
    """
    with connected(amqp_url) as connection:
        channel = connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.exchange_declare(BEATS, "fanout", durable=True)
        for queue in topology.queues:
            _declare_queue(channel, queue)
        for queue in topology.apart:
            _declare_plain(channel, queue)
        for queue, key in sorted(topology.bindings() if marks is None else marks):
            arguments = {MARK: marks[queue, key]} if marks else None
            channel.queue_bind(queue, EXCHANGE, key, arguments=arguments)


def ensure_queue(amqp_url: str, topology: Topology, queue: str) -> None:
    """Before consuming: if the queue is not there, put everything in place, its bindings marked as made anew.

    So each relay sees that what lay in it was lost, whoever made it again. Raises one of BROKEN.
    """
    with connected(amqp_url) as connection:
        try:
            connection.channel().queue_declare(queue, passive=True)
            return
        except ChannelClosedByBroker:
            pass
    anew = {(queue, key): MADE_ANEW + new_id() for key in topology.queues.get(queue, ())}
    declare(amqp_url, topology, anew)


def _declare_queue(channel: BlockingChannel, queue: str) -> None:
    parked = parked_queue(queue)
    _declare_plain(channel, parked)
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": parked,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.queue_declare(queue, durable=True, arguments=arguments)


def _declare_plain(channel: BlockingChannel, queue: str) -> None:
    """A queue that keeps what it has: its own consumer judges what cannot be handled."""
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000})
