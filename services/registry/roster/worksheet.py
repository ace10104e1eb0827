"""What the raw XML of a worksheet tells before it is parsed: how far it really reaches, and which cells hold no value.

Rows are counted from cells: the `dimension` a file claims is never believed (docs/faults.md). A formula counts
by the value stored with it; one without a value, or with an error, is a cell to mend.
"""

import re
from xml.etree.ElementTree import Element

from defusedxml import ElementTree  # type: ignore[import-untyped]  # ships no types

from services.registry.roster.archive import refused

MOST_ROWS = 100_000
MOST_CELLS = 5_000_000
_REFERENCE = rb"[^<>]{0,200}?\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"'][^<>]{0,200}"
_FILLED = re.compile(rb"<(?:\w{1,9}:)?c\b" + _REFERENCE + rb"(?<!/)>")
_ERROR = re.compile(rb"<(?:\w{1,9}:)?c\b(?=[^<>]{0,200}\bt=[\"']e[\"'])" + _REFERENCE + b">")
_FORMULA = rb"<(?:\w{1,9}:)?f\b(?:[^<>]{0,400}/>|[^<>]{0,400}>[^<]{0,9000}</(?:\w{1,9}:)?f>)"
_EMPTY = rb"(?:<(?:\w{1,9}:)?v\s?/>|<(?:\w{1,9}:)?v></(?:\w{1,9}:)?v>)?"
_NO_VALUE = re.compile(
    rb"<(?:\w{1,9}:)?c\b" + _REFERENCE + rb">\s{0,20}" + _FORMULA + rb"\s{0,20}" + _EMPTY + rb"\s{0,20}</(?:\w{1,9}:)?c>"
)


def check_reach(part: bytes) -> None:
    """Raises Refused (`too_many_rows`) when filled cells lie beyond row 100,000 or span too large an area."""
    last_row = last_column = 0
    for column, row in set(_FILLED.findall(part)):
        last_row, last_column = max(last_row, int(row)), max(last_column, column_number(column))
    if last_row > MOST_ROWS + 50 or last_row * last_column > MOST_CELLS or part.count(b"</row>") > 1_100_000:
        raise refused("too_many_rows", f"一次最多导入{MOST_ROWS}行。", "把名册分成几个文件，每个不超过10万行。")


def broken_cells(part: bytes) -> set[tuple[int, int]]:
    """(row, column index) of cells with an error, or a formula without a stored value."""
    cells = _ERROR.findall(part) if b'"e"' in part or b"'e'" in part else []
    if b"<f" in part or b":f" in part:
        cells += _NO_VALUE.findall(part)
    return {(int(row), column_number(column) - 1) for column, row in cells}


def column_number(letters: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def sheet_parts(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Sheet name -> its part. Raises Refused (`damaged`) when the workbook's own lists do not fit together."""
    try:
        relations = {item.get("Id", ""): item.get("Target", "") for item in _root(parts, "xl/_rels/workbook.xml.rels")}
        sheets = [item for item in _root(parts, "xl/workbook.xml").iter() if item.tag.endswith("}sheet")]
        return {sheet.get("name", ""): parts.get(_path(relations[_relation(sheet)]), b"") for sheet in sheets}
    except (KeyError, ElementTree.ParseError, ValueError) as error:
        raise refused("damaged", "文件结构有误。", "用表格软件打开，另存为 .xlsx 后再上传。") from error


def _root(parts: dict[str, bytes], name: str) -> Element:
    root: Element = ElementTree.fromstring(parts[name])
    return root


def _relation(sheet: Element) -> str:
    return next(value for key, value in sheet.attrib.items() if key.endswith("}id"))


def _path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else "xl/" + target
