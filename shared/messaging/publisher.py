"""Publishes outbox rows with pipelined confirms: pika's SelectConnection in a thread of its own.

Delivery tags start anew with each connection, so nothing is remembered across one: what was in flight is simply untold
still, and the relay finds it again. Persistent, mandatory, never inside a transaction.
"""

import threading
from collections.abc import Sequence
from typing import Any

import structlog
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from shared.events.envelope import CONTENT_TYPE
from shared.faultpoints import FaultPoints
from shared.messaging.connection import parameters_of
from shared.messaging.flight import Flight, Flying
from shared.messaging.parcels import Parcel, pack
from shared.messaging.topology import EXCHANGE

Doc = dict[str, Any]
log = structlog.get_logger()


class Publisher:
    """One connection's life. Tells `flight` what was confirmed and refused, in the connection's thread; `lost` when it ends."""

    def __init__(self, amqp_url: str, flight: Flight, faults: FaultPoints, queue: str = "") -> None:
        """`queue`: publish straight into this one, and not to the exchange by type."""
        self._flight, self._faults = flight, faults
        self._ready, self.lost = threading.Event(), threading.Event()
        self._in_flight: dict[int, Parcel] = {}
        self._returned: set[str] = set()
        self._next_tag = 1
        self._queue, self._closing = queue, False
        self._channel: Channel | None = None
        self._connection = SelectConnection(
            parameters_of(amqp_url, blocked=30.0),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_open_error_callback=lambda _c, error: self._end(error),
            on_close_callback=lambda _c, reason: self._end(reason),
        )
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def wait_ready(self, seconds: float) -> bool:
        """Whether the channel opened in time."""
        return self._ready.wait(seconds) and not self.lost.is_set()

    def publish(self, rows: Sequence[tuple[Flying, Doc]]) -> None:
        """Hand rows to the connection's thread, in order. What is lost with the connection stays untold."""
        if rows and not self.lost.is_set():
            parcels = pack(rows, self._key_of)
            self._connection.ioloop.add_callback_threadsafe(lambda: self._publish(parcels))

    def close(self) -> None:
        """End the connection and its thread; a broker that does not answer (blocked, hung) is left to itself after 3 s."""
        loop, self._closing = self._connection.ioloop, True
        if not self.lost.is_set():
            loop.add_callback_threadsafe(self._close)
            self._thread.join(3)
        if self._thread.is_alive():
            loop.add_callback_threadsafe(loop.stop)
            self._thread.join(2)

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as error:  # pika raises many kinds here; each means the same: this connection is over
            self._end(error)

    def _close(self) -> None:
        if self._connection.is_open:
            self._connection.close()

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _channel, reason: self._end(reason))
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _frame: self._ready.set())

    def _key_of(self, event: Doc) -> str:
        return self._queue or str(event["type"])

    def _publish(self, parcels: Sequence[Parcel]) -> None:
        if self._channel is None or not self._channel.is_open:
            return
        for parcel in parcels:
            self._in_flight[self._next_tag] = parcel
            self._next_tag += 1
            properties = BasicProperties(
                content_type=CONTENT_TYPE, delivery_mode=2, message_id=parcel.first, headers=parcel.headers()
            )
            exchange = "" if self._queue else EXCHANGE
            self._channel.basic_publish(exchange, parcel.key, parcel.body(), properties, mandatory=True)
        self._faults.passing("after_publish")

    def _on_return(self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes) -> None:
        self._returned.add(properties.message_id)

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tags = [t for t in self._in_flight if t <= method.delivery_tag] if method.multiple else [method.delivery_tag]
        good: list[Flying] = []
        for parcel in (self._in_flight.pop(tag) for tag in tags if tag in self._in_flight):
            if isinstance(method, Basic.Nack):
                self._flight.refuse(parcel.rows, "nacked")
            elif parcel.first in self._returned:
                self._returned.discard(parcel.first)
                self._flight.refuse(parcel.rows, "no queue is bound")
            else:
                good += parcel.rows
        if good:
            self._flight.confirm(good)

    def _end(self, reason: Any) -> None:
        if not (self.lost.is_set() or self._closing):
            log.warning("publisher_ended", reason=type(reason).__name__)
        self.lost.set()
        self._ready.set()
        self._connection.ioloop.stop()
