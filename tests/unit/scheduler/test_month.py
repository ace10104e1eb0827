"""Planning a month: what must hold for any township, and who is served first when there is not enough."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.model.month import HouseholdPlan, Want, month_of, plan
from services.scheduler.model.people import Cause, Volunteer
from services.scheduler.model.rhythm import rank, visits_wanted
from services.scheduler.model.workload import MOST_A_DAY, Workload
from tests.unit.scheduler.people import ALWAYS, SEPTEMBER, household, townships, volunteer, want


def planned(wants: list[Want], volunteers: list[Volunteer], load: Workload | None = None) -> list[HouseholdPlan]:
    return plan(SEPTEMBER, wants, {one.id: one for one in volunteers}, load or Workload())


@given(townships())
def test_nobody_is_given_more_than_they_offer(town: tuple[list[Want], list[Volunteer]]) -> None:
    wants, volunteers = town
    visits = [visit for made in planned(wants, volunteers) for visit in made.given]
    offered = {one.id: one.visits_a_month for one in volunteers}
    assert all(count <= offered[who] for who, count in Counter(visit.volunteer for visit in visits).items())
    a_day = Counter((visit.volunteer, visit.day) for visit in visits)
    assert all(count <= MOST_A_DAY for count in a_day.values())
    assert len({(visit.volunteer, visit.day, visit.slot) for visit in visits}) == len(visits)


@given(townships())
def test_visits_lie_on_free_days_of_the_month_one_a_household_and_day(town: tuple[list[Want], list[Volunteer]]) -> None:
    wants, volunteers = town
    known = {one.id: one for one in volunteers}
    for made in planned(wants, volunteers):
        days = [visit.day for visit in made.given]
        assert len(days) == len(set(days))
        assert all(SEPTEMBER.first <= day <= SEPTEMBER.last for day in days)
        assert all(known[visit.volunteer].is_free(visit.day) for visit in made.given)


@given(townships())
def test_only_paired_volunteers_who_may_stand_at_the_door_come(town: tuple[list[Want], list[Volunteer]]) -> None:
    wants, volunteers = town
    known, paired = {one.id: one for one in volunteers}, {one.household.id: one.visitors for one in wants}
    for made in planned(wants, volunteers):
        for visit in made.given:
            who = known[visit.volunteer]
            assert who.id in paired[made.household.id]
            assert who.active
            assert not who.no_place_only
            assert not made.household.minors or who.checked(visit.day)


@given(townships())
def test_what_is_not_covered_is_listed_with_a_cause(town: tuple[list[Want], list[Volunteer]]) -> None:
    wants, volunteers = town
    asked = {one.household.id: one.visits for one in wants}
    for made in planned(wants, volunteers):
        assert len(made.given) + made.open == asked[made.household.id]
        assert (made.why is not None) == (made.open > 0)


@given(townships(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(town: tuple[list[Want], list[Volunteer]], chance: object) -> None:
    wants, volunteers = town
    first = planned(wants, volunteers)
    chance.shuffle(wants), chance.shuffle(volunteers)  # type: ignore[attr-defined]
    assert planned(wants, volunteers) == first


@given(townships(), townships())
def test_what_volunteers_have_already_is_counted(
    earlier: tuple[list[Want], list[Volunteer]], town: tuple[list[Want], list[Volunteer]]
) -> None:
    wants, volunteers = town
    load = Workload()
    first = planned(wants, volunteers, load)
    again = planned(wants, volunteers, load)
    offered = {one.id: one.visits_a_month for one in volunteers}
    both = Counter(visit.volunteer for made in [*first, *again] for visit in made.given)
    assert all(count <= offered[who] for who, count in both.items())


@pytest.mark.parametrize(("band", "visits"), [("weekly", 4), ("fortnightly", 2), ("monthly", 1), ("none", 0)])
def test_a_month_has_the_rhythm_of_the_table(band: str, visits: int) -> None:
    assert all(visits_wanted(band, days) == visits for days in (28, 29, 30, 31))


def test_what_is_left_of_a_month_counts_from_half_an_interval_on() -> None:
    assert [visits_wanted("fortnightly", days) for days in (6, 7, 13, 14, 27, 28)] == [0, 1, 1, 1, 1, 2]


def test_a_weekly_visit_comes_every_week() -> None:
    (made,) = planned([want(household(), 4, volunteer())], [volunteer()])
    days = [visit.day for visit in made.given]
    assert len(days) == 4
    assert all(timedelta(days=4) <= later - sooner <= timedelta(days=11) for sooner, later in pairwise(days))


def test_each_household_has_one_visit_before_any_has_two() -> None:
    neighbour = volunteer(visits_a_month=4)
    weekly = household(2, rank=rank("weekly", no_adult=False))
    monthly = household(1, rank=rank("monthly", no_adult=False))
    first, second = planned([want(monthly, 1, neighbour), want(weekly, 4, neighbour)], [neighbour])
    assert (first.household, len(first.given), first.open) == (weekly, 3, 1)
    assert (second.household, len(second.given), second.open) == (monthly, 1, 0)
    assert first.why is Cause.NO_CAPACITY


def test_a_child_without_an_adult_is_served_before_all_others() -> None:
    neighbour = volunteer(visits_a_month=1, minors_until=ALWAYS)
    alone = household(1, rank=rank("weekly", no_adult=False))
    child = household(2, rank=rank("fortnightly", no_adult=True), minors=True)
    plans = {made.household: made for made in planned([want(alone, 4, neighbour), want(child, 2, neighbour)], [neighbour])}
    assert len(plans[child].given) == 1
    assert plans[alone].given == []


def test_a_minor_is_visited_up_to_the_last_day_of_the_check_and_not_after() -> None:
    checked = volunteer(minors_until=date(2026, 9, 10))
    (made,) = planned([want(household(minors=True), 4, checked)], [checked])
    assert all(visit.day <= date(2026, 9, 10) for visit in made.given)
    assert len(made.given) == 4


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (volunteer(), Cause.NO_CHECK),
        (volunteer(minors_until=ALWAYS, visits_a_month=0), Cause.NO_CAPACITY),
        (volunteer(minors_until=ALWAYS, free=frozenset()), Cause.NO_DAY),
        (volunteer(minors_until=ALWAYS, no_place_only=True), Cause.NO_VOLUNTEER),
        (volunteer(minors_until=ALWAYS, active=False), Cause.NO_VOLUNTEER),
    ],
)
def test_the_leading_group_is_told_why_a_child_cannot_be_visited(who: Volunteer, why: Cause) -> None:
    (made,) = planned([want(household(minors=True), 2, who)], [who])
    assert (made.given, made.open, made.why) == ([], 2, why)


def test_a_paused_household_is_listed_as_paused() -> None:
    neighbour = volunteer()
    (made,) = planned([Want(household(), 2, (neighbour.id,), paused=True)], [neighbour])
    assert (made.given, made.open, made.why) == ([], 2, Cause.PAUSED)


def test_a_month_ends_on_its_last_day() -> None:
    assert month_of("2026-02").last == date(2026, 2, 28)
    assert month_of("2026-12").last == date(2026, 12, 31)
