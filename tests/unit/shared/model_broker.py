"""A broker in memory: what is on the wire arrives, is routed, confirmed, refused or lost when the history says so.

It is spoken to as the real one is: by the publisher through pika's SelectConnection, by the consumer through a line, by the
watch over the bindings through `declare` and the broker's own view. What it confirmed it never loses.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pika.exceptions import StreamLostError
from pika.spec import Basic, BasicProperties

from shared.healing.broker_view import Present
from shared.ids import new_id
from shared.messaging.parcels import unpack
from shared.messaging.topology import MADE_ANEW, Pair, Topology
from shared.messaging.wire import Delivery


@dataclass(eq=False)
class Message:
    """A copy of a message in one queue. `safe` once its publisher was told so."""

    body: bytes
    redelivered: bool = False
    safe: bool = False


@dataclass
class Answer:
    """What the broker is about to say about one publish."""

    tag: int
    copies: list[Message]
    returned: BasicProperties | None
    refused: bool


class Broker:
    """Queues, bindings with their marks, and every connection and line there is."""

    def __init__(self, topology: Topology) -> None:
        self.queues: dict[str, deque[Message]] = {name: deque() for name in topology.queues}
        self.marks: dict[Pair, str] = dict.fromkeys(topology.bindings(), "first")
        self.connections: list[Connection] = []
        self.lines: list[Line] = []
        self.leader: object = None
        """The relay that has the lease; not the broker's, but it is all relays' common ground."""
        self.term = 0
        """Grows whenever another relay takes the lease."""
        self.full = ""
        """A queue that refuses."""

    def lead_to(self, relay: object) -> None:
        """This relay takes the lease."""
        if self.leader is not relay:
            self.leader, self.term = relay, self.term + 1

    def declare(self, _amqp_url: str, topology: Topology, marks: Mapping[Pair, str] | None = None) -> None:
        """As `topology.declare`."""
        for queue in topology.queues:
            self.queues.setdefault(queue, deque())
        for pair in topology.bindings() if marks is None else marks:
            self.marks.setdefault(pair, (marks or {}).get(pair, ""))

    def ensure_queue(self, amqp_url: str, topology: Topology, queue: str) -> None:
        """As `topology.ensure_queue`."""
        if queue not in self.queues:
            self.declare(amqp_url, topology, {(queue, key): MADE_ANEW + new_id() for key in topology.queues[queue]})

    def present(self) -> Present:
        """As `BrokerView.present`."""
        return Present(set(self.queues), {pair: {mark} for pair, mark in self.marks.items()})

    def connect(self, _parameters: Any, **callbacks: Callable[..., Any]) -> "Connection":
        """As pika's SelectConnection."""
        self.connections.append(Connection(self, callbacks))
        return self.connections[-1]

    def take_in(self, tag: int, key: str, body: bytes, properties: BasicProperties) -> Answer:
        """A message has arrived: one copy for each queue bound to it, but for a full one, which refuses."""
        queues = {queue for queue, bound in self.marks if bound == "#" or key.startswith(bound.removesuffix("#"))}
        copies = [self.add(queue, body) for queue in sorted(queues) if queue != self.full]
        return Answer(tag, copies, None if queues else properties, self.full in queues)

    def add(self, queue: str, body: bytes) -> Message:
        """Put a message at the end of a queue."""
        message = Message(body)
        self.queues[queue].append(message)
        return message

    def lose_queue(self, queue: str) -> None:
        """Somebody deletes a queue, with what lies in it and what its consumers have in hand."""
        for line in self.lines:
            line.cut()
        self.queues.pop(queue, None)
        self.marks = {pair: mark for pair, mark in self.marks.items() if pair[0] != queue}

    def crash(self, keep: int) -> None:
        """All lines end; of what was not confirmed only the first `keep` messages of each queue are there still."""
        for line in self.lines:
            line.cut()
        for name, queue in self.queues.items():
            unsafe = [message for message in queue if not message.safe]
            lost = set(map(id, unsafe[keep:]))
            self.queues[name] = deque(message for message in queue if id(message) not in lost)


class Connection:
    """A publisher's connection and its one channel: nothing moves on it before the history says so."""

    def __init__(self, broker: Broker, callbacks: Mapping[str, Callable[..., Any]]) -> None:
        self._broker, self._callbacks = broker, callbacks
        self.ioloop = self
        self.is_open = True
        self.wire: deque[tuple[int, str, bytes, BasicProperties]] = deque()
        self.answers: list[Answer] = []
        self._calls: deque[Callable[[], Any]] = deque()
        self._tag = 0

    # -- as pika's connection, loop and channel

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def add_callback_threadsafe(self, call: Callable[[], Any]) -> None:
        self._calls.append(call)

    def channel(self, on_open_callback: Callable[[Any], Any]) -> None:
        on_open_callback(self)

    def add_on_close_callback(self, callback: Callable[..., Any]) -> None: ...

    def add_on_return_callback(self, callback: Callable[..., Any]) -> None:
        self._on_return = callback

    def confirm_delivery(self, ack_nack_callback: Callable[[Any], Any], callback: Callable[[Any], Any]) -> None:
        self._on_confirm = ack_nack_callback
        callback(None)

    def basic_publish(self, _exchange: str, key: str, body: bytes, properties: BasicProperties, mandatory: bool) -> None:
        assert mandatory
        self._tag += 1
        self.wire.append((self._tag, key, body, properties))

    # -- as the history moves it

    def open(self) -> None:
        """The broker has accepted."""
        self._callbacks["on_open_callback"](self)

    def arrive(self, most: int) -> None:
        """The loop turns, and so many messages reach the broker."""
        while self._calls:
            self._calls.popleft()()
        for _ in range(min(most, len(self.wire))):
            self.answers.append(self._broker.take_in(*self.wire.popleft()))

    def answer(self, which: int, multiple: bool) -> None:
        """The broker answers one publish, or everything up to it that it took."""
        if not self.answers:
            return
        last = self.answers[which % len(self.answers)]
        multiple = multiple and not any(one.refused for one in self.answers if one.tag <= last.tag)
        answered = [one for one in self.answers if one is last or (multiple and one.tag < last.tag)]
        self.answers = [one for one in self.answers if one not in answered]
        for one in answered:
            if one.returned:
                self._on_return(self, Basic.Return(), one.returned, b"")
        for message in (copy for one in answered if not one.refused for copy in one.copies):
            message.safe = True
        kind = Basic.Nack if last.refused else Basic.Ack
        self._on_confirm(SimpleNamespace(method=kind(delivery_tag=last.tag, multiple=multiple)))

    def cut(self, after: int = 0) -> None:
        """The connection is lost after so many more messages; answers on their way never come."""
        if self.is_open:
            self.arrive(after)
            self.is_open = False
            self.wire.clear()
            self.answers.clear()
            self._callbacks["on_close_callback"](self, StreamLostError())

    def die(self) -> None:
        """The process at this end is gone, with what it had not sent yet."""
        self._calls.clear()
        self.cut()


class Line:
    """A consumer's connection: `gather` gives one batch and has the consumer stop after it. It lives on in between."""

    def __init__(self, broker: Broker, queue: str) -> None:
        self._broker, self._queue = broker, queue
        self._in_hand: deque[tuple[int, Message]] = deque()
        self._given = self._tag = 0
        self.stop = threading.Event()
        self.batch = 0
        self.lose_ack = False
        broker.lines.append(self)

    def prefetch(self, most: int) -> None:
        """Messages come into this consumer's hand."""
        queue = self._broker.queues.get(self._queue, deque())
        for _ in range(min(most, len(queue))):
            self._tag += 1
            self._in_hand.append((self._tag, queue.popleft()))

    def gather(self, _haste: Any) -> list[Delivery]:
        self.stop.set()
        self.prefetch(self.batch - sum(tag > self._given for tag, _ in self._in_hand))
        fresh = [(tag, message) for tag, message in self._in_hand if tag > self._given][: self.batch]
        self._given = fresh[-1][0] if fresh else self._given
        return [Delivery(tag, message.redelivered, unpack(message.body, None)) for tag, message in fresh]

    def ack(self, last: Delivery) -> None:
        if self.lose_ack:
            raise StreamLostError()
        while self._in_hand and self._in_hand[0][0] <= last.tag:
            self._in_hand.popleft()

    def listen(self, _seconds: float) -> None: ...

    def keep_alive(self) -> None: ...

    def cut(self) -> None:
        """The connection is lost: what was in hand comes again, in its place."""
        self.lose_ack = False
        for _tag, message in reversed(self._in_hand):
            message.redelivered = True
            self._broker.queues[self._queue].appendleft(message)
        self._in_hand.clear()

    @contextmanager
    def consuming(self, *_where: Any) -> Iterator["Line"]:
        """As `wire.consuming`; an error ends the connection."""
        try:
            yield self
        except BaseException:
            self.cut()
            raise
