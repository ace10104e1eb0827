"""Finds who comes instead, and when: after a miss, after "I cannot", and for a look-in. Pure; ties go by human number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.scheduler.model.month import possible
from services.scheduler.model.people import Household, Volunteer, barred, distance
from services.scheduler.model.workload import Slot, Workload

WITHIN_DAYS = 7
NEAR = 1
"""Stand-ins come from the village or the township."""


@dataclass(frozen=True, slots=True)
class Found:
    """Who comes, when."""

    volunteer: Volunteer
    day: date
    slot: Slot


def new_day(household: Household, volunteer: Volunteer, after: date, load: Workload) -> Found | None:
    """The same volunteer's first possible day in the week after."""
    for day in following(after):
        if possible(household, volunteer, day, load) is None:
            return Found(volunteer, day, load.slot(volunteer.id, day))
    return None


def stand_in(household: Household, others: Iterable[Volunteer], days: Iterable[date], load: Workload) -> Found | None:
    """The nearest other with room on the first of these days; the least loaded of equally near ones."""
    near = [(far, one) for one in others if (far := distance(one.reach, household.place)) <= NEAR]
    for day in days:
        able = [
            (far, load.in_month(one.id, day), one.number, one)
            for far, one in near
            if possible(household, one, day, load) is None
        ]
        if able:
            one = min(able, key=lambda entry: entry[:3])[3]
            return Found(one, day, load.slot(one.id, day))
    return None


def following(after: date) -> list[date]:
    """The days in which what was missed is made good."""
    return [after + timedelta(days=number) for number in range(1, WITHIN_DAYS + 1)]


def who_looks_in(
    household: Household, own: Iterable[str], volunteers: Iterable[Volunteer], day: date, load: Workload
) -> Volunteer | None:
    """Whom to ask to go and look, now: the household's own volunteer first, then the nearest with the least to do.

    Free days are not asked, since nobody can plan for it; "I cannot" costs nothing. Those with room in their offer come
    before those without; who has none is asked only when there is nobody else. A minor's door needs a valid check.
    """
    paired = frozenset(own)
    able = [one for one in volunteers if barred(one, household, day) is None and distance(one.reach, household.place) <= 2]
    return min(
        able,
        key=lambda one: (
            load.full(one, day),
            one.id not in paired,
            distance(one.reach, household.place),
            load.on(one.id, day),
            load.in_month(one.id, day),
            one.number,
        ),
        default=None,
    )
