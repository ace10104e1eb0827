"""The correction workbook: what is wrong, grouped by kind, and the original rows to mend in place and send again.

A locked column 春雨编号 says who each row is, so that mending renames nobody and doubles nobody. Every cell is text and
harmless to open: nothing a roster brought in may run as a formula (docs/faults.md). Holds personal data: seal it.
"""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from services.registry.model.roster_check import FileReport, SheetReport
from services.registry.model.roster_columns import NUMBER_HEADER, ROW_HEADER, RosterKind
from services.registry.model.roster_faults import KINDS, REFUSED, FaultKind, RosterFault

SUMMARY = "问题清单"
KIND_NAMES = {RosterKind.ELDERS: "老人", RosterKind.CHILDREN: "儿童", RosterKind.VOLUNTEERS: "志愿者"}
_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BAD, _LOCKED, _HEAD = (PatternFill("solid", start_color=colour) for colour in ("FFF4B6B6", "FFE3E3E3", "FFD9EAD3"))
_OPEN = Protection(locked=False)
_SUMMARY_TITLES = ("问题", "处理", "工作表", "行", "列", "原内容", "怎么办")


def correction_workbook(report: FileReport, numbers: Mapping[tuple[str, int], str]) -> bytes:
    """An .xlsx of the rows with faults. `numbers` maps (sheet, row) of the checked file to the person's 春雨编号;
    refused rows have none. A report without faults gives a workbook with an empty list."""
    book = Workbook()
    summary = book.worksheets[0]
    summary.title = SUMMARY
    names = _sheet_names(report.sheets)
    _write_summary(summary, report.faults, names)
    for sheet in report.sheets:
        if sheet.originals:
            faults = [fault for fault in report.faults if fault.sheet == sheet.name]
            _write_sheet(book.create_sheet(names[sheet.name]), sheet, faults, numbers)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def harmless(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet could take it for a formula; phone numbers stay as they are.
    Reading takes the apostrophe off again (`model.text.clean`)."""
    shown = ILLEGAL_CHARACTERS_RE.sub(lambda bad: " " if bad[0] in "\v\f" else "", text)
    plain_number = shown[:1] in "+-" and shown[1:].replace(" ", "").replace("-", "").isdigit()
    return "'" + shown if shown.startswith(_LEADING) and not plain_number else shown


def _sheet_names(sheets: Sequence[SheetReport]) -> dict[str, str]:
    return {sheet.name: sheet.name or KIND_NAMES[sheet.kind] for sheet in sheets}


def _write_summary(page: Worksheet, faults: Sequence[RosterFault], names: Mapping[str, str]) -> None:
    grouped: dict[FaultKind, list[RosterFault]] = defaultdict(list)
    for fault in faults:
        grouped[fault.kind].append(fault)
    _put_row(page, 1, _SUMMARY_TITLES, _HEAD)
    row = 2
    for kind in (kind for kind in KINDS if kind in grouped):
        _put_row(page, row, (f"{KINDS[kind].title}：{len(grouped[kind])}处",), _HEAD)
        for row, fault in enumerate(grouped[kind], row + 1):  # noqa: B020 - goes on from the title's row
            severity = "未登记" if fault.severity == REFUSED else "已登记，待改"
            where = (names[fault.sheet], str(fault.row), fault.column, fault.found, fault.do)
            _put_row(page, row, (KINDS[kind].title, severity, *where))
        row += 1
    _widths(page, (22, 14, 14, 8, 18, 26, 60))
    page.protection.sheet = True


def _write_sheet(
    page: Worksheet, sheet: SheetReport, faults: Sequence[RosterFault], numbers: Mapping[tuple[str, int], str]
) -> None:
    kept = [index for index, title in enumerate(sheet.titles) if title not in (NUMBER_HEADER, ROW_HEADER)]
    titles = [sheet.titles[index] for index in kept]
    _put_row(page, 1, (f"{sheet.township}{KIND_NAMES[sheet.kind]}名册：待改的行（红色处改好后原样上传）",))
    _put_row(page, 2, (NUMBER_HEADER, ROW_HEADER, *titles), _HEAD)
    marks: dict[int, list[RosterFault]] = defaultdict(list)
    for fault in faults:
        marks[fault.row].append(fault)
    for at, (row, cells) in enumerate(sheet.originals.items(), 3):
        own = [cells[index] if index < len(cells) else "" for index in kept]
        _put_row(page, at, (numbers.get((sheet.name, row), ""), str(row), *own))
        for index in (1, 2):
            page.cell(at, index).fill = _LOCKED
        for index, _ in enumerate(own, 3):
            page.cell(at, index).protection = _OPEN
        _mark(page, at, titles, marks[row])
    _open_spare_rows(page, len(sheet.originals) + 3, len(titles))
    _widths(page, (18, 8, *(max(12, len(title) * 2 + 4) for title in titles)))
    page.freeze_panes = "C3"
    page.protection.sheet = True
    page.protection.deleteRows = page.protection.formatColumns = page.protection.sort = False


def _mark(page: Worksheet, row: int, titles: Sequence[str], faults: Sequence[RosterFault]) -> None:
    by_column: dict[str, list[RosterFault]] = defaultdict(list)
    for fault in faults:
        by_column[fault.column].append(fault)
    for column, found in by_column.items():
        cell = page.cell(row, titles.index(column) + 3 if column in titles else 1)
        cell.fill = _BAD
        words = "\n".join(f"{KINDS[fault.kind].title}：{fault.do}" for fault in found)
        cell.comment = Comment(words, "春雨", width=320, height=110)


def _open_spare_rows(page: Worksheet, start: int, columns: int) -> None:
    """A few rows below stay open, so that somebody forgotten can be added."""
    for row in range(start, start + 20):
        for index in range(3, columns + 3):
            cell = page.cell(row, index)
            cell.protection, cell.number_format = _OPEN, "@"


def _put_row(page: Worksheet, row: int, texts: Sequence[str], fill: PatternFill | None = None) -> None:
    for index, text in enumerate(texts, 1):
        cell = page.cell(row, index)
        assert isinstance(cell, Cell)  # the pages are new and have no merged cells
        _put(cell, text)
        if fill:
            cell.fill, cell.font = fill, Font(bold=True)


def _put(cell: Cell, text: str) -> None:
    """As text and nothing else: typed so, formatted so, and quoted."""
    cell.value = harmless(text) or None
    if cell.value is not None:
        cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = text.startswith(_LEADING)
    cell.alignment = Alignment(vertical="top", wrap_text=False)


def _widths(page: Worksheet, widths: Sequence[int]) -> None:
    for index, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(index)].width = width
