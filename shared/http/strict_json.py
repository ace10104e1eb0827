"""Reading JSON from outside: whatever could mean two things, or something to the database, is refused at the border.

Raises BadRequest for what cannot be read (so that nothing after it sees it), Refused for a key no field of ours can have.
"""

import json
import re
from typing import Any

from shared.errors import BadRequest, Fault, Refused

GREATEST = 2**53
DEEPEST = 16
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(body: bytes) -> Any:
    """The value of a JSON body in UTF-8: no byte order mark, no double keys, no fractions, NaN or huge numbers, no lone
    surrogates, at most 16 levels. Null passes: whether a field may be empty is its schema's to say."""
    try:
        value = _decoder.decode(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadRequest("the body is not the JSON we read (RFC 8259, UTF-8, whole numbers below 2^53)") from error
    faults: list[Fault] = []
    _walk(value, "", 1, faults)
    if faults:
        raise Refused("keys that no field has", *faults)
    return value


def _walk(value: Any, path: str, depth: int, faults: list[Fault]) -> None:
    if depth > DEEPEST:
        raise BadRequest(f"the body is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        _no_surrogate(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _walk(item, f"{path}.{number}".lstrip("."), depth + 1, faults)
    elif isinstance(value, dict):
        _walk_object(value, path, depth, faults)


def _walk_object(value: dict[str, Any], path: str, depth: int, faults: list[Fault]) -> None:
    for key, item in value.items():
        if _KEY.fullmatch(key) is None:
            _no_surrogate(key)
            faults.append(Fault(path, "key_not_allowed", "holds a key that no field has", "send only documented fields"))
        else:
            _walk(item, f"{path}.{key}".lstrip("."), depth + 1, faults)


def _no_surrogate(text: str) -> None:
    if _SURROGATE.search(text):
        raise BadRequest("the body holds half a character (a lone surrogate)")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("double key")
    return found


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= GREATEST:
        raise ValueError("too large")
    return int(text)


def _no_fraction(text: str) -> float:
    raise ValueError("fraction")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_int=_whole, parse_float=_no_fraction, parse_constant=_no_fraction)
