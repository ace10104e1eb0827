"""Plans the visits of a period, within what volunteers offer: each household gets one before any gets a second, by risk.

Pure and deterministic: ties go by human number, never by a random id or the order of the input. What cannot be given is
listed with its cause; planned and open visits together are what the rhythm asks for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.scheduler.model.people import Cause, Household, Volunteer, barred
from services.scheduler.model.workload import Slot, Workload

SEVERITY = (Cause.NO_CHECK, Cause.NO_CAPACITY, Cause.NO_DAY, Cause.NO_VOLUNTEER)
"""Of several reasons the first is told: it is what the leading group could mend soonest."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days to plan, both ends in it."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days."""
        return max((self.last - self.first).days + 1, 0)

    def days(self) -> list[date]:
        """Each day in order."""
        return [self.first + timedelta(days=number) for number in range(self.length)]

    def window(self, turn: int, turns: int) -> "Period":
        """The part in which the visit number `turn` (from 0) of `turns` should lie, so that visits are spread."""
        start, end = self.length * turn // turns, self.length * (turn + 1) // turns
        return Period(self.first + timedelta(days=start), self.first + timedelta(days=max(end, start + 1) - 1))


@dataclass(frozen=True, slots=True)
class Want:
    """What one household is owed in the period, and the ids of its paired volunteers, nearest first."""

    household: Household
    visits: int
    visitors: tuple[str, ...] = ()
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One visit of the plan."""

    volunteer: str
    day: date
    slot: Slot


@dataclass(slots=True)
class HouseholdPlan:
    """A household's visits, and those nobody can give."""

    household: Household
    given: list[Given] = field(default_factory=list)
    open: int = 0
    why: Cause | None = None


def plan(period: Period, wants: Iterable[Want], volunteers: Mapping[str, Volunteer], load: Workload) -> list[HouseholdPlan]:
    """Plan the period; `load` is what volunteers have already, and takes up what is planned here."""
    order = sorted(wants, key=lambda want: (want.household.rank, want.household.number))
    plans = [HouseholdPlan(want.household) for want in order]
    for turn in range(max((want.visits for want in order), default=0)):
        for place, (want, made) in enumerate(zip(order, plans, strict=True)):
            if turn < want.visits:
                _give(period, turn, want, made, place, volunteers, load)
    return plans


def _give(
    period: Period,
    turn: int,
    want: Want,
    made: HouseholdPlan,
    place: int,
    volunteers: Mapping[str, Volunteer],
    load: Workload,
) -> None:
    causes = {Cause.NO_VOLUNTEER}
    if want.paused:
        made.open, made.why = made.open + 1, Cause.PAUSED
        return
    window = period.window(turn, want.visits)
    for volunteer in (volunteers[one] for one in want.visitors if one in volunteers):
        found = _best_day(period, window, want.household, volunteer, place, load)
        if isinstance(found, date):
            slot = load.slot(volunteer.id, found, (Slot.MORNING, Slot.AFTERNOON)[place % 2])
            load.take(volunteer.id, want.household.id, found, slot)
            made.given.append(Given(volunteer.id, found, slot))
            return
        causes.add(found)
    made.open, made.why = made.open + 1, made.why or next(cause for cause in SEVERITY if cause in causes)


def _best_day(
    period: Period, window: Period, household: Household, volunteer: Volunteer, place: int, load: Workload
) -> date | Cause:
    """The day in the window (or else the one nearest to it) that is lightest for the volunteer, or why there is none."""
    if barred(volunteer, household, period.first) is Cause.NO_VOLUNTEER:
        return Cause.NO_VOLUNTEER
    able = [day for day in period.days() if possible(household, volunteer, day, load) is None]
    inside = [day for day in able if window.first <= day <= window.last]
    if inside:
        return _lightest(inside, window, volunteer, place, load)
    if able:
        return min(able, key=lambda day: (_gap(day, window), day))
    causes = {possible(household, volunteer, day, load) for day in period.days()}
    return next((cause for cause in SEVERITY if cause in causes), Cause.NO_DAY)


def possible(household: Household, volunteer: Volunteer, day: date, load: Workload) -> Cause | None:
    """Why this volunteer cannot come on this day; None when they can. The one rule for plans, new days and stand-ins."""
    if (household.id, day) in load.visited:
        return Cause.NO_DAY
    lacking = load.lacks(volunteer, day)
    return lacking if lacking is Cause.NO_DAY else barred(volunteer, household, day) or lacking


def _lightest(able: Sequence[date], window: Period, volunteer: Volunteer, place: int, load: Workload) -> date:
    """Households of one volunteer begin at different days of the window, so that the days of the week are shared out."""
    length = window.length
    return min(able, key=lambda day: (load.on(volunteer.id, day), ((day - window.first).days - place) % length))


def _gap(day: date, window: Period) -> int:
    return (window.first - day).days if day < window.first else (day - window.last).days


def months_between(first: date, last: date) -> Iterator[str]:
    """The months (`YYYY-MM`) that two days lie in and between."""
    day = first.replace(day=1)
    while day <= last:
        yield f"{day:%Y-%m}"
        day = (day + timedelta(days=32)).replace(day=1)


def month_of(text: str) -> Period:
    """The days of a month given as `YYYY-MM`."""
    first = date.fromisoformat(text + "-01")
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))
