"""Asks to have events told again, and the answer: copies put straight into the queue of the one who asked.

A service answers from its outbox what it told in the last 30 days; the log answers everything, for ever. Copies do no harm,
so an ask may come twice, be answered by both, or be answered late. An ask names events, never their content.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from itertools import islice
from typing import Any

import structlog
from pika.exceptions import UnroutableError
from pika.spec import BasicProperties
from pymongo.errors import PyMongoError

from shared.errors import Busy
from shared.faultpoints import FaultPoints
from shared.messaging.connection import BROKEN, connected
from shared.messaging.flight import Flight
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology, asked_queue, ensure_queue
from shared.messaging.wire import Haste, consuming

log = structlog.get_logger()
LOG = "log"
"""Answers from the audit log what no outbox has any more."""
Doc = dict[str, Any]
Find = Callable[["Ask"], Iterator[Doc]]
"""Gives events as an outbox keeps them ({id, subject, revision, type, body}) in the order in which they were told."""
PAGE = 200
LANDS_WITHIN_SECONDS = 60.0
PATIENCE = timedelta(seconds=60)
"""What is missing for so long, in machine time, does not come by itself."""
LONGEST_PAUSE = timedelta(hours=1)
ONE_ASK = Haste(most=1, linger=0.0, idle=0.5)
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """Which events, and for which queue. Empty parts bound nothing; `first` and `last` are revisions of `subject`."""

    to: str
    subject: str = ""
    first: int = 0
    last: int = 0
    nouns: Sequence[str] = ()
    day: str = ""
    source: str = ""
    """Only what this service told."""
    since: str = ""
    """Only what was recorded at or after this instant, on the wire."""
    mark: str = ""
    """Sent as the last thing (`end_mark`), so that the one who asked knows that this was all."""

    def body(self) -> bytes:
        """As it travels."""
        return json.dumps(asdict(self)).encode()


def read_ask(body: bytes) -> Ask | None:
    """What was asked; None for what is no ask."""
    try:
        found = json.loads(body)
        ask = Ask(**{**found, "nouns": tuple(found["nouns"])})
    except (ValueError, TypeError, KeyError):
        return None
    kinds = all(isinstance(getattr(ask, f.name), int if f.name in ("first", "last") else (str, tuple)) for f in fields(Ask))
    return ask if kinds and ask.to else None


def pause_after(asks: int, patience: timedelta) -> timedelta:
    """How long to wait before the same is asked for again: doubling, an hour at most."""
    doubled: timedelta = patience * 2**asks
    return min(doubled, LONGEST_PAUSE)


def end_mark(mark: str) -> bytes:
    """The body that says: this was all that was asked for by `mark`."""
    return json.dumps({"end": mark}).encode()


def send_ask(amqp_url: str, whom: str, ask: Ask) -> bool:
    """Ask a service, or LOG. False when it has no queue for asks: nobody of that name was ever here. Raises one of BROKEN."""
    try:
        _put(amqp_url, asked_queue(whom), ask.body())
    except UnroutableError:
        return False
    return True


class Answering:
    """Answers what is asked of one service, or of the log. Run by any number of processes; each ask is taken by one."""

    def __init__(self, amqp_url: str, whom: str, find: Find, topology: Topology) -> None:
        self._amqp_url, self._whom, self._find, self._topology = amqp_url, whom, find, topology

    def run(self, stop: threading.Event) -> None:
        """Answer until stopped. An ask that could not be answered comes again."""
        while not stop.is_set():
            try:
                ensure_queue(self._amqp_url, self._topology, asked_queue(self._whom))
                with consuming(self._amqp_url, asked_queue(self._whom), prefetch=1, dead_letters=False) as line:
                    while not stop.is_set():
                        for delivery in line.gather(ONE_ASK):
                            for body, _ in delivery.parts:
                                self.answer(read_ask(body), stop)
                            line.ack(delivery)
            except (*BROKEN, PyMongoError, Busy) as error:
                log.warning("answering_interrupted", whom=self._whom, error=type(error).__name__)
                stop.wait(PAUSE_SECONDS)

    def answer(self, ask: Ask | None, stop: threading.Event) -> int:
        """Put what was asked for into the queue of the one who asked. Returns how many events. Raises one of BROKEN."""
        if ask is None or ask.to not in self._topology.all_queues():
            log.warning("ask_not_understood", whom=self._whom)
            return 0
        sent = deliver(self._amqp_url, ask.to, self._find(ask), stop)
        if ask.subject and sent < ask.last - ask.first + 1 and self._whom != LOG:
            send_ask(self._amqp_url, LOG, ask)
        if ask.mark:
            _put(self._amqp_url, ask.to, end_mark(ask.mark))
        log.info("told_again", whom=self._whom, to=ask.to, events=sent)
        return sent


def deliver(amqp_url: str, queue: str, events: Iterator[Doc], stop: threading.Event) -> int:
    """Put events into a queue, with confirms. Returns how many. Raises ConnectionError when not all of them landed."""
    flight = Flight(lambda rows: True, FaultPoints())
    publisher = Publisher(amqp_url, flight, FaultPoints(), queue=queue)
    done = threading.Event()
    marker = threading.Thread(target=flight.mark_until, args=(done,), name="delivered", daemon=True)
    marker.start()
    sent = 0
    try:
        publisher.wait_ready(10)
        while page := list(islice(events, PAGE)):
            while not flight.room() and not (publisher.lost.is_set() or stop.is_set()):
                publisher.lost.wait(0.002)
            if publisher.lost.is_set() or stop.is_set():
                raise ConnectionError(f"{sent} events went to {queue}, and no more")
            publisher.publish(flight.admit([_row(event) for event in page], lambda row, event: ""))
            sent += len(page)
        flight.wait_landed(LANDS_WITHIN_SECONDS, publisher.lost.is_set)
    finally:
        flight.end(done)
        marker.join(5)
        publisher.close()
    if flight.was_refused() or flight.flies():
        raise ConnectionError(f"not all of {sent} events reached {queue}")
    return sent


def _row(event: Doc) -> Doc:
    return {"_id": event["id"], "count": 1, "events": [event]}


def _put(amqp_url: str, queue: str, body: bytes) -> None:
    with connected(amqp_url) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", queue, body, BasicProperties(delivery_mode=2), mandatory=True)
