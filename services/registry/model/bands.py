"""How often a household is visited: the rule table of issue 3, step 5, and the strictest of several. Pure.

What is told outside is the band alone; the categories it follows from stay sealed.
"""

from collections.abc import Iterable
from datetime import date

from services.registry.model.day import Birth

WEEKLY, FORTNIGHTLY, MONTHLY, NONE = "weekly", "fortnightly", "monthly", "none"
ORDER = (WEEKLY, FORTNIGHTLY, MONTHLY, NONE)
VISITS_A_MONTH = {WEEKLY: 4, FORTNIGHTLY: 2, MONTHLY: 1, NONE: 0}
ELDERS: dict[str, str] = {
    "widowed_alone": WEEKLY,
    "lost_only_child": WEEKLY,
    "special_family": WEEKLY,
    "disabled_care": WEEKLY,
    "severely_disabled": WEEKLY,
    "empty_nest": FORTNIGHTLY,
    "living_alone": FORTNIGHTLY,
}
ADULT_FROM = 18


def band_of(child: bool, categories: Iterable[str]) -> str:
    """A child's is fortnightly; an elder's follows from the categories; who has none is still visited every month."""
    if child:
        return FORTNIGHTLY
    return strictest(ELDERS.get(category, MONTHLY) for category in categories)


def strictest(bands: Iterable[str]) -> str:
    """The most frequent of these; monthly when there is none at all."""
    return min(bands, key=ORDER.index, default=MONTHLY)


def is_minor(birth: Birth | None, today: date) -> bool:
    """Under 18 on this day; who is on the children's roster with an unknown age is taken for a minor."""
    if birth is None:
        return True
    month, day = birth.month or 12, birth.day or 31
    had_birthday = (today.month, today.day) >= (month, day)
    return today.year - birth.year - (0 if had_birthday else 1) < ADULT_FROM
