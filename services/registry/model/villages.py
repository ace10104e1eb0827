"""Which village of the county a cell means (`新坪`, `新坪村`, `新坪村委会8组`, `前途社区居委会`, `长塘村党支部`).

A village committee's stem is its name without 村委会, a community's keeps 社区; so `前途` is the village and `前途社区`
the community, and no two answers are weighed against each other. Two that fit equally well are none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from services.registry.model.text import folded

_GROUP = re.compile(r"(?:第)?([0-9]{1,3}|[一二三四五六七八九十]{1,3})(?:村民)?(?:小组|组|队).*$")
_BRANCH = re.compile(r"(?:中共)?(.*?)(?:党总支|党支部|支部|党委)(?:委员会)?$")
_COMMITTEE = re.compile(r"(?:居民委员会|居委会|村民委员会|村委会|委员会|村委)$")


@dataclass(frozen=True, slots=True)
class Township:
    """A township or street of the county, by its statistical code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community, by its statistical code."""

    code: str
    name: str
    township: str


class VillageIndex:
    """All names under which each village may be written; made once from the county's divisions, then only read."""

    def __init__(self, townships: Iterable[Township], villages: Iterable[Village]) -> None:
        self.townships = tuple(townships)
        self.villages = {village.code: village for village in villages}
        self._named: dict[tuple[str, str], set[str]] = defaultdict(set)
        for village in self.villages.values():
            self._learn(village)

    def _learn(self, village: Village) -> None:
        for spelling in _spellings(village.name):
            self._named[village.township, spelling].add(village.code)
            self._named["", spelling].add(village.code)

    def township_in(self, text: str) -> Township | None:
        """The township whose name stands in a title or a file's name; None when none or several do."""
        found = [township for township in self.townships if township.name in text]
        return found[0] if len(found) == 1 else None

    def find(self, text: str, township: str = "") -> Village | None:
        """The village meant, looked for in `township` (its code), or in the township the text itself names, or, with
        neither, in the whole county if only one village there has that name."""
        words = split_group(_BRANCH.sub(r"\1", folded(text)))[0]
        for own in self.townships:
            if words.startswith(own.name) and (village := self._exact(words.removeprefix(own.name), own.code)):
                return village
        return self._exact(words, township)

    def _exact(self, words: str, township: str) -> Village | None:
        for spelling in (words, _COMMITTEE.sub("", words), words.removesuffix("村"), words + "社区"):
            codes = self._named.get((township, spelling), set())
            if codes:
                return self.villages[next(iter(codes))] if len(codes) == 1 else None
        return None


def split_group(text: str) -> tuple[str, str]:
    """`新坪村委会8组` -> (`新坪村委会`, `8`); the group is "" when none is named."""
    words = folded(text)
    found = _GROUP.search(words)
    return (words[: found.start()], found[1]) if found and found.start() else (words, "")


def _spellings(name: str) -> set[str]:
    stem = _COMMITTEE.sub("", folded(name))
    return {folded(name), stem}
