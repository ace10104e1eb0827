"""The correction workbook: what it shows, that it is harmless, and that it can be sent back as often as one likes."""

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.model.roster_check import FileReport
from services.registry.model.text import clean
from services.registry.roster.checking import check_file
from services.registry.roster.correction import SUMMARY, correction_workbook, harmless
from tests.unit.registry.roster_files import (
    CHILDREN,
    ELDERS,
    VOLUNTEERS,
    check_roster,
    elder,
    elders,
    id_number,
    saved,
    villages,
)


def numbers(report: FileReport) -> dict[tuple[str, int], str]:
    """A 春雨编号 for each person registered."""
    return {(one.sheet, one.row): f"360124103-{at:06d}" for at, one in enumerate(report.people, 1)}


def sent_back(report: FileReport) -> FileReport:
    """The workbook checked as the township would send it, unmended."""
    return check_file("改正.xlsx", correction_workbook(report, numbers(report)), villages())


@pytest.mark.parametrize("name", [ELDERS, CHILDREN, VOLUNTEERS])
def test_a_workbook_sent_back_unmended_has_the_same_faults_and_the_same_people(name: str) -> None:
    report = check_roster(name)
    again = sent_back(report)
    assert sorted((one.kind, one.found) for one in again.faults) == sorted((one.kind, one.found) for one in report.faults)
    told = numbers(report)
    named = {told[one.sheet, one.row]: one.name for one in report.people}
    assert all(one.number and named[one.number] == one.name for one in again.people)
    third = check_file("改正.xlsx", correction_workbook(again, _own(again)), villages())
    assert [one.number for one in third.people] == [one.number for one in again.people]


def _own(report: FileReport) -> dict[tuple[str, int], str]:
    return {(one.sheet, one.row): one.number for one in report.people}


def test_a_mended_row_comes_back_faultless_and_still_says_who_it_is() -> None:
    report = elders(elder(身份证号码=""), elder(姓名="林松", 身份证号码=id_number(serial="159")))
    book = openpyxl.load_workbook(io.BytesIO(correction_workbook(report, numbers(report))))
    page = book["老人"]
    titles = [cell.value for cell in page[2]]
    page.cell(3, titles.index("身份证号码") + 1).value = id_number()
    again = check_file("改正.xlsx", saved(book), villages())
    assert again.faults == ()
    assert [(one.name, one.number, str(one.id_number)) for one in again.people] == [("林梅", "360124103-000001", id_number())]


def test_bad_cells_are_marked_and_say_in_chinese_what_to_do_and_the_number_is_locked() -> None:
    report = elders(elder(子女联系电话="1390000"))
    book = openpyxl.load_workbook(io.BytesIO(correction_workbook(report, numbers(report))))
    page = book["老人"]
    at = [cell.value for cell in page[2]].index("子女联系电话") + 1
    bad = page.cell(3, at)
    assert bad.fill.start_color.rgb == "FFF4B6B6" and bad.comment is not None and "11位" in bad.comment.text
    assert page.protection.sheet and page.cell(3, 1).protection.locked and not bad.protection.locked
    assert page.cell(3, 1).value == "360124103-000001"


def test_the_first_sheet_groups_the_faults_by_kind() -> None:
    report = elders(elder(身份证号码=""), elder(姓名="林松", 身份证号码="", 子女姓名="林一"), elder(姓名=""))
    book = openpyxl.load_workbook(io.BytesIO(correction_workbook(report, {})))
    assert book.sheetnames[0] == SUMMARY
    first = [row[0] for row in book[SUMMARY].iter_rows(values_only=True)]
    assert "缺身份证号：2处" in first and "没有姓名：1处" in first


def test_a_refused_row_has_no_number_and_a_repeated_one_comes_with_the_row_it_repeats() -> None:
    report = elders(elder(), elder())
    book = openpyxl.load_workbook(io.BytesIO(correction_workbook(report, numbers(report))))
    assert [row[0] for row in book["老人"].iter_rows(min_row=3, max_row=4, values_only=True)] == ["360124103-000001", None]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "@SUM(1)", "-2+3", "+1+cmd|x", "\t=1", "＝1+1"])
def test_nothing_in_the_workbook_is_a_formula(text: str) -> None:
    report = elders(elder(备注=text, 身份证号码=""))
    book = openpyxl.load_workbook(io.BytesIO(correction_workbook(report, {})))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type == "s" and cell.number_format == "@" for cell in cells)
    assert not any(str(cell.value).startswith(("=", "@", "-", "\t", "＝", "+1+")) for cell in cells)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_making_a_text_harmless_loses_nothing_that_is_read(text: str) -> None:
    assert clean(harmless(text)) == clean(text)


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_the_workbook_reads_back_as_the_rows_it_was_made_of(
    cells: list[tuple[str, str]],
) -> None:
    rows = [elder(姓名=name, 备注=note, 身份证号码="", 子女姓名=f"林{at}") for at, (name, note) in enumerate(cells)]
    report = elders(*rows)
    again = sent_back(report)
    told = {numbers(report)[one.sheet, one.row]: (one.name, one.note) for one in report.people}
    assert {one.number: (one.name, one.note) for one in again.people} == told
