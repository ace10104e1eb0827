"""Exchange, queues and bindings: one table, declared idempotently, checked against the broker's own list.

A binding that is gone is found only by asking: with another queue bound to the same key the broker confirms a publish and
returns nothing (docs/faults.md). Works on RabbitMQ 3.10 to 4.x: quorum queues, delivery limit and dead letters explicit.
"""

import base64
import json
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from shared.errors import Busy
from shared.ids import new_id
from shared.messaging.connection import connected
from shared.messaging.outbox import EVERYTHING

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


@dataclass(frozen=True)
class Present:
    """What the broker has: its queues, and the marks under which each pair is bound (a plain binding's mark is empty)."""

    queues: set[str]
    marks: Mapping[Pair, set[str]]


@dataclass(frozen=True, slots=True)
class Length:
    """How many messages lie in a queue: ready to be taken, and taken but not acknowledged."""

    ready: int
    unacked: int


class BrokerView:
    """What the broker itself says, over its management API."""

    def __init__(self, management_url: str, vhost: str, timeout: float = 5.0) -> None:
        self._timeout = timeout
        parts = urlsplit(management_url)
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self._vhost = quote(vhost, safe="")
        secret = f"{parts.username or 'guest'}:{parts.password or 'guest'}".encode()
        self._headers = {"Authorization": "Basic " + base64.b64encode(secret).decode()}

    def present(self) -> Present:
        """Queues and bindings of our exchange as they are now. Raises Busy when the broker cannot be asked."""
        try:
            queues = self._get(f"/queues/{self._vhost}?columns=name")
            bindings = self._get(f"/exchanges/{self._vhost}/{EXCHANGE}/bindings/source")
        except HTTPError as error:
            if error.code == 404:  # no exchange yet: a fresh broker
                return Present({row["name"] for row in queues}, {})
            raise Busy("the broker's management refuses us") from error
        except (OSError, ValueError, HTTPException) as error:
            raise Busy("the broker's management cannot be asked") from error
        marks: dict[Pair, set[str]] = defaultdict(set)
        for row in bindings:
            marks[row["destination"], row["routing_key"]].add(row["arguments"].get(MARK, ""))
        return Present({row["name"] for row in queues}, dict(marks))

    def lengths(self) -> dict[str, Length]:
        """Queues by name, as the broker counted them within the last seconds; one it has not counted yet is left out.

        Raises Busy when the broker cannot be asked.
        """
        try:
            rows = self._get(f"/queues/{self._vhost}?columns=name,messages_ready,messages_unacknowledged")
        except (OSError, ValueError, HTTPException) as error:
            raise Busy("the broker's management cannot be asked") from error
        counted = [row for row in rows if {"messages_ready", "messages_unacknowledged"} <= row.keys()]
        return {row["name"]: Length(row["messages_ready"], row["messages_unacknowledged"]) for row in counted}

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(self._base + path, headers=self._headers)
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            return json.load(answer)
