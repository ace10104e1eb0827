"""What a visitor may give beside their word: a device and a code at the door where the county switched them on, and a call.

Device and code are off by default and need a legal ground (docs/domain.md, rule 8). Nothing given, or a wrong code, costs
nothing: the visit is as unknown as one without (rule 1). No place: the system knows of no home where it lies.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any

DOOR_DIGITS = 6
LOCAL_DIGITS = (7, 8)
"""Of a landline without its area code, as a display shows a call from the same town."""
_NO_DIGIT = re.compile(r"\D")


def door_code(secret: bytes, household: str) -> str:
    """The code at a home's door: follows from the county's secret, and is kept nowhere."""
    number = int.from_bytes(hmac.digest(secret, f"door\n{household}".encode(), hashlib.sha256)[:8], "big")
    return f"{number % 10**DOOR_DIGITS:0{DOOR_DIGITS}}"


def proven(on: Mapping[str, str], secret: bytes, household: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What an event tells of what was given. `on`: the proofs that are switched on, by name."""
    told: dict[str, Any] = {}
    if "device" in on and given.get("device"):
        told["device"] = given["device"]
    code = str(given.get("door_code") or "")
    if "door_code" in on and hmac.compare_digest(code.encode(), door_code(secret, household).encode()):
        told["door_code"] = True
    return told


def rang_from(shown: str, phones: Iterable[str]) -> bool:
    """Whether the number a display showed is one of these, in whatever spelling; a landline's also without area code."""
    number = _digits(shown)
    return bool(number) and any(number in _spellings(_digits(phone)) for phone in phones)


def _digits(number: str) -> str:
    """Without country code and the zero before an area code."""
    digits = _NO_DIGIT.sub("", number).removeprefix("00")
    return (digits[2:] if digits.startswith("86") and len(digits) > 11 else digits).lstrip("0")


def _spellings(digits: str) -> set[str]:
    mobile = len(digits) == 11 and digits.startswith("1")
    return {digits} if mobile else {digits, *(digits[-length:] for length in LOCAL_DIGITS if len(digits) > length)}
