"""Files that cannot be read are refused as a whole, in clear words, before anything is parsed; odd ones are read by rule."""

import io
import struct
import time
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from services.registry.roster.checking import check_file
from shared.errors import Refused
from tests.unit.registry.roster_files import (
    ELDER_TITLES,
    ELDERS,
    ROSTERS,
    as_csv,
    as_xlsx,
    elder,
    kinds,
    saved,
    villages,
)

GOOD = as_xlsx(老人=[ELDER_TITLES, elder()])


def refusal(name: str, content: bytes) -> str:
    """The code a file is refused with; every refusal says in words what to do."""
    with pytest.raises(Refused) as refused:
        check_file(name, content, villages())
    fault = refused.value.faults[0]
    assert fault.field == "file" and fault.message and fault.do
    return fault.code


def with_part(name: str, part: bytes, content: bytes = GOOD) -> bytes:
    """The workbook with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        new.writestr(name, part)
    return target.getvalue()


def sheet_xml(rows: str, extra: str = "", dimension: str = "A1") -> bytes:
    """A worksheet's XML."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f'<worksheet {space}><dimension ref="{dimension}"/><sheetData>{rows}</sheetData>{extra}</worksheet>'.encode()


def row_xml(number: int, cells: list[str]) -> str:
    """A row of text cells."""
    told = (f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(cells))
    return f'<row r="{number}">{"".join(told)}</row>'


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.xlsx", b"", "empty"),
        ("空.csv", b"\xef\xbb\xbf\r\n \r\n", "empty"),
        ("图.xlsx", b"\x89PNG\r\n\x1a\n0000", "not_a_spreadsheet"),
        ("文.csv", b"%PDF-1.7 ...", "not_a_spreadsheet"),
        ("页.xls", b"<html><table><tr><td>x</td></tr></table></html>", "not_a_spreadsheet"),
        ("旧.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_format"),
        ("密.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("改名.xlsx", as_csv([ELDER_TITLES, elder()]), "csv_renamed"),
        ("改名.csv", GOOD, "xlsx_renamed"),
        ("宏.xlsm", GOOD, "macro_file"),
        ("宏.xlsx", with_part("xl/vbaProject.bin", b"\0"), "macro_file"),
        ("断.xlsx", GOOD[: len(GOOD) // 2], "damaged"),
        ("坏.csv", b"\xff\xff\xff\xfe,\x81\r\n", "encoding"),
        ("零.csv", b"a,b\0c\r\n", "not_a_spreadsheet"),
        ("引号.csv", '姓名,"村（居）\n林梅'.encode(), "csv_broken"),
        ("大.xlsx", b"PK" + b"\0" * (25 * 1024 * 1024), "too_large"),
        ("别的.csv", b"a,b,c\r\n1,2,3\r\n", "no_columns"),
        ("别的.xlsx", as_xlsx(甲=[["a", "b"], ["1", "2"]]), "no_columns"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_clear_words(name: str, content: bytes, code: str) -> None:
    assert refusal(name, content) == code


def test_a_sheet_without_a_column_it_needs_is_refused_and_the_column_is_named() -> None:
    at = ELDER_TITLES.index("身份证号码")
    with pytest.raises(Refused) as refused:
        check_file("老人.csv", as_csv([ELDER_TITLES[:at] + ELDER_TITLES[at + 1 :], elder()]), villages())
    assert refused.value.faults[0].code == "columns_missing"
    assert "身份证号码" in refused.value.faults[0].message


@pytest.mark.parametrize("declaration", [b"<!DOCTYPE x>", b'<!doctype a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'])
def test_a_declared_type_or_entity_is_refused_before_parsing(declaration: bytes) -> None:
    assert refusal("a.xlsx", with_part(SHEET, declaration + sheet_xml(""))) == "entity"
    hidden = (declaration.decode() + sheet_xml("").decode()).encode("utf-16")
    assert refusal("a.xlsx", with_part(SHEET, hidden)) == "entity"


def test_a_decompression_bomb_is_refused_at_once_and_so_is_one_whose_directory_lies() -> None:
    bomb = with_part(SHEET, b" " * (300 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    begun = time.process_time()
    assert refusal("a.xlsx", bomb) == "bomb"
    assert time.process_time() - begun < 5
    size = struct.pack("<L", 300 * 1024 * 1024)
    assert refusal("a.xlsx", bomb.replace(size, struct.pack("<L", 1000))) == "bomb"


def test_a_flood_of_sheets_merged_cells_or_parts_is_refused() -> None:
    merged = "<mergeCells>" + '<mergeCell ref="A1:A2"/>' * 42_000 + "</mergeCells>"
    assert refusal("a.xlsx", with_part(SHEET, sheet_xml("", merged))) == "bomb"
    target = io.BytesIO(GOOD)
    with zipfile.ZipFile(target, "a") as archive:
        for number in range(2, 90):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", sheet_xml(""))
    assert refusal("a.xlsx", target.getvalue()) == "bomb"


def test_a_part_that_stands_twice_is_refused() -> None:
    target = io.BytesIO(GOOD)
    with pytest.warns(UserWarning), zipfile.ZipFile(target, "a") as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
    assert refusal("a.xlsx", target.getvalue()) == "damaged"


def test_a_changed_byte_is_noticed() -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        at = archive.getinfo(SHEET).header_offset + 80
    assert refusal("a.xlsx", GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]) == "damaged"


def test_rows_are_counted_from_cells_whatever_the_dimension_says() -> None:
    rows = row_xml(1, ELDER_TITLES) + "".join(row_xml(at, elder(姓名=f"林{at}")) for at in range(2, 5))
    for dimension in ("A1", "A1:XFD1048576"):
        assert check_file("a.xlsx", with_part(SHEET, sheet_xml(rows, dimension=dimension)), villages()).rows == 3


def test_a_cell_at_the_far_corner_is_refused_and_an_empty_one_there_is_nothing() -> None:
    rows = row_xml(1, ELDER_TITLES) + row_xml(2, elder())
    far = '<row r="1048576"><c r="XFD1048576" t="n">{}</c></row>'
    assert refusal("a.xlsx", with_part(SHEET, sheet_xml(rows + far.format("<v>1</v>")))) == "too_many_rows"
    empty = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert check_file("a.xlsx", with_part(SHEET, sheet_xml(rows + empty)), villages()).rows == 1


def test_more_than_a_hundred_thousand_rows_are_refused() -> None:
    assert refusal("a.csv", as_csv([ELDER_TITLES]) + b"1,2,3\r\n" * 100_100) == "too_many_rows"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_the_encodings_of_the_field(encoding: str) -> None:
    report = check_file("老人.csv", as_csv([ELDER_TITLES, elder(姓名="𠮷梅")], encoding), villages())
    assert [person.name for person in report.people] == ["𠮷梅"] and not report.faults


def test_title_rows_blank_rows_totals_and_repeated_headers_are_no_rows() -> None:
    rows = [["文港镇老人花名册"], [], ELDER_TITLES, elder(), ["2"], [], ELDER_TITLES, ["合计", "", "1人"], ["填表人：甲"]]
    report = check_file("a.csv", as_csv(rows), villages())
    assert (report.rows, [person.row for person in report.people], report.faults) == (1, [4], ())


def test_a_header_over_two_rows_and_a_village_merged_downwards_are_read() -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["姓名", "村组", "身份证", "监护人", "", "父亲", "", "母亲", ""])
    page.append(["", "", "", "姓名", "电话", "姓名", "电话", "姓名", "电话"])
    for name in ("林一", "林二"):
        page.append([name, "新坪村", "", "林梅", "13900001111", "林山", "13900001112", "", ""])
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:G1", "H1:I1", "B3:B4"):
        page.merge_cells(area)
    report = check_file("儿童.xlsx", saved(book), villages())
    assert [(one.name, one.village, len(one.relatives)) for one in report.people] == [
        ("林一", "360124103210", 2),
        ("林二", "360124103210", 2),
    ]


def test_a_hidden_sheet_is_not_read_and_that_is_said() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(老人=[ELDER_TITLES, elder()], 藏=[ELDER_TITLES, elder(姓名="甲")])))
    book["藏"].sheet_state = "hidden"
    report = check_file("a.xlsx", saved(book), villages())
    assert report.rows == 1 and any("藏" in note for note in report.notes)


def test_a_formula_without_a_value_or_with_an_error_is_given_back_and_never_run() -> None:
    row = elder(备注="=1+1", 子女姓名="#REF!")
    report = check_file("a.xlsx", as_xlsx(老人=[ELDER_TITLES, row]), villages())
    assert sorted(kinds(report)) == [(2, "cell_unreadable"), (2, "cell_unreadable")]
    assert len(report.people) == 1


def test_days_are_the_same_days_in_a_sheet_that_counts_from_1904() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    row: list[object] = list(elder())
    row[ELDER_TITLES.index("出生年月")] = date(1950, 5, 22)
    for cells in (ELDER_TITLES, row):
        book.worksheets[0].append(cells)
    assert check_file("a.xlsx", saved(book), villages()).faults == ()


def test_a_day_before_march_1900_is_not_trusted() -> None:
    book = openpyxl.Workbook()
    for cells in (ELDER_TITLES, elder()):
        book.worksheets[0].append(cells)
    cell = book.worksheets[0].cell(2, ELDER_TITLES.index("出生年月") + 1, 60)
    cell.number_format = "yyyy-mm-dd"
    assert kinds(check_file("a.xlsx", saved(book), villages())) == [(2, "birth_unreadable")]


def test_any_cut_or_changed_file_is_refused_or_read_and_never_crashes() -> None:
    whole = (ROSTERS / ELDERS).read_bytes()
    for at in range(0, len(whole), 997):
        for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            try:
                check_file("a.xlsx", broken, villages())
            except Refused as refused:
                assert refused.faults[0].do
