"""Publishes outbox entries with pipelined confirms: pika's SelectConnection in a thread of its own.

Delivery tags start anew with each connection, so nothing is remembered across one: what was in flight is simply untold
still, and the relay finds it again. Persistent, mandatory, never inside a transaction.
"""

import threading
from collections.abc import Callable
from typing import Any

import pika
import structlog
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from shared.events.envelope import CONTENT_TYPE
from shared.messaging.topology import EXCHANGE

Doc = dict[str, Any]
log = structlog.get_logger()


class Publisher:
    """One connection's life. `confirmed` is called in the connection's thread with ids; `lost` once, when it ends."""

    def __init__(self, amqp_url: str, *, confirmed: Callable[[list[str]], None], refused: Callable[[str, str], None]) -> None:
        self._confirmed, self._refused = confirmed, refused
        self._ready, self.lost = threading.Event(), threading.Event()
        self._in_flight: dict[int, str] = {}
        self._returned: set[str] = set()
        self._next_tag = 1
        self._channel: Channel | None = None
        parameters = pika.URLParameters(amqp_url)
        parameters.heartbeat = 20
        parameters.blocked_connection_timeout = 30
        self._connection = SelectConnection(
            parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_open_error_callback=lambda _c, error: self._end(error),
            on_close_callback=lambda _c, reason: self._end(reason),
        )
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def wait_ready(self, seconds: float) -> bool:
        """Whether the channel opened in time."""
        return self._ready.wait(seconds) and not self.lost.is_set()

    @property
    def in_flight(self) -> int:
        """How many entries the broker has not answered yet."""
        return len(self._in_flight)

    def publish(self, entries: list[Doc]) -> None:
        """Hand entries to the connection's thread, in order. What is lost with the connection stays untold."""
        if not self.lost.is_set():
            self._connection.ioloop.add_callback_threadsafe(lambda: self._publish(entries))

    def close(self) -> None:
        """End the connection and its thread."""
        if not self.lost.is_set():
            self._connection.ioloop.add_callback_threadsafe(self._connection.close)
        self._thread.join(5)

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as error:  # pika raises many kinds here; each means the same: this connection is over
            self._end(error)

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _channel, reason: self._end(reason))
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _frame: self._ready.set())

    def _publish(self, entries: list[Doc]) -> None:
        if self._channel is None or not self._channel.is_open:
            return
        for entry in entries:
            properties = BasicProperties(
                content_type=CONTENT_TYPE, delivery_mode=2, message_id=entry["_id"], headers=_trace(entry)
            )
            self._in_flight[self._next_tag] = entry["_id"]
            self._next_tag += 1
            self._channel.basic_publish(EXCHANGE, entry["type"], entry["body"], properties, mandatory=True)

    def _on_return(self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes) -> None:
        self._returned.add(properties.message_id)

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tags = [t for t in self._in_flight if t <= method.delivery_tag] if method.multiple else [method.delivery_tag]
        ids = [self._in_flight.pop(tag) for tag in tags if tag in self._in_flight]
        nacked = isinstance(method, Basic.Nack)
        for entry_id in ids:
            if nacked or entry_id in self._returned:
                self._refused(entry_id, "nacked" if nacked else "no queue is bound")
        good = [] if nacked else [i for i in ids if i not in self._returned]
        self._returned.difference_update(ids)
        if good:
            self._confirmed(good)

    def _end(self, reason: Any) -> None:
        if not self.lost.is_set():
            log.warning("publisher_ended", reason=type(reason).__name__)
        self.lost.set()
        self._ready.set()
        self._connection.ioloop.stop()


def _trace(entry: Doc) -> dict[str, str] | None:
    return {"traceparent": entry["traceparent"]} if "traceparent" in entry else None
