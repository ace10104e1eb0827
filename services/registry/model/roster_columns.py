"""The three rosters and every spelling of their columns, as data; and finding the header in a sheet by it.

A new spelling is a word added to a table here, never a new branch in code. Columns not named here are left alone: they
are neither read nor lost (the correction workbook gives them back).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.registry.model.text import folded


class RosterKind(StrEnum):
    """Whom a roster lists."""

    ELDERS = "elders"
    CHILDREN = "children"
    VOLUNTEERS = "volunteers"


NUMBER_HEADER = "春雨编号"
ROW_HEADER = "原行号"
COMMON = {"number": NUMBER_HEADER, "name": "姓名 名字", "sex": "性别", "note": "备注 说明 其他情况"}
ID_HEADERS = "身份证号码 身份证号 身份证 公民身份号码 证件号码 居民身份证号"
VILLAGE_HEADERS = "村居 村社区 所在村居 所在村组 村组 所在村 村 村名 村委会 村居委会 家庭住址 住址 现住址"

ELDERS = {
    **COMMON,
    "name": "姓名 老人姓名 名字",
    "village": VILLAGE_HEADERS,
    "id_number": ID_HEADERS + " 老人身份证",
    "birth": "出生年月 出生日期 出生年月日 生日",
    "category": "老人类别 类别 老人类型 人员类别 类型",
    "ability": "生活能否自理 能否自理 自理能力 生活自理能力",
    "difficulty": "吃穿住行困难 生活困难 困难 困难情况 主要困难",
    "own_phone": "联系电话 本人电话 老人电话 电话 家庭电话",
    "relative": "子女姓名 家属姓名 联系人 亲属姓名 子女",
    "relative_role": "与老人关系 关系 与本人关系",
    "relative_phone": "子女联系电话 子女电话 家属电话 家属联系电话 亲属电话 联系人电话",
    "relative_work": "子女务工地及单位 子女务工地 务工地及单位 务工地点 子女工作单位",
    "paired_member": "结对党员 帮扶党员 结对干部",
}
CHILDREN = {
    **COMMON,
    "name": "儿童姓名 姓名 学生姓名 孩子姓名",
    "village": VILLAGE_HEADERS,
    "id_number": ID_HEADERS + " 儿童身份证 儿童身份证号",
    "birth": "出生年月 出生日期 出生年月日 生日",
    "category": "类型 儿童类型 类别 儿童类别",
    "roster_id": "编号 儿童编号",
    "school": "就读学校及年级 就读学校 学校及年级 学校年级 学校",
    "guardian": "监护人 监护人姓名 实际监护人 委托监护人 照护人",
    "guardian_role": "监护人关系 与监护人关系 与儿童关系 监护人与儿童关系",
    "guardian_phone": "监护人电话 监护人联系电话 监护人手机",
    "father": "父亲姓名 父亲",
    "father_phone": "父亲电话 父亲联系电话 父亲手机",
    "mother": "母亲姓名 母亲",
    "mother_phone": "母亲电话 母亲联系电话 母亲手机",
    "parents_work": "父母务工单位 父母务工地 父母务工地及单位 务工单位",
    "wish": "微心愿 心愿 愿望",
    "feelings": "学习心理状况 心理状况 学习及心理状况 学习状况",
}
VOLUNTEERS = {
    **COMMON,
    "own_phone": "手机号 电话 联系电话 手机 手机号码",
    "branch": "所属党支部 党支部 所在支部 所属支部 所属村",
    "politics": "政治面貌",
    "party_member": "是否党员 党员",
    "skills": "特长 专长 技能",
    "free_time": "可服务时间 服务时间 空闲时间 每月可服务天数 可服务天数",
    "company": "企业名称 企业 工作单位 单位 公司",
}
ROSTERS: dict[RosterKind, Mapping[str, str]] = {
    RosterKind.CHILDREN: CHILDREN,
    RosterKind.ELDERS: ELDERS,
    RosterKind.VOLUNTEERS: VOLUNTEERS,
}
NEEDED: dict[RosterKind, tuple[str, ...]] = {
    RosterKind.CHILDREN: ("name", "village", "id_number", "guardian"),
    RosterKind.ELDERS: ("name", "village", "id_number"),
    RosterKind.VOLUNTEERS: ("name", "own_phone"),
}
TELLING: dict[RosterKind, frozenset[str]] = {
    RosterKind.CHILDREN: frozenset({"guardian", "father", "mother", "school", "wish", "feelings", "roster_id"}),
    RosterKind.ELDERS: frozenset({"relative", "relative_role", "ability", "difficulty", "paired_member", "birth"}),
    RosterKind.VOLUNTEERS: frozenset({"branch", "politics", "party_member", "skills", "free_time", "company"}),
}
HEADER_WITHIN = 20
FEWEST_COLUMNS = 3
_PUNCTUATION = re.compile(r"[^\w]|_")


@dataclass(frozen=True, slots=True)
class Header:
    """Where a roster's columns are: `at` is the index of the last header row, `columns` field -> column index."""

    kind: RosterKind
    at: int
    columns: Mapping[str, int]
    titles: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """The first spelling of each column the roster cannot do without and has not."""
        return [ROSTERS[self.kind][field].split()[0] for field in NEEDED[self.kind] if field not in self.columns]


def find_header(rows: Sequence[Sequence[str]]) -> Header | None:
    """The best header among the first rows, over one row or two (`父亲` above `姓名`); None when nothing looks like
    one. The kind with more of its telling columns wins."""
    best: tuple[int, int, Header] | None = None
    for at in range(min(HEADER_WITHIN, len(rows))):
        for depth, titles in _titles_ending(rows, at):
            for kind in RosterKind:
                header = Header(kind, at, _columns(kind, titles), tuple(titles))
                telling = len(TELLING[kind] & header.columns.keys())
                score = (len(header.columns) + telling if telling else 0, -depth)
                if len(header.columns) >= FEWEST_COLUMNS and score[0] and (best is None or score > best[:2]):
                    best = (*score, header)
    return best[2] if best else None


def _titles_ending(rows: Sequence[Sequence[str]], at: int) -> list[tuple[int, list[str]]]:
    lower = list(rows[at])
    one = [(1, lower)]
    if at == 0 or len(rows[at - 1]) != len(lower):
        return one
    return [*one, (2, [low if up == low else up + low for up, low in zip(rows[at - 1], lower, strict=True)])]


def header_key(title: str) -> str:
    """`姓 名` and `村（居）` as the tables spell them: no white space, no punctuation."""
    return _PUNCTUATION.sub("", folded(title))


def _columns(kind: RosterKind, titles: Sequence[str]) -> dict[str, int]:
    where = {header_key(title): index for index, title in reversed(list(enumerate(titles))) if title}
    found: dict[str, int] = {}
    for field, spellings in ROSTERS[kind].items():
        index = next((where[word] for word in spellings.split() if word in where), None)
        if index is not None and index not in found.values():
            found[field] = index
    return found
