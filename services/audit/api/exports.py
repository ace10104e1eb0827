"""POST /api/v1/exports: take the whole log away as one file. The bundle is streamed; nothing of it is opened."""

from typing import Any

from flask import Response, jsonify

from services.audit.api.shapes import NothingSchema
from services.audit.bundle import bundle_parts
from services.audit.commands.exports import export_log
from services.audit.front import Front
from shared.access import Role
from shared.clock import to_wire
from shared.http import Answered, Blueprint, etag, needs, principal
from shared.messaging.unit import Unit

READERS = (Role.ADMINISTRATOR, Role.INSPECTOR)
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The endpoints of exports."""
    bp = Blueprint("exports", __name__, url_prefix="/api/v1/exports")

    @bp.route("", methods=["POST"])
    @needs(*READERS)
    @bp.arguments(NothingSchema)
    @bp.response(201)
    def make(body: Doc) -> Response:
        """Export the log as signed last. `key` is what to check it with: compare it with what you know from elsewhere."""
        who = principal()

        def work(unit: Unit) -> Answered:
            return Answered(201, export_log(unit, who, front.runtime.county_clock)["_id"], 1)

        return _shown(front, front.once.post(work).id, 201)

    @bp.route("/<id:export>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(export: str) -> Response:
        """One export: size and key, and where its bundle is."""
        return _shown(front, export, 200)

    @bp.route("/<id:export>/bundle", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def bundle(export: str) -> Response:
        """The bundle: a plain tar of checkpoint, tiles and entries."""
        found = front.queries.export(export)
        parts = bundle_parts(front.folder, bytes(found["note"]), found["key"])
        answer = Response(parts, content_type="application/x-tar")
        answer.headers["Content-Disposition"] = f'attachment; filename="springrain-log-{found["size"]}.tar"'
        return answer

    return bp


def _shown(front: Front, export: str, status: int) -> Response:
    found = front.queries.export(export)
    told = {"id": export, "origin": found["origin"], "size": found["size"], "key": found["key"]}
    told |= {"at": to_wire(found["at"]), "bundle": f"/api/v1/exports/{export}/bundle"}
    answer = jsonify(told)
    answer.status_code = status
    answer.headers["ETag"] = etag(1)
    return answer
