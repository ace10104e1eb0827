"""Who is served first when not everybody can be: one table (docs/domain.md, rule 7; issue 3, step 5). A rank orders offers of
help inside the service; it is never shown as a score of a person."""

from collections.abc import Iterable

from services.registry.model.categories import Category, ChildCategory, ElderCategory

HIGHEST, MIDDLE, LOWEST = 0, 1, 2
RISK: dict[tuple[type[Category], str], int] = {
    (ElderCategory, ElderCategory.WIDOWED_ALONE): HIGHEST,
    (ElderCategory, ElderCategory.LOST_ONLY_CHILD): HIGHEST,
    (ElderCategory, ElderCategory.DISABLED_CARE): HIGHEST,
    (ElderCategory, ElderCategory.SEVERELY_DISABLED): HIGHEST,
    (ElderCategory, ElderCategory.EMPTY_NEST): MIDDLE,
    (ElderCategory, ElderCategory.LIVING_ALONE): MIDDLE,
    (ChildCategory, ChildCategory.ORPHAN): HIGHEST,
    (ChildCategory, ChildCategory.DE_FACTO_UNSUPPORTED): HIGHEST,
    (ChildCategory, ChildCategory.LEFT_BEHIND): MIDDLE,
    (ChildCategory, ChildCategory.IN_DIFFICULTY): MIDDLE,
}


def risk_of(categories: Iterable[Category], no_adult_in_house: bool = False) -> int:
    """0 first; a child with nobody in the house is always first. Who has no category at all comes last, not never."""
    if no_adult_in_house:
        return HIGHEST
    return min((RISK.get((type(category), category), LOWEST) for category in categories), default=LOWEST)
