"""The ID number of a resident: checks its own digit (GB 11643, `stdnum.cn.ric`) and knows birth day and sex.

The issuing county is not checked: codes of abolished counties stay valid for life.
"""

import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from services.registry.model.sex import Sex
from services.registry.model.text import folded
from shared.errors import Refused

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_FLOAT = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+]?[0-9]+|[0-9]{15,}\.[0-9]+")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """Eighteen characters, the last a digit or `X`, whose check digit and birth day hold."""

    value: str

    def __post_init__(self) -> None:
        if not _holds(self.value):
            raise Refused.field("id_number", "id_checksum", "the ID number does not check", "对照身份证逐位核对18位号码。")

    def __str__(self) -> str:
        return self.value

    @property
    def birth(self) -> date:
        """The birth day the number carries."""
        return date(int(self.value[6:10]), int(self.value[10:12]), int(self.value[12:14]))

    @property
    def sex(self) -> Sex:
        """The 17th digit: odd is male."""
        return Sex.MALE if int(self.value[16]) % 2 else Sex.FEMALE

    @classmethod
    def read(cls, text: str) -> "IdNumber":
        """Any spelling: spaces, full width, lower-case x, an apostrophe in front. Raises Refused: `id_float` when the
        sheet kept it as a number and the last digits are gone (never rebuilt), `id_checksum` when it does not check."""
        compact = folded(text).replace("-", "")
        if _FLOAT.fullmatch(compact):
            raise Refused.field("id_number", "id_float", "the ID number was kept as a number", "把单元格设为文本再重填。")
        return cls(compact.upper())


def birth_digits(text: str) -> str:
    """`YYYYMMDD` as far as an ID cell shows it, unchecked, to help read a two-digit year; "" when it shows none.

    A number keeps 15 significant digits in a sheet, so even a spoilt ID still shows the birth day.
    """
    compact = folded(text)
    if re.fullmatch(r"[0-9]\.[0-9]{14,}[eE]\+?17", compact):
        return compact.replace(".", "")[6:14]
    return compact[6:14] if re.fullmatch(r"[0-9]{17}[0-9Xx]", compact) else ""


def _holds(value: str) -> bool:
    try:
        return (
            _SHAPE.fullmatch(value) is not None
            and ric.calc_check_digit(value) == value[-1]
            and ric.get_birth_date(value).year >= 1900
        )
    except ValidationError:
        return False
