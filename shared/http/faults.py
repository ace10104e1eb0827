"""marshmallow's messages as faults, one for each field: path, code, plain words. Values never get in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import Fault

_SAFE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CODES: tuple[tuple[str, str], ...] = (
    ("Missing data", "required"),
    ("Unknown field", "unknown_field"),
    ("Field may not be null", "null"),
    ("Not a valid", "wrong_kind"),
    ("Invalid", "wrong_kind"),
    ("Must be one of", "not_a_choice"),
    ("Length must be", "length"),
    ("Shorter than", "length"),
    ("Longer than", "length"),
    ("Must be", "range"),
)
_PLACES = frozenset(
    {"json", "query", "querystring", "form", "json_or_form", "files", "headers", "path", "view_args", "cookies"}
)


def faults_of(data: Any) -> Iterator[Fault]:
    """The faults in what webargs hung on its error: {"messages": {place: {field: [text, ...] or deeper}}}."""
    messages = data.get("messages") if isinstance(data, Mapping) else None
    if isinstance(messages, Mapping):
        for place, found in messages.items():
            path = () if place in _PLACES else (place,)
            yield from _walk(found, path)


def _walk(found: Any, path: tuple[Any, ...]) -> Iterator[Fault]:
    if isinstance(found, Mapping):
        for key, inner in found.items():
            yield from _walk(inner, path if key == "_schema" else (*path, key))
    elif isinstance(found, list):
        for text in found:
            yield from _walk(text, path)
    else:
        yield Fault(".".join(_shown(part) for part in path), _code(str(found)), str(found))


def _code(text: str) -> str:
    return next((code for start, code in _CODES if text.startswith(start)), "invalid")


def _shown(part: Any) -> str:
    """A field's name as ours are written. Anything else was made up outside and might be anything: not shown."""
    return str(part) if isinstance(part, int) or _SAFE.fullmatch(str(part)) else "?"
