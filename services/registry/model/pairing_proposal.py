"""Proposes who cares for which household; a clerk accepts, and both sides are asked. Nothing here binds anyone.

Those at most risk choose first; the nearest volunteer who can come is theirs, within what that volunteer can give. Who
would meet a minor has a valid check on record (docs/domain.md, rule 4), also by video. What cannot be covered is listed with
its reason, for the leading group: never a volunteer's miss (rule 7). Same input, same proposals: ties go by human number.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Help(StrEnum):
    """What is proposed: visits at home, or telephone company, which needs no place."""

    VISITS = "visits"
    TELEPHONE = "telephone"


class NotCovered(StrEnum):
    """Why nobody could be proposed to visit."""

    NO_VOLUNTEER_NEAR = "no_volunteer_near"
    NO_VALID_CHECK = "no_valid_check"
    VOLUNTEERS_FULL = "volunteers_full"


@dataclass(frozen=True, slots=True)
class HouseholdInNeed:
    """`risk` 0 is served first; `has_minor` if anyone in it is under 18 or of unknown age on the children's roster;
    `visits` wanted a month by rhythm, for the household together."""

    number: str
    village: str
    has_minor: bool
    risk: int
    visits: int = 1


@dataclass(frozen=True, slots=True)
class WillingVolunteer:
    """`place` is the code of the village (or township) where they can serve, "" for one who can only give what needs no
    place. `households` and `visits` (a month) are the most they can give, less what they already have;
    `check_valid` on the day of the proposal."""

    number: str
    place: str
    households: int
    visits: int
    check_valid: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """One volunteer for one household. `distance` is 0 for telephone company."""

    household: str
    volunteer: str
    help: Help
    distance: int


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A household nobody visits, and why; `telephone` says that it has telephone company meanwhile."""

    household: str
    reason: NotCovered
    telephone: bool = False


Distance = Callable[[str, str], int | None]


def administrative_distance(place: str, village: str) -> int | None:
    """Nearness by the state's twelve-digit codes, since the divisions bring no coordinates: 0 same village, 1 same
    township, 2 same county, None beyond: nobody is sent to another county. A township's own code (nine digits) is 1."""
    if not place or not village:
        return None
    if place == village:
        return 0
    if place[:9] == village[:9]:
        return 1
    return 2 if place[:6] == village[:6] else None


def propose(
    households: Iterable[HouseholdInNeed],
    volunteers: Iterable[WillingVolunteer],
    places: Distance = administrative_distance,
    farthest: int = 2,
) -> tuple[list[Proposal], list[Uncovered]]:
    """At most one volunteer a household. A household nobody can visit may still be proposed telephone company, and is
    listed as not covered all the same. Cost grows with households times volunteers: ask township by township."""
    desk = _Desk([_Free(volunteer) for volunteer in sorted(volunteers, key=lambda one: one.number)], places, farthest)
    return desk.serve(sorted(households, key=lambda one: (one.risk, one.number)))


@dataclass(slots=True)
class _Free:
    """A volunteer with what they have left to give."""

    who: WillingVolunteer
    households: int = 0
    visits: int = 0

    def can_take(self, household: HouseholdInNeed) -> bool:
        """At least one visit a month must fit; what the rhythm wants beyond that is the planner's to say."""
        return self.households < self.who.households and self.visits + 1 <= self.who.visits

    def take(self, household: HouseholdInNeed) -> None:
        """Give what is left, at most what is wanted."""
        self.households += 1
        self.visits += min(household.visits, self.who.visits - self.visits)


@dataclass(slots=True)
class _Desk:
    volunteers: Sequence[_Free]
    places: Distance
    farthest: int

    def serve(self, households: Sequence[HouseholdInNeed]) -> tuple[list[Proposal], list[Uncovered]]:
        """Visits first for everybody, then telephone company for those left."""
        proposals: list[Proposal] = []
        left: list[tuple[HouseholdInNeed, NotCovered]] = []
        for household in households:
            found = self._nearest(household)
            if isinstance(found, NotCovered):
                left.append((household, found))
            else:
                proposals.append(found)
        calls = {household.number: self._caller(household) for household, _ in left}
        proposals += [call for call in calls.values() if call]
        return proposals, [Uncovered(one.number, why, calls[one.number] is not None) for one, why in left]

    def _nearest(self, household: HouseholdInNeed) -> Proposal | NotCovered:
        near = [(far, free) for free in self.volunteers if (far := self._reach(free, household)) is not None]
        if not near:
            return NotCovered.NO_VOLUNTEER_NEAR
        fit = [(far, free) for far, free in near if free.who.check_valid or not household.has_minor]
        if not fit:
            return NotCovered.NO_VALID_CHECK
        able = [(far, free.households, free.who.number, free) for far, free in fit if free.can_take(household)]
        if not able:
            return NotCovered.VOLUNTEERS_FULL
        far, _, number, free = min(able, key=lambda one: one[:3])
        free.take(household)
        return Proposal(household.number, number, Help.VISITS, far)

    def _reach(self, free: _Free, household: HouseholdInNeed) -> int | None:
        far = self.places(free.who.place, household.village) if free.who.place else None
        return far if far is not None and far <= self.farthest else None

    def _caller(self, household: HouseholdInNeed) -> Proposal | None:
        """Only those without a place here call: a neighbour's hours are for the doors they can reach."""
        able = [
            (free.households, free.who.number, free)
            for free in self.volunteers
            if not free.who.place and free.can_take(household) and (free.who.check_valid or not household.has_minor)
        ]
        if not able:
            return None
        _, number, free = min(able, key=lambda one: one[:2])
        free.take(household)
        return Proposal(household.number, number, Help.TELEPHONE, 0)
