"""The categories of people cared for (docs/domain.md, Words) and the many ways rosters spell them: data, not ifs."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.model.text import folded


class ElderCategory(StrEnum):
    """Several at once; what a roster says of one elder."""

    WIDOWED_ALONE = "widowed_alone"
    EMPTY_NEST = "empty_nest"
    LIVING_ALONE = "living_alone"
    LEFT_BEHIND = "left_behind"
    LOST_ONLY_CHILD = "lost_only_child"
    DISABLED_CARE = "disabled_care"
    SEVERELY_DISABLED = "severely_disabled"
    DESTITUTE_SUPPORT = "destitute_support"
    MINIMUM_INCOME = "minimum_income"
    IN_DIFFICULTY = "in_difficulty"


class ChildCategory(StrEnum):
    """Several at once; what a roster says of one child."""

    LEFT_BEHIND = "left_behind"
    IN_DIFFICULTY = "in_difficulty"
    DE_FACTO_UNSUPPORTED = "de_facto_unsupported"
    ORPHAN = "orphan"


Category = ElderCategory | ChildCategory

ELDER_SPELLINGS: dict[str, ElderCategory] = {
    "孤寡": ElderCategory.WIDOWED_ALONE,
    "鳏寡": ElderCategory.WIDOWED_ALONE,
    "空巢": ElderCategory.EMPTY_NEST,
    "独居": ElderCategory.LIVING_ALONE,
    "留守": ElderCategory.LEFT_BEHIND,
    "失独": ElderCategory.LOST_ONLY_CHILD,
    "计生特殊": ElderCategory.LOST_ONLY_CHILD,  # same rhythm, same tact; the cell's own word is kept beside it
    "计生特扶": ElderCategory.LOST_ONLY_CHILD,
    "失能": ElderCategory.DISABLED_CARE,
    "半失能": ElderCategory.DISABLED_CARE,
    "重残": ElderCategory.SEVERELY_DISABLED,
    "重度残疾": ElderCategory.SEVERELY_DISABLED,
    "特困": ElderCategory.DESTITUTE_SUPPORT,
    "五保": ElderCategory.DESTITUTE_SUPPORT,
    "低保": ElderCategory.MINIMUM_INCOME,
    "困境": ElderCategory.IN_DIFFICULTY,
    "困难": ElderCategory.IN_DIFFICULTY,
}
CHILD_SPELLINGS: dict[str, ChildCategory] = {
    "留守": ChildCategory.LEFT_BEHIND,
    "困境": ChildCategory.IN_DIFFICULTY,
    "困难": ChildCategory.IN_DIFFICULTY,
    "事实无人抚养": ChildCategory.DE_FACTO_UNSUPPORTED,
    "事实孤儿": ChildCategory.DE_FACTO_UNSUPPORTED,
    "孤儿": ChildCategory.ORPHAN,
}
_SEVERAL = re.compile(r"[、,，;；/+()（）和及与]")
_ENDINGS = re.compile(r"(老年人|老人|儿童|孩子|家庭|供养|对象|人员|户)+$")


@dataclass(frozen=True, slots=True)
class CategoryNote:
    """One category, with the column it was read in and the cell's own words: its source."""

    category: Category
    column: str
    words: str


def split_categories(text: str) -> list[str]:
    """`独居（空巢）` -> 独居, 空巢; `孤寡老人` -> 孤寡. A word that is all ending (`孤儿`) stays."""
    words = (word for word in _SEVERAL.split(folded(text)) if word)
    return [_ENDINGS.sub("", word) or word for word in words]


def left_behind_ends(birth: date) -> date:
    """The sixteenth birthday: from this day a child is left_behind no more (or becomes in_difficulty: a person decides)."""
    leap_day = (birth.month, birth.day) == (2, 29)
    return date(birth.year + 16, 3, 1) if leap_day and (birth.year + 16) % 4 else birth.replace(year=birth.year + 16)
