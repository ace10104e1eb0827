"""Reads an .xlsx into plain sheets of text cells with the sheet's own row numbers, by python-calamine.

Stated rules: hidden sheets are not read and named in the notes; hidden and filtered rows are read like any other; a merged
area has its value in each of its cells; a formula counts by its stored value; comments are not read.
"""

from collections.abc import Callable
from datetime import date, datetime

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from services.registry.model.roster_cells import Sheet
from services.registry.roster.archive import open_parts, refused, repack
from services.registry.roster.worksheet import broken_cells, check_reach, sheet_parts

FIRST_SURE_DAY = date(1900, 3, 1)  # sheets count a 1900-02-29 that never was; days before it may be off by one
_WHOLE = 1e15  # from here on a float has lost digits, and is shown as the sheet would: 3.60124194901059E+17


def read_workbook(content: bytes) -> tuple[list[Sheet], list[str]]:
    """The visible sheets in their order, and notes on what was not read. Raises Refused with one fault for the file."""
    parts = open_parts(content)
    by_name = sheet_parts(parts)
    for part in by_name.values():
        check_reach(part)
    try:
        book = CalamineWorkbook.from_filelike(repack(parts))
        shown = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet
        ]
        sheets = [_sheet(book.get_sheet_by_name(name), by_name.get(name, b"")) for name in shown]
    except (CalamineError, ValueError, OverflowError) as error:
        raise refused("damaged", "文件内容有误，无法读取。", "用表格软件打开，另存为 .xlsx 后再上传。") from error
    notes = [f"隐藏的工作表“{name}”未读取。" for name in book.sheet_names if name not in shown]
    return _some(sheets, notes), notes


def _some(sheets: list[Sheet], notes: list[str]) -> list[Sheet]:
    if not any(sheet.rows for sheet in sheets):
        do = "取消隐藏名册所在的工作表。" if notes else "请上传有内容的名册。"
        raise refused("empty", "文件里没有可读的内容。", do)
    return [sheet for sheet in sheets if sheet.rows]


def _sheet(source: CalamineSheet, part: bytes) -> Sheet:
    values: list[list[object]] = [list(row) for row in source.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in source.merged_cell_ranges or ():
        _spread(values, top, left, bottom, right)
    numbers = {
        (at, index)
        for at, row in enumerate(values, 1)
        for index, value in enumerate(row)
        if type(value) is float or type(value) is int
    }
    return Sheet(source.name, [[_text(value) for value in row] for row in values], numbers, broken_cells(part))


def _spread(values: list[list[object]], top: int, left: int, bottom: int, right: int) -> None:
    if top >= len(values) or left >= len(values[top]):
        return
    for row in values[top : bottom + 1]:
        for index in range(left, min(right + 1, len(row))):
            row[index] = values[top][left]


def _text(value: object) -> str:
    if type(value) is str:
        return value
    return _TEXT.get(type(value), str)(value)


def _number(value: object) -> str:
    number = float(str(value))
    if abs(number) < _WHOLE and number == int(number):
        return str(int(number))
    return repr(number).upper()


def _day(value: object) -> str:
    day = value.date() if isinstance(value, datetime) else value
    if not isinstance(day, date) or day < FIRST_SURE_DAY:
        return f"{value}（1900年3月1日之前的日期不可靠）"
    whole = not isinstance(value, datetime) or value.time() == datetime.min.time()
    return day.isoformat() if whole else str(value)


_TEXT: dict[type, Callable[[object], str]] = {
    float: _number,
    int: _number,
    bool: lambda value: "是" if value else "否",
    date: _day,
    datetime: _day,
}
