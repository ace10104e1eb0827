"""Lists of the audit pages, 50 rows a page, and the address of the next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from services.audit.front import Front
from shared.http import principal

Doc = dict[str, Any]


def listing(
    front: Front,
    name: str,
    at: str,
    filter: Mapping[str, Any],
    find: Callable[[list[Any]], list[Doc]],
    position: Callable[[Doc], Sequence[str | int]],
    asked: Mapping[str, str] | None = None,
) -> tuple[list[Doc], str]:
    """The rows of this page of the list at `at`, and the address of the next page (empty on the last).

    `asked`: what that address repeats of this one, when it is not the filter itself.
    """
    rows, following = front.cursors.turn(name, principal(), filter, request.args.get("cursor", ""), find, position)
    onward = {**(filter if asked is None else asked), "cursor": following}
    return rows, f"{at}?{urlencode(onward)}" if following else ""
