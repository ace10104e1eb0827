"""Opens the zip of an .xlsx so that nothing in it can hurt: every part is checked before any spreadsheet reader sees it.

The parts we need are inflated here, under limits that count what really comes out and not what the directory claims,
and are packed again uncompressed; the reader gets that copy and nothing else. Pictures, comments, links and programs are
left out unread. Must never write to disk, and never hand on a byte it has not checked.
"""

import io
import re
import struct
import zipfile
import zlib

from shared.errors import Refused

MOST_PARTS = 1_000
MOST_SHEETS = 60
MOST_BYTES = 160 * 1024 * 1024
MOST_RATIO = 120
RATIO_FROM = 4 * 1024 * 1024
MOST_MERGED = 10_000
_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/[^/]+\.xml"
    r"|xl/worksheets/_rels/[^/]+\.rels|xl/sharedStrings\.xml|xl/styles\.xml",
    re.IGNORECASE,
)
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def open_parts(content: bytes) -> dict[str, bytes]:
    """The needed parts by name, inflated and checked. Raises Refused: `damaged`, `password`, `macro_file`,
    `not_a_spreadsheet`, `bomb`, `entity`."""
    infos = _directory(content)
    _check_names([info.filename for info in infos])
    parts: dict[str, bytes] = {}
    left = MOST_BYTES
    for info in infos:
        if _NEEDED.fullmatch(info.filename):
            parts[info.filename] = _inflate(content, info, left)
            left -= len(parts[info.filename])
            _check_xml(parts[info.filename])
    if sum(name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml") for name in parts) > MOST_SHEETS:
        raise refused("bomb", f"工作表超过{MOST_SHEETS}张。", "只留下名册的工作表。")
    return parts


def repack(parts: dict[str, bytes]) -> io.BytesIO:
    """A workbook made of exactly these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    target.seek(0)
    return target


def refused(code: str, message: str, do: str) -> Refused:
    """A refusal of the whole file."""
    return Refused.field("file", code, message, do)


def _directory(content: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
        raise refused("damaged", "文件不完整或已损坏。", "重新导出或重新传送这个文件。") from error
    if len(infos) > MOST_PARTS:
        raise refused("bomb", f"文件内的部件超过{MOST_PARTS}个。", "只留下名册的工作表，另存为 .xlsx。")
    if any(info.flag_bits & 0x1 for info in infos):
        raise refused("password", "文件有密码，无法读取。", "去掉密码后再上传。")
    return infos


def _check_names(names: list[str]) -> None:
    lower = [name.lower() for name in names]
    if len(set(lower)) < len(lower):
        raise refused("damaged", "文件结构有误：同名部件出现两次。", "用表格软件打开，另存为 .xlsx 后再上传。")
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in lower):
        raise refused("macro_file", "文件带有宏，不能导入。", "另存为不带宏的 .xlsx。")
    if "xl/workbook.bin" in lower or "mimetype" in lower:
        raise refused("not_a_spreadsheet", "只能读取 .xlsx 和 .csv 文件。", "用表格软件打开，另存为 .xlsx。")
    if not {"[content_types].xml", "xl/workbook.xml"} <= set(lower):
        raise refused("not_a_spreadsheet", "这不是表格文件。", "请上传 .xlsx 或 .csv 名册。")


def _inflate(content: bytes, info: zipfile.ZipInfo, left: int) -> bytes:
    """What really comes out of the part, at most `left` bytes; not what its directory entry says."""
    try:
        magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(content, info.header_offset)
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        packed = content[start : start + info.compress_size]
        if magic != b"PK\x03\x04" or len(packed) != info.compress_size or info.compress_type not in (0, 8):
            raise refused("damaged", "文件不完整或已损坏。", "重新导出或重新传送这个文件。")
        part = packed if info.compress_type == 0 else zlib.decompressobj(-15).decompress(packed, left + 1)
    except (zlib.error, struct.error) as error:
        raise refused("damaged", "文件不完整或已损坏。", "重新导出或重新传送这个文件。") from error
    if len(part) > left or (len(part) > RATIO_FROM and len(part) > MOST_RATIO * max(1, len(packed))):
        raise refused("bomb", "文件解压后过大。", "只留下名册的内容，另存为 .xlsx。")
    if len(part) != info.file_size or zlib.crc32(part) != info.CRC:
        raise refused("damaged", "文件不完整或已损坏。", "重新导出或重新传送这个文件。")
    return part


def _check_xml(part: bytes) -> None:
    """No document type, no entities, no encoding in which they could hide, no flood of merged cells."""
    if b"\x00" in part or _DECLARATION.search(part):
        raise refused("entity", "文件含有不允许的内容（DOCTYPE 或实体）。", "用表格软件打开，另存为 .xlsx 后再上传。")
    if part.count(b"mergeCell ") > MOST_MERGED:
        raise refused("bomb", f"合并单元格超过{MOST_MERGED}处。", "取消合并单元格后再上传。")
