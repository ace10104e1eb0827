"""Sex as a roster or an ID number tells it."""

from enum import StrEnum

from services.registry.model.text import folded


class Sex(StrEnum):
    """What the state's documents know."""

    FEMALE = "female"
    MALE = "male"


SPELLINGS = {"男": Sex.MALE, "男性": Sex.MALE, "男孩": Sex.MALE, "女": Sex.FEMALE, "女性": Sex.FEMALE, "女孩": Sex.FEMALE}


def read_sex(text: str) -> Sex | None:
    """None when the cell says neither: nobody's sex is guessed from a name."""
    return SPELLINGS.get(folded(text))
