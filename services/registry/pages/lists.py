"""A page of a list: 50 rows, and the address of the next 50. Cursors are bound to the list, the scope and the filter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from services.registry.desk import Doc
from services.registry.wiring import Front
from shared.http import principal, split


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
    who, cursor = principal(), request.args.get("cursor", "")
    after = front.cursors.read(cursor, name, who, dict(asked)) if cursor else None
    rows, position = split(find(after), lambda row: [row[by]])
    if position is None:
        return rows, ""
    onward = {**asked, "cursor": front.cursors.make(name, who, dict(asked), position)}
    return rows, f"{at or request.path}?{urlencode(onward)}"


def asked_for(*names: str) -> dict[str, str]:
    """The filters given in the address, those left empty apart."""
    return {name: value for name in names if (value := request.args.get(name, "").strip()[:100])}
