"""What a visitor may give beside their word, where the county switched it on with its legal ground (docs/domain.md, rule 8).

Off by default. Nothing given, or a wrong code, costs nothing: the visit is as unknown as one without (rule 1). No place: the
system knows of no home where it lies.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

DOOR_DIGITS = 6


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
