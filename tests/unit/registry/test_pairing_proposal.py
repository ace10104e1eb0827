"""Proposals keep the programme's promises: nearest first, within what is given, nobody unchecked near a child."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.model.household_forming import form_households
from services.registry.model.pairing_proposal import (
    Help,
    HouseholdInNeed,
    NotCovered,
    Proposal,
    Uncovered,
    WillingVolunteer,
    administrative_distance,
    propose,
)
from services.registry.model.risk import risk_of
from tests.unit.registry.roster_files import CHILDREN, ELDERS, VOLUNTEERS, check_roster
from tests.unit.registry.roster_people import resident_of, willing_of

XINPING, XINLING, ELSEWHERE = "360124103210", "360124103209", "360124100200"


def home(number: str = "h1", village: str = XINPING, **told: object) -> HouseholdInNeed:
    """A household of one elder."""
    return HouseholdInNeed(**{"number": number, "village": village, "has_minor": False, "risk": 1} | told)  # type: ignore[arg-type]


def helper(number: str, place: str = XINPING, **told: object) -> WillingVolunteer:
    """A volunteer with room for two households."""
    given_ = {"number": number, "place": place, "households": 2, "visits": 8, "check_valid": True}
    return WillingVolunteer(**given_ | told)  # type: ignore[arg-type]


def test_the_nearest_who_can_is_proposed() -> None:
    proposals, _ = propose([home()], [helper("v1", ELSEWHERE), helper("v2", XINLING), helper("v3")])
    assert proposals == [Proposal("h1", "v3", Help.VISITS, 0)]


def test_equally_near_helpers_share_the_work_and_ties_go_by_number() -> None:
    proposals, _ = propose([home("h1"), home("h2")], [helper("v2"), helper("v1")])
    assert [one.volunteer for one in proposals] == ["v1", "v2"]


def test_those_at_most_risk_are_served_first_and_the_others_are_listed_with_the_reason() -> None:
    proposals, left = propose([home("h1", risk=2), home("h2", risk=0)], [helper("v1", households=1)])
    assert [one.household for one in proposals] == ["h2"]
    assert left == [Uncovered("h1", NotCovered.VOLUNTEERS_FULL)]


def test_nobody_without_a_valid_check_meets_a_minor_not_even_by_telephone() -> None:
    unchecked = [helper("v1", check_valid=False), helper("v2", "", check_valid=False)]
    proposals, left = propose([home(has_minor=True)], unchecked)
    assert proposals == [] and left == [Uncovered("h1", NotCovered.NO_VALID_CHECK)]


def test_who_works_in_another_province_gets_only_what_needs_no_place() -> None:
    proposals, left = propose([home()], [helper("v1", "")])
    assert proposals == [Proposal("h1", "v1", Help.TELEPHONE, 0)]
    assert left == [Uncovered("h1", NotCovered.NO_VOLUNTEER_NEAR, telephone=True)]


def test_nobody_is_sent_to_another_county() -> None:
    assert administrative_distance("360123100200", XINPING) is None
    assert [administrative_distance(place, XINPING) for place in (XINPING, XINLING, "360124103", ELSEWHERE)] == [0, 1, 1, 2]


villages = st.sampled_from([XINPING, XINLING, ELSEWHERE])
homes = st.lists(
    st.builds(HouseholdInNeed, st.integers(1, 60).map("h{}".format), villages, st.booleans(), st.integers(0, 2),
              st.integers(1, 4)),
    unique_by=lambda one: one.number, max_size=25,
)  # fmt: skip
helpers = st.lists(
    st.builds(WillingVolunteer, st.integers(1, 30).map("v{}".format), st.one_of(villages, st.just("")),
              st.integers(0, 4), st.integers(0, 9), st.booleans()),
    unique_by=lambda one: one.number, max_size=10,
)  # fmt: skip


@settings(deadline=None)
@given(homes, helpers)
def test_every_household_is_visited_or_listed_and_no_promise_is_broken(
    households: list[HouseholdInNeed], volunteers: list[WillingVolunteer]
) -> None:
    proposals, left = propose(households, volunteers)
    assert propose(households[::-1], volunteers[::-1]) == (proposals, left)
    visited = [one.household for one in proposals if one.help is Help.VISITS]
    assert sorted(visited + [one.household for one in left]) == sorted(one.number for one in households)
    by_number = {one.number: one for one in volunteers}
    minors = {one.number for one in households if one.has_minor}
    assert all(by_number[one.volunteer].check_valid for one in proposals if one.household in minors)
    assert all(by_number[one.volunteer].place for one in proposals if one.help is Help.VISITS)
    assert all(n <= by_number[v].households for v, n in Counter(one.volunteer for one in proposals).items())
    assert max(Counter(one.household for one in proposals).values(), default=0) <= 1


def test_the_township_is_housed_and_paired_the_same_way_each_time() -> None:
    people = [*check_roster(ELDERS).people, *check_roster(CHILDREN).people]
    residents = {f"{at:06d}": row for at, row in enumerate(people, 1)}
    households, _ = form_households(resident_of(number, row) for number, row in residents.items())
    needs = [
        HouseholdInNeed(
            number=household.members[0],
            village=household.village,
            has_minor=any(residents[one].child for one in household.members),
            risk=min(risk_of([note.category for note in residents[one].categories]) for one in household.members),
        )
        for household in households
    ]
    helpers = [willing_of(f"v{at:03d}", row, at > 2) for at, row in enumerate(check_roster(VOLUNTEERS).people, 1)]
    proposals, left = propose(needs, helpers)
    minors = {one.number for one in needs if one.has_minor}
    assert len(proposals) > 100 and len(left) + sum(one.help is Help.VISITS for one in proposals) == len(needs)
    assert not any(one.household in minors for one in proposals if one.volunteer in ("v001", "v002"))
