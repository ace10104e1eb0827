"""The kinds of fault a roster row can have, how grave each is, and what the clerk is told to do: one table.

Nobody is left without care for a bad cell: only a row without a name, or the same person again, is refused; with any
other fault the person is registered and the bad value is not stored with them.
"""

from dataclasses import dataclass
from enum import StrEnum

REFUSED, TO_MEND = "refused", "to_mend"


class FaultKind(StrEnum):
    """Issue 3 names the first nine; the others are for cells docs/faults.md (spreadsheet) asks to be flagged."""

    ID_MISSING = "id_missing"
    ID_FLOAT = "id_float"
    ID_CHECKSUM = "id_checksum"
    SEX_CONFLICT = "sex_conflict"
    PHONE_SHORT = "phone_short"
    PHONE_MISSING = "phone_missing"
    NAME_MISSING = "name_missing"
    GUARDIAN_MISSING = "guardian_missing"
    DUPLICATE_OF_PREVIOUS = "duplicate_of_previous"
    PHONE_UNREADABLE = "phone_unreadable"
    BIRTH_UNREADABLE = "birth_unreadable"
    BIRTH_CONFLICT = "birth_conflict"
    CATEGORY_UNKNOWN = "category_unknown"
    VILLAGE_UNKNOWN = "village_unknown"
    NAME_UNLIKELY = "name_unlikely"
    MAYBE_DUPLICATE = "maybe_duplicate"
    CELL_UNREADABLE = "cell_unreadable"
    TEXT_LONG = "text_long"


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind's gravity and its Chinese words."""

    severity: str
    title: str
    do: str


KINDS: dict[FaultKind, KindWords] = {
    FaultKind.NAME_MISSING: KindWords(REFUSED, "没有姓名", "填写姓名（不超过40字）后再导入；没有姓名的行不登记。"),
    FaultKind.DUPLICATE_OF_PREVIOUS: KindWords(
        REFUSED, "重复人员", "与前面的一行是同一个人：删去此行；若不是同一人，改正写错的内容。"
    ),
    FaultKind.ID_MISSING: KindWords(TO_MEND, "缺身份证号", "补填18位身份证号码。"),
    FaultKind.ID_FLOAT: KindWords(TO_MEND, "身份证号变成了数字", "末尾几位已丢失：把单元格设为文本，照身份证重填。"),
    FaultKind.ID_CHECKSUM: KindWords(TO_MEND, "身份证号不正确", "校验位不符，照身份证逐位核对18位号码。"),
    FaultKind.SEX_CONFLICT: KindWords(TO_MEND, "性别与身份证不符", "核对性别与身份证号码，改正错的一个。"),
    FaultKind.PHONE_SHORT: KindWords(TO_MEND, "电话位数不够", "补全号码：手机11位，座机加区号。"),
    FaultKind.PHONE_MISSING: KindWords(TO_MEND, "缺电话", "补填此人的电话；确实没有请写在备注里。"),
    FaultKind.GUARDIAN_MISSING: KindWords(TO_MEND, "没有监护人", "先问清今晚谁在家照看孩子，再填实际照护人姓名、关系、电话。"),
    FaultKind.PHONE_UNREADABLE: KindWords(TO_MEND, "电话看不懂", "核对号码：手机11位，座机加区号。"),
    FaultKind.BIRTH_UNREADABLE: KindWords(TO_MEND, "出生日期看不懂", "写成公历日期，如 1949-01-12 或 1949-01。"),
    FaultKind.BIRTH_CONFLICT: KindWords(TO_MEND, "出生日期与身份证不符", "核对出生日期与身份证号码，改正错的一个。"),
    FaultKind.CATEGORY_UNKNOWN: KindWords(TO_MEND, "类别看不懂", "改用规定的类别名称，多个类别用顿号隔开。"),
    FaultKind.VILLAGE_UNKNOWN: KindWords(TO_MEND, "找不到这个村", "填写本乡镇的村（社区）全称。"),
    FaultKind.NAME_UNLIKELY: KindWords(TO_MEND, "姓名不像姓名", "名字里有数字或符号，核对姓名。"),
    FaultKind.MAYBE_DUPLICATE: KindWords(TO_MEND, "可能重复", "与前面的一行可能是同一个人，请核对。"),
    FaultKind.CELL_UNREADABLE: KindWords(TO_MEND, "单元格没有内容可读", "公式没有结果或出错，直接填写内容。"),
    FaultKind.TEXT_LONG: KindWords(TO_MEND, "文字太长", "缩短到500字以内。"),
}


@dataclass(frozen=True, slots=True)
class RosterFault:
    """One bad cell. `found` is the cell as sent: personal, never to be logged; `column` is the header as sent."""

    sheet: str
    row: int
    column: str
    kind: FaultKind
    severity: str
    found: str
    do: str

    def to_json(self) -> dict[str, str | int]:
        """The seven keys of `springrain import --check --json`."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "kind": self.kind.value,
            "severity": self.severity,
            "found": self.found,
            "do": self.do,
        }
