"""Small rosters for tests: told in rows, made into the files a township would send."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
from stdnum.cn import ric

from services.registry.model.roster_check import FileReport
from services.registry.model.villages import VillageIndex
from services.registry.roster.checking import check_file, load_villages

ROOT = Path(__file__).parents[3]
ROSTERS = ROOT / "data" / "rosters"
ELDERS, CHILDREN, VOLUNTEERS = "文港镇老人花名册.xlsx", "文港镇留守儿童信息表.csv", "文港镇志愿者名册.xlsx"
ELDER_TITLES = [
    "序号",
    "村（居）",
    "姓名",
    "性别",
    "出生年月",
    "身份证号码",
    "老人类别",
    "生活能否自理",
    "子女姓名",
    "与老人关系",
    "子女联系电话",
    "备注",
]


def villages() -> VillageIndex:
    """The county's divisions."""
    return load_villages(ROOT / "data" / "jinxian")


def truth() -> dict[str, Any]:
    """What is wrong in which row of the three rosters."""
    told: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "truth.json").read_text(encoding="utf-8"))
    return told


def check_roster(name: str) -> FileReport:
    """The report on one of the three rosters."""
    return check_file(name, (ROSTERS / name).read_bytes(), villages())


def id_number(birth: str = "19500522", serial: str = "157") -> str:
    """An ID number whose check digit holds; belongs to nobody."""
    stem = "360124" + birth + serial
    return f"{stem}{ric.calc_check_digit(stem + '0')}"


def elder(**cells: str) -> list[str]:
    """A faultless elder's row; `cells` by title replace what it says."""
    good = dict.fromkeys(ELDER_TITLES, "") | {
        "村（居）": "新坪村委会",
        "姓名": "林梅",
        "性别": "男",
        "出生年月": "1950-05-22",
        "身份证号码": id_number(),
        "老人类别": "空巢",
        "生活能否自理": "能",
        "子女姓名": "林燕",
        "与老人关系": "女儿",
        "子女联系电话": "13900001111",
    }
    return list((good | cells).values())


def as_csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    """The rows as a .csv."""
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode(encoding)


def as_xlsx(**sheets: list[list[Any]]) -> bytes:
    """The rows as an .xlsx with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def elders(*rows: list[str]) -> FileReport:
    """The report on an elders' roster of these rows."""
    return check_file("文港镇老人.csv", as_csv([ELDER_TITLES, *rows]), villages())


def kinds(report: FileReport) -> list[tuple[int, str]]:
    """(row, kind) of each fault."""
    return [(fault.row, fault.kind.value) for fault in report.faults]
