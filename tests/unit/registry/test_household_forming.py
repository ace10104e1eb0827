"""Who lives together: sure ones are joined, unsure ones listed, nobody is in two households or in none."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.model.household_forming import Link, Resident, Unsure, form_households


def resident(number: str, **told: object) -> Resident:
    """Somebody of 新坪 with nothing in common with anybody."""
    return Resident(**{"number": number, "name": f"name {number}", "village": "新坪"} | told)  # type: ignore[arg-type]


def together(*people: Resident) -> list[tuple[str, ...]]:
    """Members of each household."""
    return [household.members for household in form_households(people)[0]]


def test_a_shared_phone_in_one_village_is_one_household() -> None:
    one, other = (resident(number, phones=frozenset({"13900001111"})) for number in "12")
    households, unsure = form_households([other, one])
    assert [(home.members, home.links) for home in households] == [(("1", "2"), (Link.SHARED_PHONE,))]
    assert unsure == []


def test_a_grandmother_cared_for_and_the_two_children_she_cares_for_are_one_household() -> None:
    children = [resident(number, carer="林梅", carer_phones=frozenset({"139"})) for number in "23"]
    assert together(resident("1", name="林梅"), *children) == [("1", "2", "3")]


def test_a_shared_phone_in_two_villages_joins_nobody_and_is_listed() -> None:
    one, other = (resident(n, village=v, phones=frozenset({"139"})) for n, v in (("1", "新坪"), ("2", "新岭")))
    households, unsure = form_households([one, other])
    assert len(households) == 2 and unsure == [Unsure("1", "2", Link.PHONE_IN_ANOTHER_VILLAGE)]


def test_a_carers_name_with_two_different_phones_is_listed_and_not_joined() -> None:
    people = [resident(n, carer="王玉梅", carer_phones=frozenset({p})) for n, p in (("1", "1391"), ("2", "1392"))]
    households, unsure = form_households(people)
    assert len(households) == 2 and unsure == [Unsure("1", "2", Link.CARER_WITH_OTHER_PHONE)]


def test_a_carers_name_in_two_groups_of_a_village_is_listed_and_not_joined() -> None:
    people = [resident(n, carer="王玉梅", group=g) for n, g in (("1", "3"), ("2", "8"))]
    assert form_households(people)[1] == [Unsure("1", "2", Link.GROUPS_DIFFER)]


def test_one_phone_given_for_a_whole_village_is_a_clerks_and_joins_nobody() -> None:
    people = [resident(f"{n}", phones=frozenset({"139"})) for n in range(1, 9)]
    households, unsure = form_households(people)
    assert len(households) == 8 and {one.why for one in unsure} == {Link.PHONE_OF_MANY}


def test_the_same_name_of_a_relative_alone_only_raises_the_question() -> None:
    people = [resident(n, relatives=frozenset({"张秀梅"})) for n in "12"]
    assert form_households(people)[1] == [Unsure("1", "2", Link.SAME_RELATIVES)]


residents = st.lists(
    st.builds(
        Resident,
        number=st.integers(1, 40).map(str),
        name=st.sampled_from("甲乙丙丁"),
        village=st.sampled_from(["新坪", "新岭"]),
        phones=st.frozensets(st.sampled_from(["1391", "1392", "1393", "1394"]), max_size=2),
        carer=st.sampled_from(["", "甲", "乙"]),
    ),
    unique_by=lambda one: one.number,
    max_size=20,
)


@settings(deadline=None)
@given(residents)
def test_everybody_is_in_exactly_one_household_whatever_the_order(people: list[Resident]) -> None:
    households, unsure = form_households(people)
    assert sorted(number for home in households for number in home.members) == sorted(one.number for one in people)
    assert form_households(people[::-1]) == (households, unsure)
    home_of = {number: home for home in households for number in home.members}
    assert all(len({one.village for one in people if one.number in home.members}) == 1 for home in households)
    assert all(home_of[one.one] is not home_of[one.other] for one in unsure)
