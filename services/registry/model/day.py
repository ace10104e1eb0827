"""A birth day as rosters write it: whole, or only year and month; never guessed.

All readings a cell allows are listed; those the ID number contradicts fall away; unless exactly one is left the cell is
unreadable (two-digit years, an age, a lunar day, the 13th month).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.registry.model.text import folded
from shared.errors import Refused

_TIME = re.compile(r"[T ]?\d{1,2}:\d\d(:\d\d(\.\d+)?)?$")
_PARTS = re.compile(r"(\d+)(?:[-/.年](\d+)(?:[-/.月](\d+)日?|月)?|年)?[.]?")
_SOLID = re.compile(r"\d{6}|\d{8}")
FIRST_YEAR, LAST_YEAR = 1900, 2099


@dataclass(frozen=True, slots=True)
class Birth:
    """`1949-01-12`, or as much as is known: `1949-01`, `1949`. Checks itself against the calendar."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR or (self.month is None and self.day is not None):
            raise ValueError("no such birth day")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def of(cls, day: date) -> "Birth":
        """The whole day."""
        return cls(day.year, day.month, day.day)

    @property
    def whole(self) -> date | None:
        """The day when it is known in full."""
        return date(self.year, self.month, self.day) if self.month and self.day else None

    def __str__(self) -> str:
        parts = (f"{self.year:04d}", self.month and f"{self.month:02d}", self.day and f"{self.day:02d}")
        return "-".join(part for part in parts if part)

    def fits(self, digits: str) -> bool:
        """True when `YYYYMMDD` of an ID number does not contradict it."""
        return digits.startswith(str(self).replace("-", ""))


def read_birth(text: str, id_digits: str = "", certain: bool = True, as_number: bool = False) -> Birth:
    """The one reading left. `id_digits` is `YYYYMMDD` from the ID cell ("" when it has none); when its check digit
    fails it is not `certain`: it may choose among readings, but not contradict them. `as_number`: the sheet kept a
    number, so that 1962.1 may be October. Raises Refused: `birth_unreadable`, `birth_conflict`."""
    readings = list(dict.fromkeys(_readings(folded(_TIME.sub("", text.strip())), as_number)))
    fitting = [reading for reading in readings if reading.fits(id_digits)] if id_digits else readings
    if not fitting and not certain:
        fitting = readings
    if len(fitting) == 1:
        return fitting[0]
    if readings and not fitting:
        raise Refused.field("birth", "birth_conflict", "the birth day is not the ID number's", "核对出生日期与身份证号码。")
    raise Refused.field("birth", "birth_unreadable", "the birth day cannot be read", "写成 1949-01-12 或 1949-01 的公历日期。")


def _readings(text: str, as_number: bool) -> Iterator[Birth]:
    for year, month, day in _spellings(text, as_number):
        for full in (year,) if len(year) == 4 else ("19" + year, "20" + year) if len(year) == 2 else ():
            try:
                yield Birth(int(full), int(month) if month else None, int(day) if day else None)
            except ValueError:
                continue


def _spellings(text: str, as_number: bool) -> Iterator[tuple[str, str, str]]:
    if _SOLID.fullmatch(text):
        if len(text) == 8:
            yield text[:4], text[4:6], text[6:]
        else:
            yield text[:4], text[4:], ""
            yield text[:2], text[2:4], text[4:]
    elif found := _PARTS.fullmatch(text):
        year, month, day = found[1], found[2] or "", found[3] or ""
        if len(year) == 4 or (month and day):
            yield year, month, day
        if as_number and month == "1" and not day:
            yield year, "10", ""
