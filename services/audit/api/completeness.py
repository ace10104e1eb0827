"""GET /api/v1/completeness: through which day the log is complete, source by source, and when that was looked at."""

from typing import Any

from services.audit.api.entries import READERS
from services.audit.front import Front
from shared.clock import to_wire
from shared.http import Blueprint, needs

Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The endpoint. It names days and kinds of things, nobody and no place."""
    bp = Blueprint("completeness", __name__, url_prefix="/api/v1/completeness")

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def told() -> Doc:
        """Per source: the last day through which all is in the log; `differing`: days that are not, and of which kinds."""
        row, seen = front.queries.state(), front.queries.seen()
        found: Doc = {"size": row["size"], "signed": row["signed"], "holes": front.queries.holes()}
        found |= {"sources": seen.get("sources", []), "late_seconds": seen.get("late_seconds", 0)}
        return found | ({"looked_at": to_wire(seen["days_at"])} if "days_at" in seen else {})

    return bp
