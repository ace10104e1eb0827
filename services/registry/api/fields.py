"""Kinds of fields and answers that the registry's endpoints share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import marshmallow as ma
from flask import Response, jsonify

from services.registry.desk import Doc
from shared.access import Role
from shared.http import Cursors, etag, ordered_by, page_of, principal
from shared.ids import ID

OFFICE = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR)
READERS = (*OFFICE, Role.INSPECTOR)
KEEPERS = (Role.CLERK, Role.ADMINISTRATOR)
"""Who registers and edits people; a supervisor reads (docs/domain.md, "Who uses it")."""


def id_field(required: bool = True) -> ma.fields.Str:
    """An id of ours."""
    return ma.fields.Str(required=required, validate=ma.validate.Regexp(f"^{ID.pattern}$", error="Not a valid id."))


class ListQuery(ma.Schema):
    """What every list may be asked: the branch it is narrowed to, and where to go on."""

    branch = id_field(required=False)
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class NothingSchema(ma.Schema):
    """An empty object: the request says all by its address."""


def one_page(
    cursors: Cursors,
    endpoint: str,
    filter: Mapping[str, Any],
    cursor: str | None,
    by: str,
    find: Callable[[Sequence[Any]], list[Doc]],
    show: Callable[[Doc], Doc],
) -> Doc:
    """{"items": [...], "next": cursor or absent}. `find` gets the position after which to go on."""
    page, following = cursors.turn(endpoint, principal(), filter, cursor or "", find, ordered_by(by))
    return page_of(map(show, page), following)


def thing(body: Mapping[str, Any], revision: int, status: int = 200) -> Response:
    """One thing as JSON with its revision as ETag."""
    answer = jsonify({**body, "revision": revision})
    answer.status_code = status
    answer.headers["ETag"] = etag(revision)
    return answer
