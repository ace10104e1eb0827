"""Each contradiction fires on what speaks against itself, and not on the honest oddity that looks like it."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from services.audit.evidence.rules import RULES
from services.audit.evidence.rules.finding import Finding
from services.audit.model.concern import RULES as CONCERN_RULES
from shared.events.audit import CONTRADICTIONS
from tests.bench.concerns import KEPT_APART, TUNED_ON, find_all
from tests.bench.invented_county import County, Volunteer, honest
from tests.bench.planted import PLANTS, plant

Doc = dict[str, Any]
LONG = "老人坐在门口晒太阳，膝盖比上周好些，说孙子考了第一名，想给他买一双新球鞋，灶台的灯坏了要找人来修"


@pytest.fixture(scope="module")
def volunteers() -> list[Volunteer]:
    return honest(1).volunteers


@pytest.fixture
def county(volunteers: list[Volunteer]) -> County:
    """Where nothing was told yet. Names begin far from those that its volunteers got."""
    return County(Random(1), volunteers, count=10**6)


def kinds(county: County) -> list[str]:
    return sorted(finding.kind for finding in find_all(county))


def one(county: County, kind: str) -> Finding:
    (finding,) = [each for each in find_all(county) if each.kind == kind]
    return finding


def somebody(county: County) -> Volunteer:
    return county.volunteers[0]


def in_a_row(county: County, many: int, seconds: float, **changed: Any) -> list[Doc]:
    """So many homes told by one account, one after the other."""
    start = county.when(3, 20)
    hours = [start + timedelta(seconds=seconds * place) for place in range(many)]
    return [county.visit(somebody(county), county.id("h"), at, checked_in_at=at, **changed) for at in hours]


def test_there_is_a_rule_for_each_kind_and_it_goes_above_the_branch() -> None:
    assert {rule.kind for rule in RULES} == set(CONTRADICTIONS) == set(PLANTS)
    assert all(CONCERN_RULES[rule.kind].levels == ("township",) for rule in RULES)
    told = Finding("burst", "w", ("c/t/v",), ("e",), 10)
    assert (told.level, told.place) == ("township", "c/t/v")
    assert Finding("burst", "w", ("c/t",), ("e",), 10).level == "county", "a township does not judge itself"
    assert Finding("burst", "w", ("c/t/v", "c/u/v"), ("e",), 10).level == "county"


def test_ten_homes_in_a_minute_are_a_burst_and_show_each_report(county: County) -> None:
    rows = in_a_row(county, 12, 4)
    finding = one(county, "burst")
    assert (finding.about, finding.times) == (somebody(county).id, 12)
    assert set(finding.shows) == {row["event"] for row in rows}


def test_a_festival_group_a_list_keyed_in_and_one_household_are_no_burst(county: County) -> None:
    in_a_row(county, 25, 2, kind="festival_visit")
    in_a_row(county, 25, 15, by="clerk", actor="clerk")
    in_a_row(county, 12, 4, household="grandmother and two children", actor="other")
    assert kinds(county) == []


def test_reports_of_the_evening_are_told_at_the_hour_of_the_door(county: County) -> None:
    rows = in_a_row(county, 12, 4)
    for place, row in enumerate(rows):
        row["checked_in_at"] = county.when(3, 8 + place / 2)
    assert kinds(county) == []


def test_nobody_is_in_two_townships_within_minutes(county: County) -> None:
    volunteer, at = somebody(county), county.when(4, 10)
    county.visit(volunteer, "here", at + timedelta(minutes=40), checked_in_at=at)
    there = at + timedelta(minutes=10)
    county.visit(volunteer, "there", at + timedelta(minutes=50), checked_in_at=there, branch="c/t9/v")
    finding = one(county, "two_places")
    assert (finding.about, finding.level) == (volunteer.id, "county")


def test_next_door_and_a_button_forgotten_at_the_door_are_not_two_places(county: County) -> None:
    volunteer, at = somebody(county), county.when(4, 10)
    for place in range(3):
        then = at + timedelta(minutes=place)
        county.visit(volunteer, county.id("h"), then + timedelta(minutes=30), checked_in_at=then)
    for place in range(3):
        then = at + timedelta(hours=8, seconds=30 * place)
        later = then + timedelta(seconds=8)
        county.visit(volunteer, county.id("h"), later, checked_in_at=then, branch=f"c/t0/{place}")
    assert kinds(county) == []


def test_a_paragraph_in_three_homes_is_copied_and_a_short_honest_word_never(county: County) -> None:
    volunteer = somebody(county)
    for day in range(1, 4):
        county.note(county.visit(volunteer, county.id("h"), county.when(day, 9)), LONG)
    assert one(county, "copied_report").times == 3
    county.rows["visits"].clear()
    for day in range(1, 28):
        county.note(county.visit(volunteer, county.id("h"), county.when(day, 9)), "一切都好")
    assert kinds(county) == []


def test_a_phrase_many_people_use_and_a_clerks_remark_are_not_copied(county: County) -> None:
    for volunteer in county.volunteers:
        county.note(county.visit(volunteer, county.id("h"), county.when(5, 9)), "老人身体健康精神状态良好没有特殊需求")
    for row in in_a_row(county, 20, 20, by="clerk", actor="clerk"):
        county.note(row, "按纸质走访名单补录老人情况正常没有新的需求")
    assert kinds(county) == []
    for row in in_a_row(county, 7, 3000):
        county.note(row, "老人身体健康精神状态良好没有特殊需求")
    assert kinds(county) == ["copied_report"]


def test_a_number_of_five_homes_speaks_and_one_of_three_neighbours_does_not(county: County) -> None:
    for many, number in ((3, "neighbours"), (5, "clerk")):
        for _ in range(many):
            county.person("c/t/v", county.id("h"), number)
    for _ in range(9):
        county.person("c/t/v", "one home", "of one family")
    assert (one(county, "shared_number").per, one(county, "shared_number").times) == ("clerk", 5)


def test_a_device_of_four_volunteers_speaks_and_a_couples_or_an_offices_does_not(county: County) -> None:
    people = county.volunteers
    for volunteer in people[:2]:
        county.visit(volunteer, "h", county.when(1, 9), device="couple")
    for volunteer in people[:8]:
        county.visit(volunteer, county.id("h"), county.when(2, 9), device="office", by="clerk", actor=county.id("a"))
    assert kinds(county) == []
    for volunteer in people[:4]:
        county.visit(volunteer, county.id("h"), county.when(3, 9), device="one")
    assert one(county, "shared_device").per == "one"


def answers(county: County, *seconds: int) -> None:
    for day, after in enumerate(seconds, 1):
        county.answer(county.visit(somebody(county), county.id("h"), county.when(day, 9)), "came", after)


def test_three_homes_that_answer_within_seconds_speak_and_a_grandchild_does_not(county: County) -> None:
    answers(county, 4, 300, 900)
    assert kinds(county) == []
    answers(county, 5, 6)
    finding = one(county, "quick_answers")
    assert (finding.times, bool(finding.record)) == (3, True)
    answers(county, *[400] * 6)
    assert kinds(county) == [], "three of eleven"


def test_answers_against_each_other_speak_and_two_that_agree_do_not(county: County) -> None:
    row = county.visit(somebody(county), "h", county.when(1, 9))
    county.answer(row, "came", 60)
    county.answer(row, "came", 90)
    assert kinds(county) == []
    no = county.answer(row, "did_not_come", 120)
    finding = one(county, "answers_differ")
    assert (finding.about, finding.record) == (row["_id"], no["record"])


def month(county: County, early: int, late: int, **changed: Any) -> None:
    for place in range(early + late):
        day = 28 + place % 3 if place < late else 1 + place % 27
        county.visit(somebody(county), county.id("h"), county.when(day, 9), **changed)


def test_half_a_month_in_its_last_days_speaks_and_what_the_weather_moved_does_not(county: County) -> None:
    month(county, 15, 15)
    assert one(county, "before_deadline").per == "2026-09"
    county.rows["visits"].clear()
    month(county, 20, 9)
    month(county, 0, 30, weather=True)
    month(county, 0, 30, kind="festival_visit")
    assert kinds(county) == []


def test_four_put_offs_in_a_row_speak_and_illness_or_weather_does_not(county: County) -> None:
    county.put_off("c/t/v", "ill", 3, 3)
    county.put_off("c/t/v", "flood", 3, 6, "weather")
    county.put_off("c/t/v", "twice three", 3, 3)
    county.put_off("c/t/v", "twice three", 20, 3)
    assert kinds(county) == []
    county.put_off("c/t/v", "put off", 3, 4)
    assert one(county, "moved_often").about == "put off"


def test_hard_cases_that_leave_before_a_quarter_ends_speak_and_leavers_on_any_day_do_not(county: County) -> None:
    for day in (-60, -40, -20, 5, 24):
        county.end("c/t/quiet", day)
    for day in (22, 25, 30):
        county.end("c/t/v", day, "band_lowered")
    finding = one(county, "hard_cases")
    assert (finding.about, finding.per, finding.times) == ("v", "2026-09-30", 3)
    for day in range(-60, 20, 4):
        county.end("c/t/v", day)
    assert kinds(county) == [], "this branch loses somebody every week"


def test_honest_months_are_quiet_and_planted_ones_are_not() -> None:
    """A small part of the suite `concerns` (make bench-concerns), on a seed that thresholds were set on."""
    seed = TUNED_ON[0]
    assert not set(TUNED_ON) & set(KEPT_APART)
    assert len(find_all(honest(seed))) <= 1
    county = honest(seed)
    plants = plant(county, 2)
    found = find_all(county)
    assert {finding.kind for finding in found} == set(CONTRADICTIONS)
    hit = [each for each in plants if any(f.kind == each.kind and not each.events.isdisjoint(f.shows) for f in found)]
    assert len(hit) * 10 >= len(plants) * 6
