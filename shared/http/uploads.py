"""Names of uploaded files: shown and noted, never used as a path. And how large a body may be, where that is not 1 MiB."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from shared.errors import Refused

V = TypeVar("V")
_LIMIT = "__springrain_body_limit__"
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def body_up_to(size: int) -> Callable[[V], V]:
    """Let this view take bodies of up to `size` bytes."""

    def mark(view: V) -> V:
        setattr(view, _LIMIT, size)
        return view

    return mark


def body_limit(view: Any, method: str) -> int | None:
    """What `body_up_to` said for this view and method."""
    handler = getattr(getattr(view, "view_class", None), method.lower(), view)
    found: int | None = getattr(handler, _LIMIT, None)
    return found


def plain_file_name(name: str | None) -> str:
    """An uploaded file's name, in NFC, if it is a plain one. Raises Refused for a path, a device, a control character."""
    found = unicodedata.normalize("NFC", name or "")
    if not 1 <= len(found) <= 200 or found.startswith(".") or any(_unfit(letter) for letter in found):
        raise Refused.field("file", "file_name", "has a name we do not take", "give the file a plain name")
    if _RESERVED.fullmatch(found):
        raise Refused.field("file", "file_name", "has a name some systems keep for devices", "give the file a plain name")
    return found


def _unfit(letter: str) -> bool:
    return letter in '/\\:"<>|?*' or unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn")
