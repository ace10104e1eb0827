"""Who comes instead: near, free, with room, and with a check where a child is."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.model.people import WEEKDAYS, Volunteer
from services.scheduler.model.stand_in import following, new_day, stand_in, who_looks_in
from services.scheduler.model.workload import Workload
from tests.unit.scheduler.people import ALWAYS, FAR_VILLAGE, NEXT_VILLAGE, TOWN, VILLAGE, household, volunteer

TODAY = date(2026, 9, 10)
ANY_VOLUNTEERS = st.lists(
    st.builds(
        volunteer,
        st.integers(0, 30),
        reach=st.lists(st.sampled_from([VILLAGE, NEXT_VILLAGE, TOWN, FAR_VILLAGE, "c"]), min_size=1, max_size=2).map(tuple),
        free=st.frozensets(st.sampled_from(WEEKDAYS)),
        visits_a_month=st.integers(0, 2),
        minors_until=st.none() | st.dates(date(2026, 9, 1), date(2026, 9, 30)),
        no_place_only=st.booleans(),
        active=st.booleans(),
    ),
    unique_by=lambda one: one.id,
    max_size=8,
)


@given(ANY_VOLUNTEERS, st.booleans())
def test_a_stand_in_is_near_free_with_room_and_checked_for_a_child(others: list[Volunteer], minors: bool) -> None:
    found = stand_in(household(minors=minors), others, following(TODAY), Workload())
    if found is not None:
        one = found.volunteer
        assert one.active and not one.no_place_only and one.is_free(found.day) and one.visits_a_month > 0
        assert not minors or one.checked(found.day)
        assert any(place in (VILLAGE, NEXT_VILLAGE, TOWN) for place in one.reach)
        assert TODAY < found.day <= date(2026, 9, 17)


@given(ANY_VOLUNTEERS, st.booleans())
def test_who_looks_in_on_a_child_has_a_valid_check_on_that_day(others: list[Volunteer], minors: bool) -> None:
    found = who_looks_in(household(minors=minors), [one.id for one in others], others, TODAY, Workload())
    if found is not None:
        assert found.active and not found.no_place_only
        assert not minors or found.checked(TODAY)


def test_the_same_volunteer_comes_on_the_next_free_day() -> None:
    saturdays = volunteer(free=frozenset({"sat"}))
    found = new_day(household(), saturdays, TODAY, Workload())
    assert found is not None
    assert found.day == date(2026, 9, 12)


def test_who_gave_all_they_offered_is_not_asked_for_more() -> None:
    neighbour, load = volunteer(visits_a_month=1), Workload()
    load.take(neighbour.id, "h9", date(2026, 9, 2), "morning")
    assert new_day(household(), neighbour, TODAY, load) is None


def test_the_next_month_is_another_offer() -> None:
    neighbour, load = volunteer(visits_a_month=1), Workload()
    load.take(neighbour.id, "h9", date(2026, 9, 2), "morning")
    found = new_day(household(), neighbour, date(2026, 9, 27), load)
    assert found is not None
    assert found.day == date(2026, 10, 1)


def test_the_nearest_stands_in_and_of_equally_near_ones_the_one_with_least() -> None:
    township, busy, idle = volunteer(1, reach=(TOWN,)), volunteer(2), volunteer(3)
    load = Workload()
    load.take(busy.id, "h9", date(2026, 9, 2), "morning")
    found = stand_in(household(), [township, busy, idle], following(TODAY), load)
    assert found is not None
    assert found.volunteer == idle


def test_nobody_is_sent_to_another_township_to_stand_in() -> None:
    assert stand_in(household(), [volunteer(reach=(FAR_VILLAGE,))], following(TODAY), Workload()) is None


def test_the_households_own_volunteer_looks_in_first() -> None:
    own, nearer = volunteer(9, reach=(TOWN,)), volunteer(1)
    assert who_looks_in(household(), [own.id], [own, nearer], TODAY, Workload()) == own


def test_who_has_room_is_asked_to_look_in_before_who_has_none() -> None:
    own, other = volunteer(1, visits_a_month=0), volunteer(2)
    assert who_looks_in(household(), [own.id], [own, other], TODAY, Workload()) == other
    assert who_looks_in(household(), [own.id], [own], TODAY, Workload()) == own


def test_an_unchecked_own_volunteer_does_not_look_in_on_a_child() -> None:
    own, checked = volunteer(1), volunteer(2, reach=(TOWN,), minors_until=ALWAYS)
    assert who_looks_in(household(minors=True), [own.id], [own, checked], TODAY, Workload()) == checked
