"""What volunteers already have in the plan, so that never more is planned than they offered (docs/domain.md, rule 7)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.scheduler.model.people import Cause, Volunteer

MOST_A_DAY = 2
"""Visits one volunteer is given on one day at most; the same figure by which the registry reads free days."""


class Slot(StrEnum):
    """Part of a day; no exact hour is told to anybody."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


@dataclass(slots=True)
class Workload:
    """Planned and done visits by volunteer and month, by volunteer and day, and the days on which a household is visited."""

    months: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    days: defaultdict[tuple[str, date], list[str]] = field(default_factory=lambda: defaultdict(list))
    visited: set[tuple[str, date]] = field(default_factory=set)

    def take(self, volunteer: str, household: str, day: date, slot: str) -> None:
        """Count a visit."""
        self.months[(volunteer, day.year, day.month)] += 1
        self.days[(volunteer, day)].append(slot)
        self.visited.add((household, day))

    def give_back(self, volunteer: str, household: str, day: date, slot: str) -> None:
        """Take a counted visit out again: it was not given."""
        if slot not in self.days.get((volunteer, day), ()):
            return
        self.months[(volunteer, day.year, day.month)] -= 1
        self.days[(volunteer, day)].remove(slot)
        self.visited.discard((household, day))

    def on(self, volunteer: str, day: date) -> int:
        """How many visits this volunteer has on this day."""
        return len(self.days.get((volunteer, day), ()))

    def in_month(self, volunteer: str, day: date) -> int:
        """How many visits this volunteer has in the month of this day."""
        return self.months[(volunteer, day.year, day.month)]

    def full(self, volunteer: Volunteer, day: date) -> bool:
        """Whether the month's offer is used up."""
        return self.in_month(volunteer.id, day) >= volunteer.visits_a_month

    def lacks(self, volunteer: Volunteer, day: date) -> Cause | None:
        """Why no visit fits on this day any more; None when one does."""
        if not volunteer.is_free(day):
            return Cause.NO_DAY
        if self.full(volunteer, day) or self.on(volunteer.id, day) >= MOST_A_DAY:
            return Cause.NO_CAPACITY
        return None

    def slot(self, volunteer: str, day: date, wish: Slot = Slot.MORNING) -> Slot:
        """The part of the day still free, the wished one first."""
        taken = self.days.get((volunteer, day), ())
        other = Slot.AFTERNOON if wish is Slot.MORNING else Slot.MORNING
        return other if wish in taken and other not in taken else wish
