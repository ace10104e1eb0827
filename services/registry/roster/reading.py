"""From the bytes of a file that somebody sent to plain sheets. What a file is, its content says and not its name; a name
that claims something else is told to the sender, since the next program would stumble over it too."""

from pathlib import PurePath

from services.registry.model.roster_cells import Sheet
from services.registry.roster.archive import refused
from services.registry.roster.delimited import read_delimited
from services.registry.roster.workbook import read_workbook

MOST_BYTES = 25 * 1024 * 1024
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHER = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x7fELF", b"MZ", b"{\\rtf")
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")


def read_sheets(name: str, content: bytes) -> tuple[list[Sheet], list[str]]:
    """The sheets, and notes in Chinese on what was not read. Raises Refused with one fault of field `file`: nothing is
    half read. Limits: 25 MB, 100,000 rows."""
    ending = PurePath(name).suffix.lower()
    if not content:
        raise refused("empty", "文件是空的。", "请上传有内容的名册。")
    if len(content) > MOST_BYTES:
        raise refused("too_large", "文件超过25MB。", "删去图片等无关内容，或把名册分成几个文件。")
    if content.startswith(_OLE):
        raise _old_or_locked(content)
    if ending in (".xlsm", ".xltm"):
        raise refused("macro_file", "文件带有宏，不能导入。", "另存为不带宏的 .xlsx。")
    if content.startswith(_ZIP):
        if ending == ".csv":
            raise refused("xlsx_renamed", "文件名是 .csv，内容却是 .xlsx。", "把扩展名改回 .xlsx。")
        return read_workbook(content)
    _refuse_other(ending, content)
    return read_delimited(content), []


def _old_or_locked(content: bytes) -> Exception:
    if _ENCRYPTED in content:
        return refused("password", "文件有密码，无法读取。", "去掉密码后再上传。")
    return refused("old_format", "这是旧式 .xls 文件（或改了扩展名）。", "用表格软件打开，另存为 .xlsx。")


def _refuse_other(ending: str, content: bytes) -> None:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_OTHER):
        raise refused("not_a_spreadsheet", "这不是表格文件。", "请上传 .xlsx 或 .csv 名册。")
    if start.lower().startswith(_MARKUP):
        raise refused("not_a_spreadsheet", "这是网页或其他文档，不是表格。", "用表格软件打开，另存为 .xlsx。")
    if ending in (".xlsx", ".xls", ".et"):
        raise refused("csv_renamed", f"文件名是 {ending}，内容却是文字。", "若是 .csv，把扩展名改回 .csv；否则重新导出。")
