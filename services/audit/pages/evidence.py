"""/pages/audit/visits/<id>: the evidence of one visit, point by point, and the same as a part of other pages."""

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext  # type: ignore[import-untyped]

from services.audit.api.evidence import READERS, evidence_for, sees_points, shown_entry_of
from services.audit.front import Front
from services.audit.pages.evidence_words import WHY
from shared.http import needs, principal

Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The views of a visit's evidence."""
    bp = Blueprint("evidence_pages", __name__, url_prefix="/pages/audit/visits")

    @bp.get("/<id:visit>")
    @needs(*READERS)
    def page(visit: str) -> str:
        return render_template("audit/evidence.html", **_shown(front, visit))

    @bp.get("/<id:visit>/evidence/part")
    @needs(*READERS)
    def part(visit: str) -> str:
        return render_template("audit/evidence_part.html", **_shown(front, visit))

    return bp


def _shown(front: Front, visit: str) -> Doc:
    """The visit and what shows it, as far as the asker may know it."""
    who = principal()
    found = evidence_for(front, who, visit)
    above = sees_points(who, found)
    entries = front.queries.indexes_of(point.event for point in found.points) if above else {}
    points = [
        {
            "channel": point.channel,
            "worth": point.worth,
            "why": str(gettext(WHY[point.channel])),
            "at": None if point.hidden else point.at,
            "entry": shown_entry_of(who, point, entries),
        }
        for point in sorted(found.points, key=lambda point: -abs(point.worth))
    ]
    return {
        "visit": front.queries.visit(visit),
        "place": front.queries.places([found.branch]).get(found.branch, ""),
        "verdict": str(found.verdict) if above else found.for_branch(),
        "points": points if above else [],
        "above": above,
    }
