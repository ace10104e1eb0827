"""/api/v1/rosters: upload, progress, correction workbook. A file is read for what it is; its name is never a path."""

import hashlib
from typing import Any

from flask import Response, request

from services.registry.api.fields import OFFICE, ListQuery, one_page, thing
from services.registry.commands.rosters import Received
from services.registry.desk import Desk, Doc
from services.registry.queries import rosters as ask
from services.registry.wiring import Front
from shared.access import Role
from shared.clock import to_wire
from shared.errors import Refused
from shared.http import Answered, Blueprint, body_up_to, needs, plain_file_name, principal

MOST = 26 * 1024 * 1024
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOADERS = (Role.CLERK, Role.ADMINISTRATOR)


def shown(desk: Desk, job: Doc) -> Doc:
    """An import as programs and pages read it. `faults` counts by kind; `groups` lists where, never what stood there."""
    figures = ("state", "rows", "people", "done", "registered", "changed", "refused", "to_mend", "kinds", "problems")
    told = {"id": job["_id"], "branch": job["branch"], "file": ask.file_name(desk, job), "sent_at": to_wire(job["sent_at"])}
    more = {"faults": job["faults"], "workbook": job["workbook"], "files": job["files"], "notes": job.get("notes", [])}
    return {**told, **{name: job[name] for name in figures}, **more}


def receive(front: Front) -> Answered:
    """Take the uploaded file of the present request in, once. Raises Refused, and BadRequest without an Idempotency-Key."""
    front.desk.runtime.bound.refuse_when_full()
    file = request.files.get("file")
    if file is None or len(request.files) != 1:
        raise Refused.field("file", "required", "请选择一个名册文件。", "选择 .xlsx 或 .csv 文件后再上传。")
    name, content = plain_file_name(file.filename), file.read()
    received = Received(front.desk, principal(), name, content)
    done = None
    try:
        body = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()
        done = front.once.post(lambda unit: Answered(202, received.work(unit)["_id"], 1), body)
    finally:
        if done is None or done.id != received.id:
            received.withdraw()
    return done


def blueprint(front: Front) -> Blueprint:
    """The endpoints of rosters."""
    bp = Blueprint("rosters", __name__, url_prefix="/api/v1/rosters")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*OFFICE)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Imports, oldest first."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "rosters", {"branch": branch}, query.get("cursor"), "_id",
            lambda after: ask.rosters(desk, who, branch, after), lambda job: shown(desk, job),
        )  # fmt: skip

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Uploading, and what belongs to one import."""
    desk = front.desk

    @bp.route("", methods=["POST"])
    @needs(*UPLOADERS)
    @body_up_to(MOST)
    @bp.response(202)
    def upload() -> Response:
        """Take a roster in (multipart, one `file`); the worker imports it. Ask GET for progress."""
        done = receive(front)
        return thing(shown(desk, ask.roster(desk, principal(), done.id)), done.revision, done.status)

    @bp.route("/<id:roster>", methods=["GET"])
    @needs(*OFFICE)
    @bp.response(200)
    def one(roster: str) -> Response:
        """Progress of one import, and its faults by kind."""
        job = ask.roster(desk, principal(), roster)
        return thing({**shown(desk, job), "groups": ask.faults_by_kind(job)}, job["revision"])

    @bp.route("/<id:roster>/corrections", methods=["GET"])
    @needs(*UPLOADERS)
    @bp.response(200)
    def corrections(roster: str) -> Response:
        """The correction workbook (.xlsx). Whose rows it shows is written down as a look."""
        who = principal()
        content, people = ask.workbook(desk, who, roster)
        front.looks.note(who, people, "registry/rosters/corrections", who.branch)
        answer = Response(content, content_type=SHEET)
        answer.headers["Content-Disposition"] = f'attachment; filename="corrections-{roster[-8:]}.xlsx"'
        return answer
