"""What a volunteer offers, as the scheduler hears it: free weekdays, visits a month, where. Pure."""

from dataclasses import dataclass

from services.registry.model.availability import FreeDays, FreeTime
from services.registry.model.roster_rows import RosterRow
from services.registry.model.volunteers import VolunteerType

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEKEND = ("sat", "sun")
DAYS: dict[FreeDays, tuple[str, ...]] = {
    FreeDays.EVERY_DAY: (*WORKDAYS, *WEEKEND),
    FreeDays.WORKDAYS: WORKDAYS,
    FreeDays.EVENINGS: WORKDAYS,
    FreeDays.WEEKENDS: WEEKEND,
    FreeDays.SATURDAYS: ("sat",),
    FreeDays.SUNDAYS: ("sun",),
    FreeDays.HOLIDAYS: WEEKEND,
    FreeDays.UNKNOWN: (*WORKDAYS, *WEEKEND),
}
"""Unknown means any day may be asked for; how often is bounded by the modest middle of `availability`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be planned with."""

    days: tuple[str, ...]
    visits_a_month: int
    households: int
    no_place_only: bool


def offer_of(row: RosterRow) -> Offer:
    """The offer of a volunteer's row. An enterprise volunteer lives elsewhere and gives what needs no place."""
    part = row.volunteer
    free = part.free_time if part else FreeTime()
    elsewhere = part is not None and part.type is VolunteerType.ENTERPRISE
    days = DAYS[FreeDays.EVERY_DAY] if free.days_a_month is not None else DAYS[free.days]
    return Offer(days, min(free.visits_a_month, 200), free.households, elsewhere)


def households_of(visits_a_month: int) -> int:
    """How many households to pair at most with a volunteer of whom only the offered visits are known: the modest middle."""
    return min(FreeTime().households, visits_a_month)
