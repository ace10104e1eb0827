"""Households and volunteers of a small township for the tests of the scheduler's rules."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from services.scheduler.model.month import Period, Want
from services.scheduler.model.people import WEEKDAYS, Household, Volunteer
from services.scheduler.model.rhythm import RHYTHMS, rank, visits_wanted

COUNTY, TOWN, OTHER_TOWN = "c", "c/t", "c/u"
VILLAGE, NEXT_VILLAGE, FAR_VILLAGE = "c/t/v", "c/t/w", "c/u/x"
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 9, 30))
ALWAYS = date(2027, 9, 1)


def household(number: int = 1, **changes: Any) -> Household:
    """A household of elders in the village."""
    known = {"id": f"h{number}", "number": f"h-{number:06d}", "place": VILLAGE, "rank": 1, "minors": False}
    return Household(**{**known, **changes})


def volunteer(number: int = 1, **changes: Any) -> Volunteer:
    """A neighbour who is free every day, without a check."""
    known = {
        "id": f"v{number}",
        "number": f"v-{number:06d}",
        "reach": (VILLAGE,),
        "free": frozenset(WEEKDAYS),
        "visits_a_month": 8,
    }
    return Volunteer(**{**known, **changes})


def want(one: Household, visits: int, *visitors: Volunteer) -> Want:
    """So many visits by these volunteers."""
    return Want(one, visits, tuple(visitor.id for visitor in visitors))


@st.composite
def townships(draw: st.DrawFn) -> tuple[list[Want], list[Volunteer]]:
    """Any households paired with any volunteers, who offer little, much, or nothing at all."""
    until = st.none() | st.dates(date(2026, 8, 1), date(2026, 10, 31))
    volunteers = [
        volunteer(
            number,
            free=draw(st.frozensets(st.sampled_from(WEEKDAYS), max_size=7)),
            visits_a_month=draw(st.integers(0, 12)),
            minors_until=draw(until),
            no_place_only=draw(st.booleans()),
            active=draw(st.integers(0, 4)) > 0,
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    ids = [one.id for one in volunteers]
    wants = []
    for number in range(draw(st.integers(0, 8))):
        band = draw(st.sampled_from(sorted(RHYTHMS)))
        home = household(number, rank=rank(band, draw(st.booleans())), minors=draw(st.booleans()))
        visitors = tuple(draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))) if ids else ()
        wants.append(Want(home, visits_wanted(band, 30), visitors, paused=draw(st.integers(0, 9)) == 0))
    return wants, volunteers
