"""Words and colours of the field's states, so that all services say the same thing in the same picture.

Data. A tone never stands alone: the chip always carries the word and a sign. `unknown` is a tone of its own: what
nobody could tell us is neither good nor bad (docs/domain.md, "People first", rule 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

TONES = ("good", "wait", "look", "bad", "plain", "unknown")
"""good ✓ · wait: under way · look: somebody should look · bad: urgent · plain: a mere fact · unknown ?"""


@dataclass(frozen=True, slots=True)
class Word:
    """How one value of a kind is called in Chinese (translated when shown) and which tone it has."""

    text: str
    tone: str = "plain"


Words = Mapping[str, Mapping[str, Word]]
UNKNOWN = Word("未知", "unknown")

WORDS: Words = {
    "role": {
        "clerk": Word("村级经办人"),
        "volunteer": Word("志愿者"),
        "supervisor": Word("乡镇督导员"),
        "administrator": Word("县级管理员"),
        "inspector": Word("督查员"),
        "liaison": Word("合作联络员"),
    },
    "level": {"county": Word("县"), "township": Word("乡镇"), "village": Word("村"), "unit": Word("单位")},
    "visit": {
        "planned": Word("已安排", "wait"),
        "moved": Word("已改期", "wait"),
        "checked_in": Word("已到访", "wait"),
        "completed": Word("已完成", "plain"),
        "confirmed": Word("家中已确认", "good"),
        "disputed": Word("有异议", "look"),
        "in_review": Word("核实中", "wait"),
        "missed": Word("未走访", "look"),
        "cancelled": Word("已取消", "plain"),
        "not_covered": Word("人手不足未安排", "look"),
        "unknown": UNKNOWN,
    },
    "message": {
        "waiting": Word("待发送", "wait"),
        "submitted": Word("已提交", "wait"),
        "delivered": Word("已送达", "good"),
        "failed": Word("未送达", "look"),
        "expired": Word("已过期", "look"),
        "answered": Word("已回复", "good"),
        "unknown": UNKNOWN,
    },
    "look_in": {
        "asked": Word("待看望", "bad"),
        "accepted": Word("有人前往", "wait"),
        "answered": Word("已回告", "good"),
        "unanswered": Word("超时未回", "bad"),
    },
    "pairing": {
        "proposed": Word("待确认", "wait"),
        "formed": Word("结对中", "good"),
        "paused": Word("已暂停", "plain"),
        "ended": Word("已结束", "plain"),
    },
    "recipient": {"elder": Word("老人"), "child": Word("儿童")},
    "category": {
        "widowed_alone": Word("孤寡"),
        "empty_nest": Word("空巢"),
        "living_alone": Word("独居"),
        "left_behind": Word("留守"),
        "lost_only_child": Word("失独"),
        "disabled_care": Word("失能"),
        "severely_disabled": Word("重残"),
        "destitute_support": Word("特困"),
        "minimum_income": Word("低保"),
        "in_difficulty": Word("困境"),
        "de_facto_unsupported": Word("事实无人抚养"),
        "orphan": Word("孤儿"),
        "special_family": Word("计生特殊家庭"),
    },
    "proof": {"verified": Word("已验证", "good"), "not_yet": Word("待入册", "wait"), "broken": Word("不一致", "bad")},
}


def joined(*tables: Words) -> dict[str, dict[str, Word]]:
    """One table out of several; a later one adds kinds and values and replaces values of the same name."""
    whole: dict[str, dict[str, Word]] = {}
    for table in tables:
        for kind, values in table.items():
            whole.setdefault(kind, {}).update(values)
    return whole


def look_up(words: Words, kind: str, value: str | None) -> Word:
    """The word of a value. No value is unknown; a value without a word shows itself, plainly, so that it is noticed."""
    if value is None or value == "":
        return UNKNOWN
    return words.get(kind, {}).get(value) or Word(value)
