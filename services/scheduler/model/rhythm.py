"""How often a household is visited, by risk, and who is served first. Data; the bands themselves are the registry's rule."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A visit every so many days, and the place in the order in which visits are given out (0 first)."""

    every_days: int
    rank: int


RHYTHMS: Mapping[str, Rhythm] = {
    "weekly": Rhythm(7, 1),
    "fortnightly": Rhythm(14, 2),
    "monthly": Rhythm(28, 3),
    "none": Rhythm(0, 4),
}
CHILD_WITHOUT_ADULT = 0
"""Before all others (docs/domain.md, rule 5); the concern itself is the audit service's."""


def rank(band: str, no_adult: bool) -> int:
    """The place of a household in the planning order: smaller is served first."""
    return CHILD_WITHOUT_ADULT if no_adult else RHYTHMS[band].rank


def visits_wanted(band: str, days: int) -> int:
    """How many visits the rhythm asks for within so many days: 4, 2 and 1 in a month of 28 to 31 days.

    What is left of a month counts when it is at least half an interval.
    """
    every = RHYTHMS[band].every_days
    if every == 0:
        return 0
    return max(days // every, 1 if 2 * days >= every else 0)
