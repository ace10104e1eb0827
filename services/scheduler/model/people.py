"""Who is cared for and who can come, as the planner sees them: ids, places and limits, nothing that speaks of a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST = 3


class Cause(StrEnum):
    """Why a visit cannot be given. For the leading group; never a volunteer's miss (docs/domain.md, rule 7)."""

    NO_VOLUNTEER = "no_volunteer"
    NO_CAPACITY = "no_capacity"
    NO_CHECK = "no_check"
    NO_DAY = "no_day"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Household:
    """People who live together: one visit. `place` is the branch path of its village; ties go by `number`."""

    id: str
    number: str
    place: str
    rank: int
    minors: bool


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody who offers visits. `reach`: branch paths where they can serve; `minors_until`: last day of a valid check."""

    id: str
    number: str
    reach: tuple[str, ...]
    free: frozenset[str]
    visits_a_month: int
    minors_until: date | None = None
    no_place_only: bool = False
    active: bool = True

    def is_free(self, day: date) -> bool:
        """Whether the day is one of those offered."""
        return WEEKDAYS[day.weekday()] in self.free

    def checked(self, day: date) -> bool:
        """Whether the check for offences against minors holds on this very day (docs/domain.md, rule 4)."""
        return self.minors_until is not None and self.minors_until >= day


def barred(volunteer: Volunteer, household: Household, day: date) -> Cause | None:
    """Why this volunteer may not stand at this door on this day; None when they may. Free days are not asked here."""
    if not volunteer.active or volunteer.no_place_only:
        return Cause.NO_VOLUNTEER
    if household.minors and not volunteer.checked(day):
        return Cause.NO_CHECK
    return None


def distance(reach: Iterable[str], place: str) -> int:
    """How far a volunteer is from a door, by the tree of branches: 0 same village, 1 same township, 2 same county, 3 beyond."""
    return min((_distance(where, place) for where in reach), default=FARTHEST)


def _distance(where: str, place: str) -> int:
    if where == place:
        return 0
    ours, theirs = place.split("/"), where.split("/")
    if ours[:2] == theirs[:2] and len(theirs) > 1:
        return 1
    return 2 if ours[0] == theirs[0] else FARTHEST
