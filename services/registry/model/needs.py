"""The needs a roster names in its column 吃穿住行: spellings as data. What is not recognised stays as the cell's words."""

from enum import StrEnum

from services.registry.model.text import folded


class Need(StrEnum):
    """Something a recipient lacks (docs/domain.md, need)."""

    FOOD = "food"
    CLOTHING = "clothing"
    HOUSING = "housing"
    MOBILITY = "mobility"
    HEALTH = "health"
    COMPANY = "company"


class Ability(StrEnum):
    """Whether somebody can look after themselves. UNABLE makes an elder disabled_care (失能)."""

    ABLE = "able"
    PARTLY = "partly"
    UNABLE = "unable"


SIGNS: tuple[tuple[str, Need], ...] = (
    ("吃", Need.FOOD),
    ("饭", Need.FOOD),
    ("穿", Need.CLOTHING),
    ("衣", Need.CLOTHING),
    ("被", Need.CLOTHING),
    ("住", Need.HOUSING),
    ("房", Need.HOUSING),
    ("漏", Need.HOUSING),
    ("行", Need.MOBILITY),
    ("出门", Need.MOBILITY),
    ("医", Need.HEALTH),
    ("药", Need.HEALTH),
    ("病", Need.HEALTH),
    ("陪", Need.COMPANY),
    ("孤独", Need.COMPANY),
)
ABILITIES: dict[str, Ability] = {
    **dict.fromkeys(("能", "能自理", "自理", "全自理", "是", "可以", "完全自理"), Ability.ABLE),
    **dict.fromkeys(("部分", "半自理", "部分自理", "半失能", "基本自理"), Ability.PARTLY),
    **dict.fromkeys(("不能", "不能自理", "否", "完全不能", "失能", "不自理"), Ability.UNABLE),
}


def read_needs(text: str) -> tuple[Need, ...]:
    """Each need named in the words, once, in the order of the table."""
    return tuple(dict.fromkeys(need for sign, need in SIGNS if sign in text))


def read_ability(text: str) -> Ability | None:
    """None when the cell says nothing we know."""
    return ABILITIES.get(folded(text))
