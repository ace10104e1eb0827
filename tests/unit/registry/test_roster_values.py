"""Single values as rosters spell them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.model.availability import FreeDays, FreeTime, read_free_time
from services.registry.model.categories import ELDER_SPELLINGS, left_behind_ends, split_categories
from services.registry.model.day import read_birth
from services.registry.model.id_number import IdNumber
from services.registry.model.phone import PhoneNumber, split_phones
from services.registry.model.text import clean, folded, name_as_written, name_key
from services.registry.model.villages import split_group
from shared.errors import Refused
from tests.unit.registry.roster_files import id_number, villages

digits = st.text("0123456789", min_size=9, max_size=9)


@pytest.mark.parametrize(
    "written",
    ["139 0000 1111", "139-0000-1111", "+8613900001111", "１３９００００１１１１", "'13900001111", "13900001111.0",
     "008613900001111", "13900001111（妈妈）", "电话:13900001111", "\u200b139\u30000000 1111"],
)  # fmt: skip
def test_one_mobile_number_has_many_spellings(written: str) -> None:
    assert str(PhoneNumber.read(written)) == "13900001111"


@pytest.mark.parametrize("written", ["0791-85567363", "(0791)85567363", "+86 791 85567363", "０７９１－８５５６７３６３"])
def test_a_landline_keeps_its_area_code(written: str) -> None:
    phone = PhoneNumber.read(written)
    assert (str(phone), phone.is_mobile, phone.e164) == ("079185567363", False, "+8679185567363")


@pytest.mark.parametrize(
    ("written", "kind"),
    [("1891707532", "phone_short"), ("85567363", "phone_short"), ("12345678901", "phone_unreadable"),
     ("139000011112", "phone_unreadable"), ("没带手机", "phone_unreadable"), ('{"$ne": ""}', "phone_unreadable")],
)  # fmt: skip
def test_what_is_no_whole_number_is_never_completed(written: str, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        PhoneNumber.read(written)
    assert refused.value.faults[0].code == kind


def test_one_cell_may_hold_two_numbers() -> None:
    assert split_phones("15952578004/18903202804") == ["15952578004", "18903202804"]
    assert split_phones("15952578004 18903202804") == ["15952578004", "18903202804"]
    assert split_phones("159 5257 8004、0791-85567363") == ["159 5257 8004", "0791-85567363"]


@settings(deadline=None)
@given(st.sampled_from("3456789"), digits)
def test_reading_a_phone_number_again_changes_nothing(second: str, rest: str) -> None:
    phone = PhoneNumber.read(f"+86 1{second}{rest[:2]}-{rest[2:]}")
    assert PhoneNumber.read(str(phone)) == phone == PhoneNumber.read(phone.e164)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_whatever_breaks_a_reading(text: str) -> None:
    for read in (PhoneNumber.read, IdNumber.read, read_birth):
        try:
            read(text)
        except Refused as refused:
            assert refused.faults[0].do


@settings(deadline=None)
@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert folded(folded(text)) == folded(text)
    assert name_key(name_as_written(text)) == name_key(text)


def test_an_id_number_checks_itself_and_knows_birth_and_sex() -> None:
    number = IdNumber.read(" 360124 19570222 8298 ")
    assert (str(number), str(number.birth), number.sex) == ("360124195702228298", "1957-02-22", "male")
    assert str(IdNumber.read("36012419400307503x")) == "36012419400307503X"


@pytest.mark.parametrize(
    ("written", "kind"),
    [("3.60124E+17", "id_float"), ("3.601241949010599E+17", "id_float"), ("360124194110298775", "id_checksum"),
     ("360124500522157", "id_checksum"), (id_number("19500230"), "id_checksum")],
)  # fmt: skip
def test_a_spoilt_id_number_is_never_rebuilt(written: str, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        IdNumber.read(written)
    assert refused.value.faults[0].code == kind


@pytest.mark.parametrize(
    ("written", "read"),
    [("1941年10月", "1941-10"), ("1941年10月3日", "1941-10-03"), ("1956.9", "1956-09"), ("19381129", "1938-11-29"),
     ("1941-07-15", "1941-07-15"), ("1941/7/15", "1941-07-15"), ("１９４１．７", "1941-07"), ("1949", "1949")],
)  # fmt: skip
def test_days_are_written_in_many_ways(written: str, read: str) -> None:
    assert str(read_birth(written)) == read


@pytest.mark.parametrize("written", ["34/2/8", "2016.13.1", "1900-02-29", "农历八月初三", "78岁", "78", "12/3/1949"])
def test_what_could_be_two_days_or_none_is_never_guessed(written: str) -> None:
    with pytest.raises(Refused) as refused:
        read_birth(written)
    assert refused.value.faults[0].code == "birth_unreadable"


def test_a_two_digit_year_is_read_with_the_id_numbers_help() -> None:
    assert str(read_birth("34/2/8", "19340208")) == "1934-02-08"
    assert str(read_birth("15/3/1", "20150301")) == "2015-03-01"


def test_a_number_may_have_lost_the_zero_of_october() -> None:
    with pytest.raises(Refused):
        read_birth("1962.1", as_number=True)
    assert str(read_birth("1962.1", "19621019", as_number=True)) == "1962-10"


def test_a_day_that_contradicts_a_sound_id_number_is_a_conflict_and_a_spoilt_one_proves_nothing() -> None:
    with pytest.raises(Refused) as refused:
        read_birth("1950-05-21", "19500522")
    assert refused.value.faults[0].code == "birth_conflict"
    assert str(read_birth("1950-05-21", "19500522", certain=False)) == "1950-05-21"


@settings(deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_written_out_is_read_as_itself(day: date) -> None:
    for written in (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert read_birth(written).whole == day


def test_several_categories_in_one_cell_and_their_many_endings() -> None:
    for written, read in {
        "独居（空巢）": ["living_alone", "empty_nest"],
        "空巢、留守": ["empty_nest", "left_behind"],
        "孤寡老人": ["widowed_alone"],
        "计生特殊家庭": ["lost_only_child"],
        "五保户": ["destitute_support"],
    }.items():
        assert [ELDER_SPELLINGS[word] for word in split_categories(written)] == read


def test_left_behind_ends_on_the_sixteenth_birthday() -> None:
    assert str(left_behind_ends(date(2012, 2, 29))) == "2028-02-29"
    assert str(left_behind_ends(date(2010, 11, 24))) == "2026-11-24"


@pytest.mark.parametrize(
    ("written", "name"),
    [("新坪", "新坪村委会"), ("新坪村", "新坪村委会"), ("新坪村委会8组", "新坪村委会"), ("前途", "前途村委会"),
     ("前途社区", "前途社区居委会"), ("前途社区居委会", "前途社区居委会"), ("长塘村党支部", "长塘村委会"),
     ("文港镇南湾村十一组", "南湾村委会"), ("大街社区党支部", "大街社区居委会")],
)  # fmt: skip
def test_a_village_has_many_spellings(written: str, name: str) -> None:
    found = villages().find(written, "360124103")
    assert found is not None and found.name == name


def test_every_village_of_the_county_is_found_by_its_own_name() -> None:
    index = villages()
    assert all(index.find(village.name, village.township) == village for village in index.villages.values())


def test_a_name_that_two_townships_have_is_no_village() -> None:
    assert villages().find("罗家村委会") is None


def test_the_group_stands_behind_the_village() -> None:
    assert split_group("新坪村委会8组") == ("新坪村委会", "8")
    assert split_group("前途社区居委会") == ("前途社区居委会", "")


def test_free_time_is_a_kind_of_days_or_a_count_of_them() -> None:
    assert read_free_time("平时晚上").days is FreeDays.EVENINGS
    assert read_free_time("2天") == FreeTime(days_a_month=2) == read_free_time("2")
    assert read_free_time("") == FreeTime()
    assert FreeTime(days_a_month=0).households == 0
