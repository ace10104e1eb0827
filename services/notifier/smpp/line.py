"""The connection to the carrier, kept up for the life of the notifier's worker.

One thread owns the wire, another tells what happened; `submit`, `state`, `start` and `stop` may be called from any thread.
"""

import random
import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.model.sms import split
from services.notifier.smpp import wire
from services.notifier.smpp.connection import Bell, Connection, LineDown
from services.notifier.smpp.flights import Flights, Outgoing
from services.notifier.smpp.happenings import Happening, NotSent
from services.notifier.smpp.inbound import Inbound
from services.notifier.smpp.reporter import Item, Log, Reporter, Tell
from services.notifier.smpp.settings import LineSettings
from shared.clock import MachineClock
from shared.errors import Busy, Conflict, Refused

STEP = 0.1
"""Seconds the wire's thread waits at most before it looks at what is overdue."""


@dataclass(frozen=True, slots=True)
class LineState:
    """For health and metrics. `down_because`: the last reason, also when the line is up again."""

    bound: bool
    waiting: int
    in_flight: int
    window: int
    untold: int
    connections: int
    down_because: str


class Line:
    """Sends messages and tells what becomes of them.

    `tell` gets batches of happenings, on one thread, in order; it commits and returns, or raises and is called again.
    Nothing is remembered over a restart: the caller commits "being sent" before `submit`, and takes what it finds in
    that state at its start as unknown.
    """

    def __init__(self, settings: LineSettings, tell: Tell, clock: MachineClock, log: Log) -> None:
        self._settings, self._clock, self._log = settings, clock, log
        self._flights = Flights(settings.window, settings.answer_within, settings.throttled_for)
        self._inbound = Inbound(settings.part_held, settings.parts_within)
        self._reporter = Reporter(tell, self._settled, settings.batch, log)
        self._changed = threading.Condition()
        self._inbox: deque[Outgoing] = deque()
        self._acks: deque[tuple[Sequence[int], bool]] = deque()
        self._open: set[str] = set()
        self._bound = self._stopping = False
        self._stop = threading.Event()
        self._end_by = 0.0
        self._bell = Bell()
        self._connections = 0
        self._because = ""
        self._reference = random.randrange(256)
        self._thread = threading.Thread(target=self._run, name="smpp-line", daemon=True)

    def start(self) -> None:
        """Connect and go on connecting, in the background."""
        self._reporter.start()
        self._thread.start()

    def stop(self) -> None:
        """Send nothing new, wait for answers within their time, unbind, tell what is left, end."""
        with self._changed:
            self._stopping = True
            self._end_by = self._clock.monotonic() + self._settings.answer_within
            self._changed.notify_all()
        self._stop.set()
        self._bell.ring()
        self._thread.join()
        self._reporter.stop()
        self._bell.close()

    def submit(self, ref: str, to: str, text: str, timeout: float = 5.0) -> None:
        """Hand a message over; what becomes of it is told under `ref` (any text of the caller's, its message id).

        Waits up to `timeout` seconds for the line and for room. Raises, and then nothing was sent: Busy when there is
        none, TooLong when the text has too many parts, Refused for what is no number, Conflict for a ref still open.
        """
        if not re.fullmatch(r"\+?[0-9]{5,20}", to):
            raise Refused.field("to", "phone", "digits only")
        parts = split(text)
        with self._changed:
            if not self._changed.wait_for(self._takes, timeout) or self._stopping:
                raise Busy("the line to the carrier is down or full")
            if ref in self._open:
                raise Conflict("this message is being sent")
            self._open.add(ref)
            self._reference = (self._reference + 1) % 256
            payloads = parts.payloads(self._reference)
            self._inbox.append(Outgoing(ref, to, parts.alphabet.value, payloads, self._clock.monotonic()))
        self._bell.ring()

    def state(self) -> LineState:
        """A picture of now; its numbers may be a moment apart."""
        flights = self._flights
        waiting = flights.waiting + len(self._inbox)
        untold = self._reporter.backlog
        return LineState(self._bound, waiting, flights.flying, int(flights.window), untold, self._connections, self._because)

    def _takes(self) -> bool:
        return self._stopping or (self._bound and len(self._open) < self._settings.capacity)

    def _run(self) -> None:
        pause = self._settings.reconnect[0]
        while not self._stop.is_set():
            began = self._clock.monotonic()
            self._one_connection()
            if self._clock.monotonic() - began > self._settings.enquire_every:
                pause = self._settings.reconnect[0]
            self._stop.wait(pause * (0.5 + random.random()))  # jitter: a county's lines do not all come back at once
            pause = min(self._settings.reconnect[1], pause * 2)

    def _one_connection(self) -> None:
        settings = self._settings
        connection = None
        try:
            connection = Connection(settings, self._bell, self._log)
            self._up(True)
            self._talk(connection)
        except LineDown as down:
            self._because = down.why
            self._log.warning("smpp_line_down", why=down.why)
        except Exception as error:  # a fault of ours must not end the thread: no word would ever be given again
            self._because = type(error).__name__
            self._log.error("smpp_line_fault", kind=self._because)
        finally:
            self._up(False)
            self._give_up_all()
            if connection is not None:
                connection.close()

    def _up(self, bound: bool) -> None:
        with self._changed:
            self._bound = bound
            self._connections += bound
            self._changed.notify_all()

    def _talk(self, connection: Connection) -> None:
        """Until the line breaks (LineDown) or all is answered after `stop`."""
        heard = asked = self._clock.monotonic()
        while not (self._stop.is_set() and (self._quiet() or self._clock.monotonic() > self._end_by)):
            self._take_in()
            if self._stop.is_set():
                self._tell(self._flights.withdraw())
            self._put_on_wire(connection)
            connection.wait(STEP)
            now = self._clock.monotonic()
            for pdu in connection.pdus():
                heard = now
                self._handle(connection, pdu, now)
            self._tell(self._flights.overdue(now))
            self._reporter.put(self._inbound.overdue(now))
            self._acknowledge(connection, now)
            if now - max(heard, asked) > self._settings.enquire_every:
                asked = now
                connection.send(wire.request("enquire_link", connection.sequence).generate())
            if asked > heard and now - asked > self._settings.answer_within:
                raise LineDown("silent")
        connection.send(wire.request("unbind", connection.sequence).generate())
        connection.wait(STEP)

    def _quiet(self) -> bool:
        """After `stop`: nothing on the wire or untold, and everything acknowledged that can be."""
        flights = self._flights
        return not (flights.flying or flights.waiting or self._inbox or self._reporter.backlog or self._acks)

    def _take_in(self) -> None:
        while self._inbox:
            self._flights.add(self._inbox.popleft())

    def _put_on_wire(self, connection: Connection) -> None:
        now = self._clock.monotonic()
        while connection.has_room and (flight := self._flights.next(now)):
            message = flight.message
            pdu = wire.submit(
                connection.sequence,
                self._settings.source,
                message.to,
                message.coding,
                message.payloads[flight.index],
                long=len(message.payloads) > 1,
            )
            self._flights.sent(flight, pdu.sequence, now)
            connection.send(pdu.generate())

    def _handle(self, connection: Connection, pdu: Any, now: float) -> None:
        command, sequence, status = pdu.command, pdu.sequence, pdu.status
        if command in ("submit_sm_resp", "generic_nack"):
            carrier_id = wire.text_of(getattr(pdu, "message_id", b""))
            self._tell(self._flights.answered(sequence, status, carrier_id, now))
        elif command == "deliver_sm":
            self._reporter.put(self._inbound.take(pdu, now))
        elif command == "enquire_link":
            connection.send(wire.respond("enquire_link_resp", sequence))
        elif command == "unbind":
            connection.send(wire.respond("unbind_resp", sequence))
            connection.wait(0)
            raise LineDown("unbound")

    def _acknowledge(self, connection: Connection, now: float) -> None:
        """Send the deliver_sm_resp of what is told, and of parts whose message takes too long."""
        while self._acks:
            tickets, told = self._acks.popleft()
            for sequence in self._inbound.sequences(tickets):
                connection.send(wire.respond("deliver_sm_resp", sequence, wire.OK if told else wire.TRY_AGAIN))
        for sequence in self._inbound.to_acknowledge(now):
            connection.send(wire.respond("deliver_sm_resp", sequence))

    def _settled(self, tickets: Sequence[int], told: bool) -> None:
        """From the reporter's thread."""
        if tickets:
            self._acks.append((tickets, told))
            self._bell.ring()

    def _tell(self, happened: Sequence[Happening]) -> None:
        if not happened:
            return
        with self._changed:
            self._open.difference_update(word.ref for word in happened if hasattr(word, "ref"))
            self._changed.notify_all()
        self._reporter.put([Item(word) for word in happened])

    def _give_up_all(self) -> None:
        """The connection is gone: one word for every open message."""
        with self._changed:
            unsent = [NotSent(message.ref) for message in self._inbox]
            self._inbox.clear()
        self._tell([*self._flights.lost(), *unsent])
        self._inbound.cut_off()
