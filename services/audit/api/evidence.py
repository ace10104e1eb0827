"""GET /api/v1/evidence/<visit>: what shows that a visit took place, point by point.

The branch and its clerk are told one of two words; only above it does anybody see a dispute, and nobody who made it.
"""

from typing import Any

from flask import Response, jsonify

from services.audit.evidence.point import Point
from services.audit.evidence.verdict import Evidence
from services.audit.front import Front
from shared.access import Principal, Role
from shared.clock import to_wire
from shared.errors import NotFound
from shared.http import Blueprint, needs, principal

Doc = dict[str, Any]
READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)


def blueprint(front: Front) -> Blueprint:
    """The endpoint of evidence."""
    bp = Blueprint("evidence", __name__, url_prefix="/api/v1/evidence", description="Evidence of visits")

    @bp.route("/<id:visit>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def evidence(visit: str) -> Response:
        """The evidence of one visit in the asker's scope, as far as the asker may know it."""
        who = principal()
        found = evidence_for(front, who, visit)
        if not sees_points(who, found):
            return jsonify({"visit": visit, "verdict": found.for_branch()})
        entries = front.queries.indexes_of(point.event for point in found.points)
        points = [shown_point(who, point, entries) for point in found.points]
        return jsonify({"visit": visit, "verdict": found.verdict, "worth": found.worth, "points": points})

    return bp


def evidence_for(front: Front, who: Principal, visit: str) -> Evidence:
    """The evidence of a visit. Raises NotFound when it is not there, or not in scope."""
    found = front.evidence.of(visit)
    if not who.sees(found.branch):
        raise NotFound("no such visit")
    return found


def sees_points(who: Principal, found: Evidence) -> bool:
    """Whether this account stands above the branch that the visit is of (docs/domain.md, rule 2)."""
    return who.role is not Role.CLERK and (who.role is not Role.SUPERVISOR or who.branch != found.branch)


def shown_entry_of(who: Principal, point: Point, entries: dict[str, int]) -> int | None:
    """Where the point stands in the log, for who may open it: what is hidden only for an inspector."""
    return entries.get(point.event) if not point.hidden or who.role is Role.INSPECTOR else None


def shown_point(who: Principal, point: Point, entries: dict[str, int]) -> Doc:
    """One point as it is told: which kind, what it is worth and why, and which entry of the log shows it."""
    told: Doc = {"channel": point.channel, "worth": point.worth, "why": point.why}
    if point.at is not None and not point.hidden:
        told["at"] = to_wire(point.at)
    entry = shown_entry_of(who, point, entries)
    return told | ({"entry": entry} if entry is not None else {})
