"""/api/v1/findings: what an inspection found at a branch, and what the branch answers.

A branch sees what it has to answer for; which entry was drawn only where its own papers show it, and not where people's words
stand behind the finding. Never the evidence, never an answer of a family, and nothing that differs when somebody complained
(docs/domain.md, rule 2).
"""

from typing import Any

import marshmallow as ma
from flask import Response, jsonify, request

from services.audit.api.shapes import ID, PageSchema, text
from services.audit.front import Front
from services.audit.inspections import steps
from services.audit.queries import WHOLE_COUNTY
from shared.access import Principal, Role
from shared.clock import to_wire
from shared.http import Answered, Blueprint, by_id, etag, if_match, needs, page_of, principal

ANSWERERS = (Role.CLERK, Role.SUPERVISOR)
READERS = (*ANSWERERS, Role.ADMINISTRATOR, Role.INSPECTOR)
Doc = dict[str, Any]


class FindingQuery(ma.Schema):
    """Findings by state."""

    state = ma.fields.Str(validate=ma.validate.OneOf((steps.RECORDED, steps.ANSWERED)))
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class RecordingSchema(ma.Schema):
    """What is not as it was told, and until when the branch answers. The note is sealed under the person concerned."""

    inspection = text(ID, required=True)
    drawn = text(ID, required=True)
    kind = ma.fields.Str(required=True, validate=ma.validate.OneOf(steps.KINDS))
    due = ma.fields.Date(required=True)
    note = ma.fields.Str(validate=ma.validate.Length(1, 1000))


class AnswerSchema(ma.Schema):
    """The branch's answer."""

    answer = ma.fields.Str(required=True, validate=ma.validate.OneOf(steps.ANSWERS))
    note = ma.fields.Str(validate=ma.validate.Length(1, 1000))


def blueprint(front: Front) -> Blueprint:
    """The endpoints of findings."""
    bp = Blueprint("findings", __name__, url_prefix="/api/v1/findings")
    desk = front.inspecting

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(FindingQuery, location="query")
    @bp.response(200, PageSchema)
    def listed(query: Doc) -> Doc:
        """Findings in scope, newest first, 50 a page; without notes, so that no list opens anything."""
        who, cursor, state = principal(), query.get("cursor", ""), query.get("state", "")
        rows, following = front.cursors.turn(
            "findings", who, {"state": state}, cursor, lambda after: desk.queries.findings(who, state, *after), by_id
        )
        return page_of((shown_finding(row, who) for row in rows), following)

    @bp.route("", methods=["POST"])
    @needs(Role.INSPECTOR)
    @bp.arguments(RecordingSchema)
    @bp.response(201)
    def record(body: Doc) -> Response:
        """Record a finding about a drawn thing."""
        who = principal()
        asked = {name: str(value) for name, value in body.items()}
        inspection = asked.pop("inspection")
        done = front.once.post(lambda unit: Answered(201, desk.findings.record(unit, inspection, asked, who)["_id"], 1))
        return _thing(front, done.id, 201)

    @bp.route("/<id:finding>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(finding: str) -> Response:
        """One finding with its notes; that look is told."""
        return _thing(front, finding, 200)

    @bp.route("/<id:finding>/answer", methods=["POST"])
    @needs(*ANSWERERS)
    @bp.arguments(AnswerSchema)
    @bp.response(200)
    def answer(body: Doc, finding: str) -> Response:
        """The branch answers, once. Takes If-Match."""
        who, was = principal(), if_match(request)
        front.once.post(lambda unit: Answered(200, finding, desk.findings.answer(unit, finding, body, who, was)))
        return _thing(front, finding, 200)

    return bp


def with_notes(front: Front, row: Doc) -> Doc:
    """A finding with its notes opened for whoever asks; the look is told first."""
    desk, opened = front.inspecting, front.inspecting.findings.opened(row)
    if any(opened["notes"].values()):  # told at the county: the branch must not read in its own entries whom a note is about
        desk.looks.note(principal(), [row["person"]], "audit/findings", front.runtime.home, "inspection")
    return opened


def names_the_entry(row: Doc, who: Principal) -> bool:
    """Whether this reader may know which entry a finding is about."""
    return who.role in WHOLE_COUNTY or row["kind"] not in steps.TOLD_BY_PEOPLE


def shown_finding(row: Doc, who: Principal) -> Doc:
    """A finding as this reader may know it: the same whether or not anybody complained."""
    names = ["revision", "inspection", "branch", "first_day", "last_day", "kind", "due", "state", "answer"]
    names += ["drawn", "index"] if names_the_entry(row, who) else []
    told = {"id": row["_id"], **{name: row[name] for name in names if name in row}, "at": to_wire(row["at"])}
    if "answered_at" in row:
        told["answered_at"] = to_wire(row["answered_at"])
    return told


def _thing(front: Front, finding: str, status: int) -> Response:
    row = front.inspecting.queries.finding(principal(), finding)
    answer = jsonify({**shown_finding(row, principal()), **with_notes(front, row)["notes"]})
    answer.status_code = status
    answer.headers["ETag"] = etag(row["revision"])
    return answer
