"""Progress of one listener through one subject's events: pure. From it alone a copy, a gap and the order are known, for ever.

The row is small and is written in the same transaction as the effect, so two consumers that meet at a subject conflict in the
database instead of skewing, and a copy that comes a year late is still known as one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.events import Event, EventType, Kind

AHEAD_OF_GAPS = (Kind.RESTRICTS, Kind.URGENT)


class Verdict(StrEnum):
    """What is to be done with an event that came."""

    HANDLE = "handle"
    COPY = "copy"
    SETTLED = "settled"
    """An older whole state than one handled already: ticked off."""
    AHEAD = "ahead"
    """A gap before it, or an earlier event that is stuck: lies in the held rows until its turn."""
    OTHER_BODY = "other_body"
    """The same revision under another id: somebody restored a database. Parked, with an alarm."""


@dataclass
class Progress:
    """How far a subject's chain was followed. `done` holds revisions handled ahead of order, `held` those laid aside."""

    subject: str
    reached: int = 0
    last: str = ""
    state: int = 0
    done: dict[int, str] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)
    known: bool = False
    source: str = ""
    """Who tells this subject's events; kept while there is a hole, to be asked."""
    gap_at: datetime | None = None
    """Since when (machine time) an earlier revision is missing."""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Progress":
        """From its row in the database."""
        return cls(
            row["_id"],
            row["reached"],
            row["last"],
            row["state"],
            {int(r): i for r, i in row.get("done", {}).items()},
            {int(r): i for r, i in row.get("held", {}).items()},
            known=True,
            gap_at=row.get("gap_at"),
            source=row.get("source", ""),
        )

    def to_row(self, now: datetime) -> dict[str, Any]:
        """Its row for the database. `gap_at` is there while an earlier revision is missing: the sweep looks for it."""
        row: dict[str, Any] = {"_id": self.subject, "reached": self.reached, "last": self.last, "state": self.state}
        if self.done:
            row["done"] = {str(r): i for r, i in self.done.items()}
        if self.held:
            row["held"] = {str(r): i for r, i in self.held.items()}
        if self.hole:
            row |= {"gap_at": self.gap_at or now, "source": self.source}
        return row

    @property
    def hole(self) -> tuple[int, int] | None:
        """First and last revision of the first hole: what must have been told and never came. Any size costs the same."""
        expected = self.reached + 1
        for revision in sorted(self.done.keys() | self.held.keys()):
            if revision > expected:
                return expected, revision - 1
            expected = revision + 1
        return None

    @property
    def stuck(self) -> bool:
        """Whether the very next event came and could not be handled."""
        return self.reached + 1 in self.held

    def judge(self, event: Event, kind: EventType) -> Verdict:
        """What to do with this event. Changes nothing."""
        revision = event.revision
        known_as = self.last if revision == self.reached else self.done.get(revision) or self.held.get(revision)
        if known_as:
            return Verdict.COPY if known_as == event.id else Verdict.OTHER_BODY
        if revision <= self.reached:
            return Verdict.COPY
        if kind.is_(Kind.STATE) and revision < self.state:
            return Verdict.SETTLED
        return Verdict.HANDLE if self.may_handle(event, kind) else Verdict.AHEAD

    def may_handle(self, event: Event, kind: EventType) -> bool:
        """Whether it is this event's turn, or it need not wait for one."""
        if event.revision == self.reached + 1 or any(kind.is_(k) for k in AHEAD_OF_GAPS):
            return True
        return self.stuck and kind.is_(Kind.STATE)

    def settle(self, revision: int, event_id: str, *, state: bool = False) -> None:
        """This revision is dealt with: handled, ticked off or dropped. Moves on over what was done ahead of order."""
        self.held.pop(revision, None)
        self.done[revision] = event_id
        if state:
            self.state = max(self.state, revision)
        while self.reached + 1 in self.done:
            self.reached += 1
            self.last = self.done.pop(self.reached)

    def hold(self, revision: int, event_id: str) -> None:
        """This revision was laid aside."""
        self.held[revision] = event_id
