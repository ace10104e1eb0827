"""One entry by itself: canonical JSON, and the envelope every event has for ever (docs/design.md, section 3).

Says nothing of what the event tells. Written apart from `shared/events/envelope.py`, which makes what this judges (a test
holds the two against each other). On the path of every entry: re-encoding finds doubled keys, spaces, escapes and order
at once, at the speed of the C encoder.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, NoReturn

from services.audit.model.wrong import Wrong

GREATEST_BODY = 32 * 1024
GREATEST_INTEGER = 2**53
GREATEST_REVISION = 2**31 - 1
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KNOWN = 4_096
"""How many values of a field that repeats (a branch, an account, a day) are remembered as good: saves a tenth of the time."""


def _form(name: str, form: str) -> tuple[str, Callable[[str], object]]:
    matches = re.compile(form, re.ASCII).fullmatch
    return name, matches if name in ("id", "subject", "time") else lru_cache(maxsize=_KNOWN)(matches)


_FORMS = tuple(
    _form(name, form)
    for name, form in (
        ("specversion", r"1\.0"),
        ("id", r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
        ("source", r"/springrain/[0-9a-f-]{36}/[a-z]{1,20}"),
        ("type", r"[a-z][a-z_]*\.[a-z][a-z_]*\.v[1-9][0-9]?"),
        ("subject", _ID),
        ("time", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"),
        ("datacontenttype", r"application/json"),
        ("branch", r"[0-9a-f-]{36}(?:/[0-9a-f-]{36}){0,5}"),
        ("actor", r"[0-9a-f-]{36}|system:[a-z_]{1,30}"),
    )
)
_ALL = frozenset((*(name for name, _ in _FORMS), "revision", "data"))
_key = re.compile(r"[a-z0-9_]{1,40}", re.ASCII).fullmatch


def read_entry(body: bytes) -> dict[str, Any]:
    """The event in an entry. Raises Wrong: `not_canonical` with the reason, or `envelope` with the field."""
    event = _canonical(body)
    if not isinstance(event, dict) or event.keys() != _ALL:
        raise Wrong("envelope", ", ".join(sorted(_ALL ^ event.keys()))[:80] if isinstance(event, dict) else "no object")
    for name, matches in _FORMS:
        value = event[name]
        if type(value) is not str or not matches(value):
            raise Wrong("envelope", name)
    if not _is_day(event["time"][:10]):
        raise Wrong("envelope", "time")
    revision, data = event["revision"], event["data"]
    if type(revision) is not int or not 1 <= revision <= GREATEST_REVISION:
        raise Wrong("envelope", "revision")
    if type(data) is not dict or len(body) > GREATEST_BODY:
        raise Wrong("envelope", "data")
    _check_data(data)
    return event


@lru_cache(maxsize=_KNOWN)
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _canonical(body: bytes) -> Any:
    try:
        value, _ = _decode(body.decode())  # what follows the value is missing from `again`
        again = _encode(value).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong("not_canonical", error.code if isinstance(error, Wrong) else "not JSON") from None
    if again != body:
        raise Wrong("not_canonical", "spelled otherwise")
    return value


def _check_data(value: Any) -> None:
    """Text, integers below 2^53, booleans, lists, objects with plain keys; no null."""
    kind = type(value)
    if kind is dict:
        for key, inner in value.items():
            if not _key(key):
                raise Wrong("envelope", f"data: key {key[:40]!a}")
            if type(inner) is not str:
                _check_data(inner)
    elif kind is list:
        for inner in value:
            _check_data(inner)
    elif kind is int:
        if abs(value) >= GREATEST_INTEGER:
            raise Wrong("envelope", "data: integer too large")
    elif kind is not str and kind is not bool:
        raise Wrong("envelope", "data: null")


def _fraction(_: str) -> NoReturn:
    raise Wrong("fraction")


_decode = json.JSONDecoder(parse_float=_fraction, parse_constant=_fraction).raw_decode
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode
