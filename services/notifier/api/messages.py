"""`/api/v1/messages` and `/api/v1/answers`: what went to and came from a person's family. No text, so no look."""

from collections.abc import Callable
from typing import Any

import marshmallow as ma

from services.notifier.queries import Queries
from shared.access import Role
from shared.clock import to_wire
from shared.errors import Refused
from shared.http import Blueprint, Cursors, by_id, needs, principal
from shared.ids import is_id

READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)


class PersonQuery(ma.Schema):
    """Whose, and where to go on."""

    person = ma.fields.Str(required=True)
    cursor = ma.fields.Str()


class MessageSchema(ma.Schema):
    """A message as far as it stands open."""

    id = ma.fields.Str(required=True)
    person = ma.fields.Str(required=True)
    about = ma.fields.List(ma.fields.Str(), required=True)
    template = ma.fields.Str(required=True)
    version = ma.fields.Int(required=True)
    state = ma.fields.Str(required=True)
    why = ma.fields.Str()
    at = ma.fields.Str(required=True)
    revision = ma.fields.Int(required=True)


class MessagePage(ma.Schema):
    """Newest first."""

    messages = ma.fields.List(ma.fields.Nested(MessageSchema), required=True)
    next = ma.fields.Str()


class AnswerSchema(ma.Schema):
    """An answer by its meaning; those about a visit are not shown to clerks."""

    id = ma.fields.Str(required=True)
    person = ma.fields.Str(required=True)
    meaning = ma.fields.Str(required=True)
    at = ma.fields.Str(required=True)


class AnswerPage(ma.Schema):
    """Newest first."""

    answers = ma.fields.List(ma.fields.Nested(AnswerSchema), required=True)
    next = ma.fields.Str()


def messages_api(queries: Queries, cursors: Cursors) -> Blueprint:
    """The blueprint of messages."""
    blueprint = Blueprint("messages", __name__, url_prefix="/api/v1/messages")

    @blueprint.route("", methods=["GET"])
    @blueprint.arguments(PersonQuery, location="query")
    @blueprint.response(200, MessagePage)
    @needs(*READERS)
    def listed(query: dict[str, str]) -> dict[str, Any]:
        """Messages to or about a person, 50 a page."""
        return _page(query, "messages", queries.messages, _message, cursors)

    return blueprint


def answers_api(queries: Queries, cursors: Cursors) -> Blueprint:
    """The blueprint of answers."""
    blueprint = Blueprint("answers", __name__, url_prefix="/api/v1/answers")

    @blueprint.route("", methods=["GET"])
    @blueprint.arguments(PersonQuery, location="query")
    @blueprint.response(200, AnswerPage)
    @needs(*READERS)
    def listed(query: dict[str, str]) -> dict[str, Any]:
        """Answers of a person or of their relatives, 50 a page."""
        return _page(query, "answers", queries.answers, lambda row: _answer(row, queries), cursors)

    return blueprint


def _page(
    query: dict[str, str], name: str, read: Callable[..., Any], shown: Callable[[Any], dict[str, Any]], cursors: Cursors
) -> dict[str, Any]:
    who, person = principal(), query["person"]
    if not is_id(person):
        raise Refused.field("person", "id", "is no id", "give the person's id")
    filter, cursor = {"person": person}, query.get("cursor", "")
    rows, following = cursors.turn(name, who, filter, cursor, lambda after: read(who, person, *(after or [""])), by_id)
    page: dict[str, Any] = {name: [shown(row) for row in rows]}
    return page | ({"next": following} if following else {})


def _message(row: dict[str, Any]) -> dict[str, Any]:
    names = ("person", "about", "template", "version", "state", "revision")
    shown = {name: row[name] for name in names} | {"id": row["_id"], "at": to_wire(row.get("sent_at") or row["made_at"])}
    return shown | ({"why": row["why"]} if row.get("why") else {})


def _answer(row: dict[str, Any], queries: Queries) -> dict[str, Any]:
    return {"id": row["_id"], "person": row.get("person", ""), "meaning": queries.meaning(row), "at": to_wire(row["at"])}
