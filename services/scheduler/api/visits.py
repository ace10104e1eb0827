"""/api/v1/visits: who comes when, and what a volunteer does with a visit."""

from typing import Any

from flask import request

from services.scheduler.api.schemas import (
    CheckInSchema,
    DoneSchema,
    Nothing,
    ReportSchema,
    VisitSchema,
    VisitsQuery,
    VisitsSchema,
    visit_body,
)
from services.scheduler.commands.desk import Desk
from services.scheduler.deeds import Deeds
from services.scheduler.open_day import Doors
from services.scheduler.queries import SEES_DISPUTES, Queries, by_day, shown
from shared.access import Role
from shared.errors import Refused
from shared.http import PAGE, Answered, Blueprint, Cursors, etag, if_match, needs, page_of, principal

Doc = dict[str, Any]
READERS = (Role.VOLUNTEER, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
DOERS = (Role.VOLUNTEER, Role.CLERK)


def visits_blueprint(desk: Desk, queries: Queries, doors: Doors, deeds: Deeds, cursors: Cursors) -> Blueprint:
    """The resource, put together."""
    blueprint = Blueprint("visits", __name__, url_prefix="/api/v1/visits", description="Visits")
    _add_reading(blueprint, desk, queries, doors, cursors)
    _add_doing(blueprint, queries, deeds)
    return blueprint


def _add_reading(blueprint: Blueprint, desk: Desk, queries: Queries, doors: Doors, cursors: Cursors) -> None:
    @blueprint.route("", methods=["GET"])
    @needs(*READERS)
    @blueprint.arguments(VisitsQuery, location="query")
    @blueprint.response(200, VisitsSchema)
    def visits(query: Doc) -> Doc:
        """Visits of a day or period, by day and household number."""
        who = principal()
        cursor, wanted = query.pop("cursor", ""), _wanted(query, desk.today().isoformat())
        rows, following = cursors.turn(
            "visits", who, wanted, cursor, lambda after: queries.visits(who, wanted, after, PAGE + 1), by_day
        )
        return page_of(map(_body, rows), following)

    @blueprint.route("/<id:visit>", methods=["GET"])
    @needs(*READERS)
    @blueprint.response(200, VisitSchema)
    def visit(visit: str) -> tuple[Doc, int, dict[str, str]]:
        """One visit, with what was seen and said. Opening that is written down as a look."""
        row = queries.visit(principal(), visit)
        return _body(row) | doors.note_of(principal(), row), 200, {"ETag": etag(row["revision"])}


def _add_doing(blueprint: Blueprint, queries: Queries, deeds: Deeds) -> None:
    @blueprint.route("/<id:visit>/check-in", methods=["POST"])
    @needs(*DOERS)
    @blueprint.arguments(CheckInSchema)
    @blueprint.response(200, DoneSchema)
    def check_in(given: Doc, visit: str) -> tuple[Doc, int, dict[str, str]]:
        """I am there now."""
        return _done(queries, deeds.check_in(principal(), visit, if_match(request), given))

    @blueprint.route("/<id:visit>/report", methods=["POST"])
    @needs(*DOERS)
    @blueprint.arguments(ReportSchema)
    @blueprint.response(200, DoneSchema)
    def report(told: Doc, visit: str) -> tuple[Doc, int, dict[str, str]]:
        """This is how it was."""
        return _done(queries, deeds.report(principal(), visit, if_match(request), told))

    @blueprint.route("/<id:visit>/decline", methods=["POST"])
    @needs(*DOERS)
    @blueprint.arguments(Nothing)
    @blueprint.response(200, DoneSchema)
    def decline(_: Doc, visit: str) -> tuple[Doc, int, dict[str, str]]:
        """I cannot. Costs nothing; a stand-in or a new day is found."""
        return _done(queries, deeds.decline(principal(), visit, if_match(request)))


def _wanted(query: Doc, today: str) -> Doc:
    """The filter of a list as one plain thing, so that a cursor is bound to it."""
    if "day" in query and ("from_" in query or "to" in query):
        raise Refused.field("day", "day_or_period", "is one day or a period, not both", "send day, or from and to")
    first = query.get("day") or query.get("from_") or today
    last = query.get("day") or query.get("to") or max(first, today)
    if last < first:
        raise Refused.field("to", "before_from", "lies before the first day", "swap from and to")
    return {"first": first, "last": last, **{name: query[name] for name in ("state", "kind", "household") if name in query}}


def _body(row: Doc) -> Doc:
    return visit_body(row, shown(principal(), row), principal().role in SEES_DISPUTES)


def _done(queries: Queries, answered: Answered) -> tuple[Doc, int, dict[str, str]]:
    row = queries.any_visit(answered.id)
    body = {"id": row["_id"], "revision": row["revision"], "state": shown(principal(), row)}
    return body, answered.status, {"ETag": etag(row["revision"])}
