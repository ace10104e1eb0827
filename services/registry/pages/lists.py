"""A page of a list: 50 rows, and the address of the next 50. Cursors are bound to the list, the scope and the filter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from services.registry.desk import Doc
from services.registry.wiring import Front
from shared.http import principal


def listing(
    front: Front,
    name: str,
    asked: Mapping[str, str],
    by: str,
    find: Callable[[Sequence[Any] | None], list[Doc]],
    at: str = "",
) -> tuple[list[Doc], str]:
    """The rows of this page, and the address of the next page (empty on the last). `by` is the field they are sorted by, `at`
    the list's own address when this one is a form's."""
    cursor = request.args.get("cursor", "")
    rows, following = front.cursors.turn(
        name, principal(), asked, cursor, lambda after: find(after or None), lambda row: [row[by]]
    )
    onward = {**asked, "cursor": following}
    return rows, f"{at or request.path}?{urlencode(onward)}" if following else ""


def asked_for(*names: str) -> dict[str, str]:
    """The filters given in the address, those left empty apart."""
    return {name: value for name in names if (value := request.args.get(name, "").strip()[:100])}
