"""What each source says it told on a day, held against the log: a lost tail shows, and by which entry."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.audit.export.bundle import selected_parts
from services.audit.log.folder import TileFolder
from services.audit.model.selection import SPAN, Selection
from services.audit.verifier import Report, verify_bundle
from shared.clock import county_day_of_hour
from shared.units import sums
from tests.unit.audit.logs import COUNTY, KEY, event, exported, id_, root_of, signed

SOURCE = f"{COUNTY}/scheduler"


def ids(numbers: Sequence[int]) -> list[str]:
    return [id_(1_000_000 + number) for number in numbers]


def said(noun: str, numbers: Sequence[int]) -> str:
    """A sum as its source tells it, by the backbone's own code."""
    total = sums.summed((noun, each) for each in ids(numbers))[noun]
    return f"{noun}|{total.events}|{total.hexadecimal}"


def count(number: int, day: str, *told: str, **more: Any) -> bytes:
    """A day's count, told ten minutes after the day's end."""
    data = {"day": day, "sums": list(told), **more}
    return event(number, type="day.counted.v1", time=f"{day}T16:10:00Z", data=data)


def visit(number: int, day: str, hour: int = 3) -> bytes:
    return event(number, time=f"{day}T{hour:02d}:00:00Z")


def verified(where: Path, entries: list[bytes]) -> Report:
    return verify_bundle(exported(where, entries), KEY)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


MONDAY, TUESDAY, THURSDAY = "2026-11-02", "2026-11-03", "2026-11-05"


def test_days_that_agree_are_complete_through_the_last_of_them(tmp_path: Path) -> None:
    told = [visit(1, MONDAY), visit(2, MONDAY), count(3, MONDAY, said("visit", [1, 2]))]
    told += [visit(4, TUESDAY), count(5, TUESDAY, said("day", [3]), said("visit", [4]))]
    report = verified(tmp_path, told)
    assert report.holds
    assert (report.days[SOURCE].first, report.days[SOURCE].through) == (MONDAY, TUESDAY)
    assert f"来源 {SOURCE}：{MONDAY} 至 {TUESDAY} 每天的总数与日志一致" in report.lines("zh")


def test_the_last_event_of_a_thing_that_never_came_shows_in_the_days_count(tmp_path: Path) -> None:
    report = verified(tmp_path, [visit(1, MONDAY), count(3, MONDAY, said("visit", [1, 2]))])
    assert [(each.code, each.entry, each.place) for each in report.findings] == [("day_differs", 1, SOURCE)]
    assert report.findings[0].detail == f"{MONDAY}: visit 2/1"
    assert (report.sound, report.days[SOURCE].through) == (True, "")


def test_an_event_its_source_does_not_know_shows_too(tmp_path: Path) -> None:
    report = verified(tmp_path, [visit(1, MONDAY), visit(2, MONDAY), count(3, MONDAY, said("visit", [1]))])
    assert codes(report) == ["day_differs"]


def test_another_event_in_the_place_of_the_one_told_shows_though_the_number_is_right(tmp_path: Path) -> None:
    assert codes(verified(tmp_path, [visit(1, MONDAY), count(3, MONDAY, said("visit", [2]))])) == ["day_differs"]


def test_a_kind_of_event_of_which_nothing_came_shows(tmp_path: Path) -> None:
    report = verified(tmp_path, [visit(1, MONDAY), count(3, MONDAY, said("visit", [1]), said("wish", [7]))])
    assert report.findings[0].detail == f"{MONDAY}: wish 1/0"


def test_a_count_may_stand_before_what_it_counts(tmp_path: Path) -> None:
    assert verified(tmp_path, [count(3, MONDAY, said("visit", [1])), visit(1, MONDAY)]).holds


def test_a_day_counted_twice_must_agree_both_times(tmp_path: Path) -> None:
    entries = [visit(1, MONDAY), count(3, MONDAY, said("visit", [1])), count(4, MONDAY, said("visit", [1, 2]))]
    assert [(each.code, each.entry) for each in verified(tmp_path, entries).findings] == [("day_differs", 2)]


def test_a_day_nobody_counted_ends_what_is_known_to_be_complete(tmp_path: Path) -> None:
    entries = [count(3, MONDAY), visit(4, THURSDAY), count(5, THURSDAY, said("visit", [4]))]
    report = verified(tmp_path, entries)
    assert report.holds
    assert (report.days[SOURCE].through, report.days[SOURCE].uncounted) == (MONDAY, (TUESDAY, "2026-11-04"))
    assert any(TUESDAY in line for line in report.lines("zh"))


def test_a_second_body_under_an_id_is_no_event_more(tmp_path: Path) -> None:
    other = event(1, subject=9, time=f"{MONDAY}T03:00:00Z")
    report = verified(tmp_path, [visit(1, MONDAY), other, count(3, MONDAY, said("visit", [1]))])
    assert codes(report) == ["id_twice"]


@pytest.mark.parametrize("hour", ["2026-11-02T15", "2026-11-02T16", "2027-12-31T16", "2026-02-28T23"])
def test_the_verifiers_county_day_is_the_services_own(tmp_path: Path, hour: str) -> None:
    day = county_day_of_hour(hour)
    entries = [event(1, time=f"{hour}:59:59Z"), count(3, day, said("visit", [1]))]
    report = verified(tmp_path, entries)
    assert (codes(report), report.days[SOURCE].through) == ([], day)


def test_the_verifiers_sum_is_the_hash_of_the_ids() -> None:
    total = sum(int.from_bytes(hashlib.sha256(each.encode()).digest(), "big") for each in ids([1, 2])) % 2**256
    assert said("visit", [1, 2]) == f"visit|2|{total:064x}"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"day": 7, "sums": []},
        {"day": "2026-11-31", "sums": []},
        {"day": "2026-11-02\n", "sums": []},
        {"day": MONDAY, "sums": "visit|1|00"},
        {"day": MONDAY, "sums": ["visit|1"]},
        {"day": MONDAY, "sums": ["visit|-1|" + "0" * 64]},
        {"day": MONDAY, "sums": ["visit|1|" + "G" * 64]},
        {"day": MONDAY, "sums": ["a\tb|1|" + "0" * 64]},
    ],
)
def test_a_count_of_no_known_form_is_named(tmp_path: Path, data: dict[str, Any]) -> None:
    report = verified(tmp_path, [visit(1, MONDAY), event(3, type="day.counted.v1", data=data)])
    assert [(each.code, each.entry) for each in report.findings] == [("count_form", 1)]


def test_days_are_not_judged_in_a_damaged_copy(tmp_path: Path) -> None:
    path = exported(tmp_path, [visit(1, MONDAY), visit(2, MONDAY), count(3, MONDAY, said("visit", [1, 2]))])
    path.write_bytes(path.read_bytes().replace(visit(2, MONDAY), visit(4, MONDAY)))
    report = verify_bundle(path, KEY)
    assert (codes(report), report.judged, report.days) == (["entry"], False, {})


def span(where: Path, entries: list[bytes], places: range, first_day: str = "") -> Report:
    """A part of the log over these entries."""
    exported(where, entries)
    note = signed(len(entries), root_of(entries))
    parts = selected_parts(TileFolder(where / "log"), note, KEY, Selection(SPAN, "", first_day), places)
    (where / "span.tar").write_bytes(b"".join(parts))
    return verify_bundle(where / "span.tar", KEY)


def test_a_span_shows_which_of_its_days_are_complete_and_is_not_blamed_for_the_day_before(tmp_path: Path) -> None:
    entries = [visit(1, MONDAY), count(3, MONDAY, said("visit", [1]))]
    entries += [visit(4, TUESDAY), count(5, TUESDAY, said("day", [3]), said("visit", [4]))]
    report = span(tmp_path, entries, range(1, 4), TUESDAY)
    assert (report.holds, report.elsewhere, report.days[SOURCE].through) == (True, [], TUESDAY)


def test_a_day_that_is_not_whole_within_a_span_is_named_and_is_no_fault(tmp_path: Path) -> None:
    entries = [visit(1, MONDAY), visit(2, MONDAY), count(3, MONDAY, said("visit", [1, 2]))]
    report = span(tmp_path, entries, range(1, 3))
    assert (report.holds, [each.code for each in report.elsewhere]) == (True, ["day_differs"])
    assert report.days[SOURCE].through == ""
