"""POST /api/v1/exports: take the log, or a part of it, away as one file. The bundle is streamed; nothing of it is opened."""

from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from flask import Response, jsonify

from services.audit.api.shapes import ID, PATH, text
from services.audit.commands.exports import agree, export_log
from services.audit.export.bundle import bundle_parts, selected_parts
from services.audit.export.selecting import indexes_of, selection_of
from services.audit.front import Front
from services.audit.model.selection import Selection, parse_selection
from shared.access import Role
from shared.clock import to_wire
from shared.errors import Conflict
from shared.http import Answered, Blueprint, etag, needs, principal
from shared.units import Unit

READERS = (Role.ADMINISTRATOR, Role.INSPECTOR)
Doc = dict[str, Any]


class ExportSchema(ma.Schema):
    """Nothing for the whole log. A branch and below, or one person, household, pairing or visit; county days from and to.

    `earlier`: the size of a checkpoint an inspector kept, so that the part can be compared with it.
    """

    branch = text(PATH)
    thing = text(ID)
    first_day = ma.fields.Date(data_key="from")
    last_day = ma.fields.Date(data_key="to")
    earlier = ma.fields.Int(validate=ma.validate.Range(0, 2**53))


def blueprint(front: Front) -> Blueprint:
    """The endpoints of exports."""
    bp = Blueprint("exports", __name__, url_prefix="/api/v1/exports")

    @bp.route("", methods=["POST"])
    @needs(*READERS)
    @bp.arguments(ExportSchema)
    @bp.response(201)
    def make(body: Doc) -> Response:
        """Export the log as signed last. `key` is what to check it with: compare it with what you know from elsewhere."""
        who, asked = principal(), _asked(body)

        def work(unit: Unit) -> Answered:
            return Answered(201, export_log(unit, who, front.runtime, asked)["_id"], 1)

        return _shown(front, front.once.post(work).id, 201)

    @bp.route("/<id:export>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(export: str) -> Response:
        """One export: size and key, which part, and where its bundle is."""
        return _shown(front, export, 200)

    @bp.route("/<id:export>/agreement", methods=["POST"])
    @needs(*READERS)
    @bp.arguments(ma.Schema.from_dict({}))
    @bp.response(200)
    def agreement(body: Doc, export: str) -> Response:
        """Agree to the export of what is about one person; the one who asked for it cannot."""
        who = principal()
        front.once.post(lambda unit: Answered(200, export, agree(unit, export, who, front.runtime.home)))
        return _shown(front, export, 200)

    @bp.route("/<id:export>/bundle", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def bundle(export: str) -> Response:
        """The bundle: a plain tar of checkpoint, tiles and entries."""
        return bundle_answer(front, export)

    return bp


def bundle_answer(front: Front, export: str) -> Response:
    """The bundle of an export, streamed. Raises Conflict while a second person has not agreed to one person's part."""
    found = front.queries.export(export)
    if not found.get("agreed", True):
        raise Conflict("a second person has to agree before this is given out")
    answer = Response(_bundle(front, found), content_type="application/x-tar")
    answer.headers["Content-Disposition"] = f'attachment; filename="springrain-log-{found["size"]}.tar"'
    return answer


def _asked(body: Doc) -> Selection | None:
    if not body.keys() - {"earlier"}:
        return None
    days = [body[name].isoformat() if name in body else "" for name in ("first_day", "last_day")]
    return selection_of(body.get("branch", ""), body.get("thing", ""), days[0], days[1], body.get("earlier", 0))


def _bundle(front: Front, found: Doc) -> Iterator[bytes]:
    note = bytes(found["note"])
    if "part" not in found:
        return bundle_parts(front.folder, note, found["key"])
    asked = parse_selection(found["part"])
    places = indexes_of(front.runtime.database, asked, found["size"])
    return selected_parts(front.folder, note, found["key"], asked, places)


def _shown(front: Front, export: str, status: int) -> Response:
    found = front.queries.export(export)
    told = {"id": export, "origin": found["origin"], "size": found["size"], "key": found["key"]}
    told |= {"at": to_wire(found["at"]), "bundle": f"/api/v1/exports/{export}/bundle", "agreed": found.get("agreed", True)}
    told["complete"] = {each["source"]: each["through"] for each in found.get("complete", ())}
    if "part" in found:
        told["part"] = {name: found["part"][name] for name in ("kind", "of", "from", "to", "earlier")}
    answer = jsonify(told)
    answer.status_code = status
    answer.headers["ETag"] = etag(found["revision"])
    return answer
