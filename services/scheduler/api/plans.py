"""/api/v1/plans and /api/v1/uncovered: what care is planned, and what nobody can give."""

from typing import Any

from services.scheduler.api.schemas import CursorQuery, MonthQuery, PlansSchema, UncoveredListSchema, plain_body
from services.scheduler.commands.desk import Desk
from services.scheduler.queries import Queries
from shared.access import Role
from shared.http import PAGE, Blueprint, Cursors, needs, principal, split

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
        after = cursors.read(query["cursor"], "plans", who, {}) if "cursor" in query else []
        rows, last = split(queries.plans(who, after, PAGE + 1), lambda row: (row["number"], row["_id"]))
        body: Doc = {"items": [plain_body(row) for row in rows]}
        return body | ({"next": cursors.make("plans", who, {}, last)} if last else {})

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
        after = cursors.read(query["cursor"], "uncovered", who, {"month": month}) if "cursor" in query else []
        rows, last = split(queries.uncovered(who, month, after, PAGE + 1), lambda row: (row["number"], row["_id"]))
        body: Doc = {"items": [plain_body(row) for row in rows]}
        return body | ({"next": cursors.make("uncovered", who, {"month": month}, last)} if last else {})

    return blueprint
