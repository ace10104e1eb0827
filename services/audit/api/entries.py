"""GET /api/v1/entries: the log's entries in the asker's scope, one entry, its proof.

What is sealed stays sealed, but for an inspector who names a reason; that look is told before the answer.
"""

from typing import Any

from flask import Response, jsonify, request

from services.audit.api.shapes import EntryQuery, PageSchema, ReasonQuery, shown_entry, shown_whole, wanted
from services.audit.export.proving import Proven, prove
from services.audit.front import Front
from services.audit.model.note import to_base64
from shared.access import Role
from shared.http import Blueprint, needs, page_of, principal

READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
PROOF_TYPE = "text/plain; charset=utf-8"
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The endpoints of entries."""
    bp = Blueprint("entries", __name__, url_prefix="/api/v1/entries")
    queries = front.queries

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(EntryQuery, location="query")
    @bp.response(200, PageSchema)
    def listed(query: Doc) -> Doc:
        """Entries, newest first, 50 a page."""
        who, search = principal(), wanted(query)
        rows, following = front.cursors.turn(
            "entries",
            who,
            search.words(),
            query.get("cursor", ""),
            lambda after: queries.entries(who, search, after),
            search.position,
        )
        return page_of(map(shown_entry, rows), following)

    @bp.route("/<int:index>", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(ReasonQuery, location="query")
    @bp.response(200)
    def one(query: Doc, index: int) -> Doc:
        """One entry with its open data."""
        row, who = queries.entry(principal(), index), principal()
        reason = query.get("reason")
        parts = front.unsealing.opened(row, who, reason) if reason else front.unsealing.closed(row)
        return shown_whole(row, parts)

    @bp.route("/<int:index>/proof", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def proof(index: int) -> Response:
        """The proof that the log holds this entry: tlog-proof text, or JSON when that is asked for."""
        row = queries.entry(principal(), index)
        proven = prove(row, queries.vouching(index), front.folder)
        if request.accept_mimetypes.best_match(["text/plain", "application/json"]) == "application/json":
            return jsonify(shown_proof(proven))
        return proof_file(proven)

    return bp


def shown_proof(proven: Proven) -> Doc:
    """A proof for programs that do not read tlog-proof."""
    return {
        "index": proven.index,
        "leaf": to_base64(proven.leaf),
        "path": [to_base64(each) for each in proven.proof.hashes],
        "origin": proven.checkpoint.origin,
        "size": proven.checkpoint.size,
        "root": to_base64(proven.checkpoint.root),
        "checkpoint": proven.proof.checkpoint.decode(),
        "key": proven.key,
        "verified": True,
    }


def proof_file(proven: Proven) -> Response:
    """The proof as a file to keep."""
    answer = Response(proven.proof.text(), content_type=PROOF_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="entry-{proven.index}.tlog-proof"'
    return answer
