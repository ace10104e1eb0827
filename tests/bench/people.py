"""Invented people for the benchmarks: a roster of elders as a large township would send it, the same for the same seed.

Nobody in it lives: names are drawn from short lists, ID numbers and phones from a seeded generator. ID numbers check.
"""

import csv
import io
import random
from pathlib import Path

import openpyxl
from stdnum.cn import ric

DIVISIONS = Path(__file__).parents[2] / "data" / "jinxian"
TOWNSHIP = "文港镇"
TITLES = (
    "序号",
    "村（居）",
    "姓名",
    "性别",
    "出生年月",
    "身份证号码",
    "老人类别",
    "生活能否自理",
    "吃穿住行困难",
    "子女姓名",
    "与老人关系",
    "子女联系电话",
    "子女务工地及单位",
    "备注",
)
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
GIVEN = "桂花秀英国强建华玉兰福生春梅小红志明金莲永发水根冬香"
CATEGORIES = ("空巢", "留守", "孤寡", "失独", "独居", "空巢、留守")
TROUBLES = ("", "", "", "就医困难", "住房漏雨", "行动不便")
WORK = ("广东东莞 工地", "浙江宁波 制鞋厂", "福建晋江 服装厂", "南昌市区 工地")
ROLES = ("儿子", "女儿", "儿媳")
MISTYPED_EVERY = 50
"""Every fiftieth phone lacks a digit, so that there is something to mend and a correction workbook to write."""


def elders(many: int, seed: int = 7) -> list[list[str]]:
    """Rows of that many elders all over the township, each with one relative; the township's name and the titles first."""
    draw = random.Random(seed)
    villages = _villages()
    phones = draw.sample(range(10**8), many)
    return [
        [f"{TOWNSHIP}老人花名册"],
        list(TITLES),
        *(_elder(draw, number, villages, phones[number - 1]) for number in range(1, many + 1)),
    ]


def as_csv(rows: list[list[str]]) -> bytes:
    """The rows as a .csv in UTF-8."""
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    """The rows as an .xlsx of one sheet."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("老人")
    for row in rows:
        page.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _elder(draw: random.Random, number: int, villages: list[str], phone: int) -> list[str]:
    birth = f"{draw.randint(1932, 1964)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    woman, family = draw.random() < 0.55, draw.choice(FAMILY)
    return [
        str(number),
        draw.choice(villages),
        family + _given(draw),
        "女" if woman else "男",
        birth,
        _id_number(birth, number, woman),
        draw.choice(CATEGORIES),
        "不能" if draw.random() < 0.1 else "能",
        draw.choice(TROUBLES),
        family + _given(draw),
        draw.choice(ROLES),
        f"1{draw.choice('3589')}1{phone:08}"[: 10 if number % MISTYPED_EVERY == 0 else 11],
        draw.choice(WORK),
        "",
    ]


def _given(draw: random.Random) -> str:
    return "".join(draw.sample(GIVEN, 2))


def _id_number(birth: str, number: int, woman: bool) -> str:
    """No two are alike: the place digits and the serial count up with the row."""
    serial = number % 500 * 2 + (0 if woman else 1)
    stem = f"3601{21 + number // 500 % 60:02}{birth.replace('-', '')}{serial % 1000:03}"
    return f"{stem}{ric.calc_check_digit(stem + '0')}"


def _villages() -> list[str]:
    code = next(row["code"] for row in _rows("townships.csv") if row["name"] == TOWNSHIP)
    return [row["name"] for row in _rows("villages.csv") if row["township_code"] == code]


def _rows(name: str) -> list[dict[str, str]]:
    with (DIVISIONS / name).open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))
