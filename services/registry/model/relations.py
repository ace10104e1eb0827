"""Who a named adult is to the person cared for, and whether they are at home: words of rosters as data.

Parents who work away stay legal guardians; a grandparent in the guardian's column is mostly the entrusted carer.
"""

from enum import StrEnum

from services.registry.model.text import folded


class Role(StrEnum):
    """The relative's part, seen from the person cared for."""

    FATHER = "father"
    MOTHER = "mother"
    GRANDFATHER = "grandfather"
    GRANDMOTHER = "grandmother"
    UNCLE = "uncle"
    AUNT = "aunt"
    BROTHER = "brother"
    SISTER = "sister"
    SPOUSE = "spouse"
    SON = "son"
    DAUGHTER = "daughter"
    SON_IN_LAW = "son_in_law"
    DAUGHTER_IN_LAW = "daughter_in_law"
    GRANDSON = "grandson"
    GRANDDAUGHTER = "granddaughter"
    NEIGHBOUR = "neighbour"
    OTHER = "other"


class Standing(StrEnum):
    """What the adult is answerable for (three different things in law, docs/domain.md)."""

    LEGAL_GUARDIAN = "legal_guardian"
    ENTRUSTED_CARER = "entrusted_carer"
    FAMILY = "family"


class Presence(StrEnum):
    """Where the adult lives now. Unknown stays unknown: it is neither proof nor fault."""

    HOME = "home"
    AWAY = "away"
    UNKNOWN = "unknown"


_WORDS = {
    Role.FATHER: "父亲 爸爸 父 养父 继父",
    Role.MOTHER: "母亲 妈妈 母 养母 继母",
    Role.GRANDFATHER: "爷爷 祖父 外公 外祖父 姥爷 公公",
    Role.GRANDMOTHER: "奶奶 祖母 外婆 外祖母 姥姥 婆婆",
    Role.UNCLE: "伯父 伯伯 大伯 叔叔 叔父 舅舅 舅父 姑父 姨父 姑丈 姨丈",
    Role.AUNT: "伯母 婶婶 婶母 舅妈 舅母 姑姑 姑妈 姑母 姨妈 阿姨 姨母",
    Role.BROTHER: "哥哥 弟弟 兄 弟 兄弟",
    Role.SISTER: "姐姐 妹妹 姐 妹 姐妹",
    Role.SPOUSE: "配偶 老伴 丈夫 妻子 爱人",
    Role.SON: "儿子 长子 大儿子 次子 二儿子 三子 小儿子 独子 养子 子",
    Role.DAUGHTER: "女儿 长女 大女儿 次女 二女儿 三女 小女儿 独女 养女 女",
    Role.SON_IN_LAW: "女婿",
    Role.DAUGHTER_IN_LAW: "儿媳 媳妇 儿媳妇",
    Role.GRANDSON: "孙子 外孙 孙",
    Role.GRANDDAUGHTER: "孙女 外孙女",
    Role.NEIGHBOUR: "邻居 邻里",
}
SPELLINGS: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}
AT_HOME = ("在家", "本村", "本地", "务农", "家中")
PARENTS = frozenset({Role.FATHER, Role.MOTHER})


def read_role(text: str) -> Role:
    """OTHER for an empty or unheard-of word: the relation is asked at the first visit, not made up."""
    return SPELLINGS.get(folded(text), Role.OTHER)


def presence_by_work(work: str) -> Presence:
    """A place of work in the roster's column for those who went to work elsewhere means away; words like 在家 mean home."""
    if any(word in work for word in AT_HOME):
        return Presence.HOME
    return Presence.AWAY if work else Presence.UNKNOWN
