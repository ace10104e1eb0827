"""Beats: every ten seconds each service says that it lives, how old its oldest untold entry is, and how much it told.

A transient message, no event: nothing is lost with it. A minute of silence is a concern.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from pika.adapters.blocking_connection import BlockingConnection
from pika.spec import BasicProperties

from shared.clock import MachineClock
from shared.messaging.connection import connected
from shared.messaging.topology import BEATS
from shared.units.outbox import Outbox

log = structlog.get_logger()
EVERY_SECONDS = 10.0
SILENT_AFTER_SECONDS = 60.0
TRANSIENT = BasicProperties(content_type="application/json", delivery_mode=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """One sign of life. `oldest_seconds` is the age of the oldest untold entry, 0 when none waits."""

    service: str
    oldest_seconds: int
    waiting: int


class BeatSender:
    """Sends this service's beats until stopped. A broker that is away only makes it wait."""

    def __init__(self, service: str, outbox: Outbox, amqp_url: str, clock: MachineClock) -> None:
        self._service, self._outbox, self._amqp_url, self._clock = service, outbox, amqp_url, clock

    def run(self, stop: threading.Event) -> None:
        """Beat until stopped."""
        while not stop.is_set():
            try:
                with connected(self._amqp_url) as connection:
                    channel = connection.channel()
                    while not stop.is_set():
                        channel.basic_publish(BEATS, "", self._beat(), TRANSIENT)
                        stop.wait(EVERY_SECONDS)
                        connection.process_data_events(0)
            except Exception as error:  # a beat that cannot be sent is silence, and silence is what it tells
                log.warning("beat_not_sent", error=type(error).__name__)
                stop.wait(EVERY_SECONDS)

    def _beat(self) -> str:
        age = self._outbox.oldest_seconds(self._clock)
        return json.dumps({"service": self._service, "oldest_seconds": age, "waiting": self._outbox.backlog(10_000)})


class BeatListener:
    """Hears the beats of all services and calls `heard` with each."""

    def __init__(self, amqp_url: str, heard: Callable[[Beat], None]) -> None:
        self._amqp_url, self._heard = amqp_url, heard

    def run(self, stop: threading.Event) -> None:
        """Listen until stopped."""
        while not stop.is_set():
            try:
                with connected(self._amqp_url) as connection:
                    self._listen(connection, stop)
            except Exception as error:  # as above: silence is the sign
                log.warning("beats_not_heard", error=type(error).__name__)
                stop.wait(2.0)

    def _listen(self, connection: BlockingConnection, stop: threading.Event) -> None:
        channel = connection.channel()
        channel.exchange_declare(BEATS, "fanout", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, BEATS)
        channel.basic_consume(queue, self._on_message, auto_ack=True)
        while not stop.is_set() and channel.is_open:
            connection.process_data_events(0.5)

    def _on_message(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        try:
            beat = Beat(**json.loads(body))
        except (ValueError, TypeError):
            log.warning("beat_not_understood")
            return
        self._heard(beat)
