"""The three rosters of 文港镇 as the township sent them: every wrong row is found, and no other."""

from collections import defaultdict

import pytest

from services.registry.model.relations import Presence, Role, Standing
from tests.unit.registry.roster_files import CHILDREN, ELDERS, VOLUNTEERS, check_roster, truth

FILES = {"elders": ELDERS, "children": CHILDREN, "volunteers": VOLUNTEERS}


@pytest.mark.parametrize("who", FILES)
def test_every_wrong_row_is_found_with_its_kinds_and_no_other_row(who: str) -> None:
    found: dict[object, list[str]] = defaultdict(list)
    for fault in check_roster(FILES[who]).faults:
        found[(fault.sheet, fault.row) if who == "volunteers" else fault.row].append(fault.kind.value)
    told = {
        tuple(wrong["row"]) if isinstance(wrong["row"], list) else wrong["row"]: wrong["wrong"]
        for wrong in truth()["wrong"][who]
    }
    assert {row: sorted(kinds) for row, kinds in found.items()} == {row: sorted(told[row]) for row in told}


@pytest.mark.parametrize("who", FILES)
def test_everybody_listed_is_counted_and_only_refused_rows_are_not_registered(who: str) -> None:
    report = check_roster(FILES[who])
    assert report.rows == truth()["counts"][who]
    assert len(report.people) == report.rows - report.refused


def test_the_report_has_the_seven_keys_that_were_agreed_and_shows_the_cell_as_sent() -> None:
    told = check_roster(ELDERS).to_json()
    faults = told["faults"]
    assert isinstance(faults, list)
    assert set(told) == {"file", "rows", "faults"}
    assert all(set(fault) == {"sheet", "row", "column", "kind", "severity", "found", "do"} for fault in faults)
    by_row = {fault["row"]: fault for fault in faults}
    assert by_row[9]["found"] == "1891707532"
    assert by_row[41]["found"].startswith("3.60124194901") and by_row[41]["column"] == "身份证号码"
    assert {row for row, fault in by_row.items() if fault["severity"] == "refused"} == {39, 133}


def test_a_bad_value_is_not_stored_with_the_person() -> None:
    people = {person.row: person for person in check_roster(ELDERS).people}
    assert people[4].id_number is None  # its check digit fails
    assert people[9].relatives[0].phones == ()  # ten digits
    assert str(people[69].birth) == "1935-05-15"  # 35/5/15, read with the help of the spoilt ID number


def test_every_person_of_the_township_has_a_village() -> None:
    for name in (ELDERS, CHILDREN):
        assert all(person.village.startswith("360124103") for person in check_roster(name).people)


def test_a_child_has_a_carer_at_home_and_parents_away_in_the_order_to_call() -> None:
    child = check_roster(CHILDREN).people[0]
    told = [(one.order, one.role, one.standing, one.presence) for one in child.relatives]
    assert told == [
        (1, Role.UNCLE, Standing.ENTRUSTED_CARER, Presence.HOME),
        (2, Role.FATHER, Standing.LEGAL_GUARDIAN, Presence.AWAY),
        (3, Role.MOTHER, Standing.LEGAL_GUARDIAN, Presence.AWAY),
    ]


def test_a_child_without_anyone_at_home_is_a_concern_and_a_missing_guardian_stays_a_fault() -> None:
    report = check_roster(CHILDREN)
    alone = {person.row for person in report.people if person.child and person.child.no_adult_in_house}
    assert alone == {fault.row for fault in report.faults if fault.kind == "guardian_missing"}
