"""A list on a page: 50 rows, and the address of the next 50. Cursors are bound to the list, the scope and the filter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from shared.http.access import principal
from shared.http.cursors import Cursors

Doc = dict[str, Any]
_MOST = 200
"""Characters of a filter: the path of a village, three ids, has 110."""


def listing(
    cursors: Cursors,
    name: str,
    filter: Mapping[str, Any],
    find: Callable[[list[Any]], Sequence[Doc]],
    position: Callable[[Doc], Sequence[str | int]],
    *,
    at: str = "",
    asked: Mapping[str, str] | None = None,
) -> tuple[list[Doc], str]:
    """The rows of this page of the list `name`, and the address of the next page (empty on the last).

    `find` and `position` as `Cursors.turn` has them. `at`: the list's own address, where this page may be a form's.
    `asked`: what the next address repeats of this one, where that is not the filter itself.
    """
    rows, following = cursors.turn(name, principal(), filter, request.args.get("cursor", ""), find, position)
    onward = {**(filter if asked is None else asked), "cursor": following}
    return rows, f"{at or request.path}?{urlencode(onward)}" if following else ""


def asked_for(*names: str) -> dict[str, str]:
    """The filters given in the address, those left empty apart."""
    return {name: value for name in names if (value := request.args.get(name, "").strip()[:_MOST])}
