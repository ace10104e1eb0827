"""Puts long incoming messages together: parts out of order, twice, or never. Pure; machine time is passed in.

Parts are kept in memory. They stay unacknowledged for a moment, so that a crash loses none; but a carrier that sends one
at a time would wait for ever, so after `part_held` seconds of silence they are acknowledged and only memory has them.
"""

from dataclasses import dataclass, field

from services.notifier.model.sms import Place, decode
from services.notifier.smpp.happenings import Answer

MOST_OPEN = 1000
"""Incomplete messages kept; beyond, the oldest is handed over as it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One incoming deliver_sm: text bytes without header; `ticket` is its acknowledgement."""

    sender: str
    to: str
    coding: int
    body: bytes
    place: Place | None
    ticket: int


@dataclass(slots=True)
class _Open:
    parts: dict[int, Part]
    since: float
    touched: float
    tickets: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Complete:
    """A message to hand over, and the acknowledgements that wait for it."""

    answer: Answer
    tickets: tuple[int, ...]


class Assembly:
    """Incomplete messages by sender, reference and number of parts."""

    def __init__(self, part_held: float, parts_within: float) -> None:
        self._held, self._within = part_held, parts_within
        self._open: dict[tuple[str, int, int], _Open] = {}

    def take(self, part: Part, now: float) -> Complete | None:
        """Lay a part in; the message, once nothing is missing."""
        if part.place is None:
            return Complete(Answer(part.sender, part.to, decode(part.body, part.coding)), (part.ticket,))
        key = (part.sender, part.place.reference, part.place.total)
        entry = self._open.setdefault(key, _Open({}, now, now))
        entry.parts.setdefault(part.place.number, part)
        entry.tickets.append(part.ticket)
        entry.touched = now
        return self._close(key) if len(entry.parts) == part.place.total else None

    def overdue(self, now: float) -> list[Complete]:
        """Messages given up on, with a gap; they are handed over, not lost."""
        late = [key for key, entry in self._open.items() if now - entry.since > self._within]
        late += list(self._open)[: max(0, len(self._open) - MOST_OPEN)]
        return [self._close(key) for key in dict.fromkeys(late)]

    def to_acknowledge(self, now: float) -> list[int]:
        """Tickets of parts held long enough without the next one coming."""
        tickets: list[int] = []
        for entry in self._open.values():
            if entry.tickets and now - entry.touched > self._held:
                tickets += entry.tickets
                entry.tickets = []
        return tickets

    def forget_tickets(self) -> None:
        """The connection is gone: nothing can be acknowledged on it; the carrier sends those parts again."""
        for entry in self._open.values():
            entry.tickets = []

    def _close(self, key: tuple[str, int, int]) -> Complete:
        entry = self._open.pop(key)
        first = next(iter(entry.parts.values()))
        return Complete(
            Answer(first.sender, first.to, _text(entry.parts, key[2]), whole=len(entry.parts) == key[2]),
            tuple(entry.tickets),
        )


def _text(parts: dict[int, Part], total: int) -> str:
    """Runs of neighbouring parts are joined as bytes, since an emoji may be cut in two; a gap shows as `…`."""
    runs: list[str] = []
    run, coding = b"", 0
    for number in range(1, total + 2):
        part = parts.get(number)
        if part is not None:
            run, coding = run + part.body, part.coding
        elif run:
            runs.append(decode(run, coding))
            run = b""
    return "…".join(runs)
