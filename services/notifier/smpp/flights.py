"""Which part of which message is waiting, on the wire, or settled. Pure bookkeeping; machine time is passed in.

Used by the line's thread alone. The promise of `happenings.py` (one word per ref) is kept here.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from services.notifier.smpp.happenings import Accepted, Happening, NotSent, Refused, Throttled, Unknown
from services.notifier.smpp.wire import OK
from services.notifier.smpp.wire import THROTTLED as SLOW_DOWN

MOST_LATE = 10_000
"""Overdue submits whose late answer is still recognised."""
PAUSE = (0.5, 30.0)
"""First and longest pause, in seconds, after "slow down"."""


@dataclass(slots=True)
class Outgoing:
    """One message in parts. `told`: its word has been given."""

    ref: str
    to: str
    coding: int
    payloads: list[bytes]
    since: float
    ids: dict[int, str] = field(default_factory=dict)
    on_wire: int = 0
    told: bool = False
    closed: bool = False
    """Answered for good: nothing about it is told any more, however late."""

    def carrier_ids(self) -> tuple[str, ...]:
        """Ids of the parts taken, in order."""
        return tuple(self.ids[index] for index in sorted(self.ids))

    @property
    def touched(self) -> bool:
        """Whether any part may be with the carrier."""
        return self.on_wire > 0 or bool(self.ids)


@dataclass(slots=True)
class Flight:
    """One part: waiting, or on the wire since `sent_at`."""

    message: Outgoing
    index: int
    sent_at: float = 0.0


class Flights:
    """The window. It halves at "slow down" and grows by one with each part taken, up to `window`."""

    def __init__(self, window: int, answer_within: float, throttled_for: float) -> None:
        self._most, self._answer_within, self._throttled_for = window, answer_within, throttled_for
        self._waiting: deque[Flight] = deque()
        self._flying: dict[int, Flight] = {}
        self._late: OrderedDict[int, Flight] = OrderedDict()
        self._paused_until = 0.0
        self._pause = PAUSE[0]
        self.window = float(window)

    @property
    def flying(self) -> int:
        """Parts on the wire."""
        return len(self._flying)

    @property
    def waiting(self) -> int:
        """Parts not yet on the wire."""
        return len(self._waiting)

    def add(self, message: Outgoing) -> None:
        """Let its parts wait for their turn."""
        self._waiting.extend(Flight(message, index) for index in range(len(message.payloads)))

    def next(self, now: float) -> Flight | None:
        """The part to send now; None while the window is full or the carrier asked for a pause."""
        if now < self._paused_until or len(self._flying) >= int(self.window):
            return None
        while self._waiting:
            flight = self._waiting.popleft()
            if not flight.message.told:
                return flight
        return None

    def sent(self, flight: Flight, sequence: int, now: float) -> None:
        """It goes onto the wire under this sequence number."""
        flight.sent_at = now
        flight.message.on_wire += 1
        self._flying[sequence] = flight

    def answered(self, sequence: int, status: int, carrier_id: str, now: float) -> list[Happening]:
        """The carrier's answer to one part. One with a sequence number nobody knows is passed over."""
        flight = self._flying.pop(sequence, None)
        if flight is not None:
            flight.message.on_wire -= 1
        else:
            flight = self._late.pop(sequence, None)
        if flight is None or flight.message.closed:
            return []
        if status == OK:
            return self._taken(flight, carrier_id)
        if status in SLOW_DOWN and not flight.message.told:
            self._slow_down(flight, now)
            return []
        return self._close(flight.message, Refused(flight.message.ref, status, flight.message.carrier_ids()))

    def overdue(self, now: float) -> list[Happening]:
        """Give the word for parts that got no answer in time, and for messages held back too long."""
        happened: list[Happening] = []
        while self._flying:
            sequence, flight = next(iter(self._flying.items()))
            if now - flight.sent_at < self._answer_within:
                break
            del self._flying[sequence]
            self._remember(sequence, flight)
            happened += self._unknown(flight.message)
        while self._waiting and now - self._waiting[0].message.since > self._throttled_for:
            message = self._waiting.popleft().message
            happened += self._unknown(message) if message.touched else self._word(message, Throttled(message.ref))
        return happened

    def withdraw(self) -> list[Happening]:
        """Give back every message of which nothing is on the wire yet."""
        happened: list[Happening] = []
        for flight in self._waiting:
            if not flight.message.touched:
                happened += self._word(flight.message, NotSent(flight.message.ref))
        self._waiting = deque(flight for flight in self._waiting if not flight.message.told)
        return happened

    def lost(self) -> list[Happening]:
        """The connection is gone: what was on the wire is unknown, the rest was not sent."""
        happened: list[Happening] = []
        for flight in self._flying.values():
            happened += self._unknown(flight.message)
        for flight in self._waiting:
            message = flight.message
            happened += self._unknown(message) if message.touched else self._word(message, NotSent(message.ref))
        self._flying.clear()
        self._waiting.clear()
        self._late.clear()  # sequence numbers begin anew
        self._paused_until, self._pause = 0.0, PAUSE[0]
        return happened

    def _taken(self, flight: Flight, carrier_id: str) -> list[Happening]:
        message = flight.message
        message.ids[flight.index] = carrier_id
        self.window = min(self._most, self.window + 1)
        self._pause = PAUSE[0]
        if len(message.ids) < len(message.payloads):
            return []
        return self._close(message, Accepted(message.ref, message.carrier_ids()))

    def _slow_down(self, flight: Flight, now: float) -> None:
        self._waiting.appendleft(flight)
        if now < self._paused_until:
            return  # an answer to what was sent before the pause
        self._paused_until = now + self._pause
        self._pause = min(PAUSE[1], self._pause * 2)
        self.window = max(1.0, self.window / 2)

    def _remember(self, sequence: int, flight: Flight) -> None:
        self._late[sequence] = flight
        while len(self._late) > MOST_LATE:
            self._late.popitem(last=False)

    def _unknown(self, message: Outgoing) -> list[Happening]:
        return self._word(message, Unknown(message.ref, message.carrier_ids()))

    def _word(self, message: Outgoing, word: Happening) -> list[Happening]:
        if message.told:
            return []
        message.told = True
        return [word]

    def _close(self, message: Outgoing, word: Happening) -> list[Happening]:
        message.told = message.closed = True
        return [word]
