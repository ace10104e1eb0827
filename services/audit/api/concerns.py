"""GET /api/v1/concerns: what must not be forgotten in the asker's scope; POST .../closure: somebody saw to it."""

from typing import Any

from flask import Response, jsonify, request

from services.audit.api.shapes import ClosureSchema, ConcernQuery, PageSchema, shown_concern
from services.audit.front import Front
from shared.access import Role
from shared.http import Answered, Blueprint, by_id, etag, if_match, needs, page_of, principal

ACTORS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR)
READERS = (*ACTORS, Role.INSPECTOR)
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The endpoints of concerns."""
    bp = Blueprint("concerns", __name__, url_prefix="/api/v1/concerns")
    queries = front.queries

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(ConcernQuery, location="query")
    @bp.response(200, PageSchema)
    def listed(query: Doc) -> Doc:
        """Concerns, newest first, 50 a page."""
        who, asked = principal(), {name: value for name, value in query.items() if name != "cursor"}
        wanted = (query.get("branch", ""), query.get("kind", ""), query["state"] == "closed")
        rows, following = front.cursors.turn(
            "concerns", who, asked, query.get("cursor", ""), lambda after: queries.concerns(who, *wanted, *after), by_id
        )
        return page_of((shown_concern(front.concerns.opened(row)) for row in rows), following)

    @bp.route("/<id:concern>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(concern: str) -> Response:
        """One concern; its ETag is what a closure is decided on."""
        return _thing(front, concern, 200)

    @bp.route("/<id:concern>/closure", methods=["POST"])
    @needs(*ACTORS)
    @bp.arguments(ClosureSchema)
    @bp.response(200)
    def close(body: Doc, concern: str) -> Response:
        """Close a concern with a word. Takes If-Match."""
        who, was = principal(), if_match(request)
        front.once.post(
            lambda unit: Answered(200, concern, front.concerns.close_by_hand(unit, concern, body["word"], who, was))
        )
        return _thing(front, concern, 200)

    return bp


def _thing(front: Front, concern: str, status: int) -> Response:
    row = front.queries.concern(principal(), concern)
    answer = jsonify(shown_concern(front.concerns.opened(row)))
    answer.status_code = status
    answer.headers["ETag"] = etag(row["revision"])
    return answer
