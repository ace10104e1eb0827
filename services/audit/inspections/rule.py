"""How many of what are looked at: the sampling rule, version 1. Data, and the arithmetic of a quota; pure.

More where risk is higher, few in all: an inspection asks few people and believes them (docs/domain.md, "No formalism"). A
stratum says what to look at first, never that something is wrong: a home without a phone is no suspect (rule 1).
A change of this table is a new version: what was drawn by an old one must be drawn again by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

VERSION = "1"
CROWDED_ABOVE = 8
"""Homes one volunteer reported on one day. Ten are possible in one street, so they are looked at and not counted out."""
MOVED_OFTEN = 2
RARER: Mapping[str, int] = {"weekly": 3, "fortnightly": 2, "monthly": 1, "none": 0}
"""How often a rhythm brings somebody, for telling which of two is rarer."""
NO_CARE = frozenset({"ended", "paused"})


@dataclass(frozen=True, slots=True)
class Stratum:
    """One kind of member. Of n members at least `least` are drawn, or `per_mille` of n, never above `most`."""

    name: str
    least: int
    per_mille: int
    most: int

    def quota(self, members: int) -> int:
        """How many of so many are drawn."""
        return min(members, self.most, max(self.least, -(-members * self.per_mille // 1000)))


RULE: tuple[Stratum, ...] = (
    Stratum("ending", 5, 200, 20),
    Stratum("loosened", 5, 200, 20),
    Stratum("changed", 3, 20, 10),
    Stratum("crowded", 4, 100, 15),
    Stratum("moved", 4, 100, 15),
    Stratum("weekly", 4, 50, 15),
    Stratum("unconfirmed", 4, 30, 15),
    Stratum("confirmed", 2, 10, 10),
)
"""A member belongs to the first that fits, in this order.

ending       care of a person ended or was paused, a pairing ended, a person was erased
loosened     a person's rhythm became rarer, which is what a changed category does
changed      any other change of a person's record; which fields it was stands sealed
crowded      a visit by somebody who reported more than eight homes that day
moved        a visit that was moved twice or more before
weekly       a visit nobody present has confirmed, to a home of the strictest rhythm
unconfirmed  any other visit that nobody present has confirmed: unknown, and no more than that
confirmed    a visit that somebody present has confirmed
"""
NAMES = tuple(stratum.name for stratum in RULE)
MOST_DRAWN = sum(stratum.most for stratum in RULE)
