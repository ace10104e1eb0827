"""A phone number of mainland China that has checked itself; no network is asked, and nothing is added to what was typed."""

import re
from dataclasses import dataclass

from services.registry.model.text import clean, folded
from shared.errors import Refused

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:010|02[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}")
_FILLING = re.compile(r"[-—–‐−_.·:()（）]|电话|手机|tel:?", re.IGNORECASE)
_REMARK = re.compile(r"[(（][^()（）0-9０-９]*[)）]")
_SEVERAL = re.compile(r"[/／、,，;；|｜或\\]|\n")
_WHOLE_NUMBER = re.compile(r"\.0+$")


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """`digits` as dialled inside the country: `13812345678`, or a landline with its area code `079185567363`."""

    digits: str

    def __post_init__(self) -> None:
        if not (_MOBILE.fullmatch(self.digits) or _LANDLINE.fullmatch(self.digits)):
            raise Refused.field("phone", *_why(self.digits))

    def __str__(self) -> str:
        return self.digits

    @property
    def is_mobile(self) -> bool:
        """Only a mobile can be sent an SMS; a landline is called."""
        return self.digits[0] == "1"

    @property
    def e164(self) -> str:
        """`+8613812345678`."""
        return "+86" + self.digits.removeprefix("0")

    @classmethod
    def read(cls, text: str) -> "PhoneNumber":
        """One number in any spelling: full width, +86, spaces, dashes, brackets. Raises Refused (`phone_short`,
        `phone_unreadable`): a landline without its area code is short, since the area is not guessed."""
        return cls(_national(folded(_REMARK.sub("", text))))


def split_phones(text: str) -> list[str]:
    """The numbers one cell holds (`a/b`, `a、b`, or two whole numbers parted by a space), each still unread."""
    parts = [part for part in map(clean, _SEVERAL.split(text)) if part]
    return [number for part in parts for number in _parted_by_space(part)]


def _parted_by_space(part: str) -> list[str]:
    pieces = part.split(" ")
    whole = all(_MOBILE.fullmatch(piece) or _LANDLINE.fullmatch(piece) for piece in pieces)
    return pieces if len(pieces) > 1 and whole else [part]


def _national(text: str) -> str:
    digits = _FILLING.sub("", _WHOLE_NUMBER.sub("", text))
    for prefix in ("+86", "0086", "86", "0"):
        rest = digits.removeprefix(prefix)
        if rest != digits and (_MOBILE.fullmatch(rest) or (prefix != "0" and _LANDLINE.fullmatch("0" + rest.lstrip("0")))):
            return rest if _MOBILE.fullmatch(rest) else "0" + rest.lstrip("0")
    return digits


def _why(digits: str) -> tuple[str, str, str]:
    rest = digits.removeprefix("+86")
    if rest.isascii() and rest.isdigit() and len(rest) < 11:
        return "phone_short", "the phone number has too few digits", "补全号码：手机11位，座机加区号。"
    return "phone_unreadable", "this is no phone number", "核对号码：手机11位，座机加区号。"
