"""Reads a .csv in UTF-8, UTF-8 with a mark, UTF-16 with a mark or GB18030 into one sheet. Rows are the file's records
from 1, blank ones counted, as a spreadsheet would show them."""

import codecs
import csv
import io

from services.registry.model.roster_cells import Sheet
from services.registry.roster.archive import refused
from services.registry.roster.worksheet import MOST_ROWS

LONGEST_CELL = 32_767
_SEPARATORS = ",\t;，"


def read_delimited(content: bytes) -> list[Sheet]:
    """One sheet without a name. Raises Refused: `encoding`, `csv_broken`, `too_many_rows`, `empty`."""
    text = _decode(content)
    if not text.strip():
        raise refused("empty", "文件里没有内容。", "请上传有内容的名册。")
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True):
            rows.append(row)
            if len(rows) > MOST_ROWS + 50:
                raise refused("too_many_rows", f"一次最多导入{MOST_ROWS}行。", "把名册分成几个文件。")
    except csv.Error as error:
        message = f"第{len(rows) + 1}行附近的引号或格式有误。"
        raise refused("csv_broken", message, "用表格软件打开，另存为 .xlsx 后再上传。") from error
    if any(len(cell) > LONGEST_CELL for row in rows for cell in row):
        raise refused("csv_broken", "有单元格过长，可能是引号没有配对。", "用表格软件打开，另存为 .xlsx 后再上传。")
    return [Sheet("", rows)]


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in content:
        raise refused("not_a_spreadsheet", "这不是表格文件。", "请上传 .xlsx 或 .csv 名册。")
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused("encoding", "文字编码无法识别。", "另存为 UTF-8 编码的 .csv，或 .xlsx。")


def _separator(text: str) -> str:
    """The one that stands most often in the first lines."""
    start = "\n".join(text.splitlines()[:5])
    return max(_SEPARATORS, key=start.count)
