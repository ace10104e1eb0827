"""/api/v1/plans and /api/v1/uncovered: what care is planned, and what nobody can give."""

from typing import Any

from services.scheduler.api.schemas import CursorQuery, MonthQuery, PlansSchema, UncoveredListSchema, plain_body
from services.scheduler.commands.desk import Desk
from services.scheduler.queries import Queries, by_number
from shared.access import Role
from shared.http import PAGE, Blueprint, Cursors, needs, page_of, principal

Doc = dict[str, Any]
OFFICE = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)


def plans_blueprint(queries: Queries, cursors: Cursors) -> Blueprint:
    """Care plans."""
    blueprint = Blueprint("plans", __name__, url_prefix="/api/v1/plans", description="Care plans")

    @blueprint.route("", methods=["GET"])
    @needs(Role.VOLUNTEER, *OFFICE)
    @blueprint.arguments(CursorQuery, location="query")
    @blueprint.response(200, PlansSchema)
    def plans(query: Doc) -> Doc:
        """Care plans by household number; a volunteer's own."""
        who = principal()
        cursor = query.get("cursor", "")
        rows, following = cursors.turn("plans", who, {}, cursor, lambda after: queries.plans(who, after, PAGE + 1), by_number)
        return page_of(map(plain_body, rows), following)

    return blueprint


def uncovered_blueprint(desk: Desk, queries: Queries, cursors: Cursors) -> Blueprint:
    """What nobody can give: for those who decide, never a volunteer's miss."""
    blueprint = Blueprint("uncovered", __name__, url_prefix="/api/v1/uncovered", description="Care nobody can give")

    @blueprint.route("", methods=["GET"])
    @needs(*OFFICE)
    @blueprint.arguments(MonthQuery, location="query")
    @blueprint.response(200, UncoveredListSchema)
    def uncovered(query: Doc) -> Doc:
        """Open visits of a month by household, with the cause."""
        who, month = principal(), query.get("month") or f"{desk.today():%Y-%m}"
        filter, cursor = {"month": month}, query.get("cursor", "")
        rows, following = cursors.turn(
            "uncovered", who, filter, cursor, lambda after: queries.uncovered(who, month, after, PAGE + 1), by_number
        )
        return page_of(map(plain_body, rows), following)

    return blueprint
