"""/api/v1/inspections: opened by an inspector with the SHA-256 of a secret, drawn with the secret, closed with a report.

Inspectors alone change anything. The county's administrator reads; branches see the findings they answer, nothing of this.
"""

from typing import Any

import marshmallow as ma
from flask import Response, jsonify, request

from services.audit.api.shapes import ID, PageSchema, text
from services.audit.front import Front
from services.audit.inspections import steps
from services.audit.report.making import report_of
from shared.access import Role
from shared.clock import to_wire
from shared.http import Answered, Blueprint, by_id, etag, if_match, needs, page_of, principal

READERS = (Role.INSPECTOR, Role.ADMINISTRATOR)
Doc = dict[str, Any]


class OpeningSchema(ma.Schema):
    """Which branch, which days, and the SHA-256 of a secret that was not sent to anybody."""

    branch = text(ID, required=True)
    first_day = ma.fields.Date(required=True)
    last_day = ma.fields.Date(required=True)
    commitment = text(r"^[0-9a-f]{64}$", required=True)


class SecretSchema(ma.Schema):
    """The secret: 32 signs 0-9 a-f, with or without dashes."""

    secret = ma.fields.Str(required=True, validate=ma.validate.Length(32, 64))


class CheckSchema(ma.Schema):
    """What asking gave for one drawn thing."""

    drawn = text(ID, required=True)
    result = ma.fields.Str(required=True, validate=ma.validate.OneOf(steps.RESULTS))
    how = ma.fields.Str(required=True, validate=ma.validate.OneOf(steps.WAYS))


class ListQuery(ma.Schema):
    """A page of inspections."""

    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class EndSchema(ma.Schema):
    """`reported` after the sample was looked at; `given_up` before the draw."""

    outcome = ma.fields.Str(required=True, validate=ma.validate.OneOf((steps.REPORTED, steps.GIVEN_UP)))


def blueprint(front: Front) -> Blueprint:
    """The endpoints of inspections."""
    bp = Blueprint("inspections", __name__, url_prefix="/api/v1/inspections")
    desk = front.inspecting

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200, PageSchema)
    def listed(query: Doc) -> Doc:
        """Inspections in scope, newest first, 50 a page."""
        who = principal()
        rows, following = front.cursors.turn(
            "inspections", who, {}, query.get("cursor", ""), lambda after: desk.queries.inspections(who, *after), by_id
        )
        return page_of(map(shown_inspection, rows), following)

    @bp.route("", methods=["POST"])
    @needs(Role.INSPECTOR)
    @bp.arguments(OpeningSchema)
    @bp.response(201)
    def open_one(body: Doc) -> Response:
        """Open an inspection. Keep the secret to yourself until `state` is `anchored`."""
        who = principal()
        asked = {name: str(value) for name, value in body.items()}
        done = front.once.post(lambda unit: Answered(201, desk.inspections.open(unit, who, asked)["_id"], 1))
        return _thing(front, done.id, 201)

    @bp.route("/<id:inspection>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(inspection: str) -> Response:
        """One inspection with its sample, what asking gave, and its findings' ids."""
        return _thing(front, inspection, 200)

    _add_steps(bp, front)
    return bp


def _add_steps(bp: Blueprint, front: Front) -> None:
    """Drawing, checking, closing; each takes If-Match."""
    desk = front.inspecting

    @bp.route("/<id:inspection>/draw", methods=["POST"])
    @needs(Role.INSPECTOR)
    @bp.arguments(SecretSchema)
    @bp.response(200)
    def draw(body: Doc, inspection: str) -> Response:
        """Tell the secret and draw. 409 before the checkpoint stands: a secret sent too early is spent, open another one.

        409 too while the log is counted below it (`counted` is missing): send the same secret again.
        """
        who, was = principal(), if_match(request)
        secret = body["secret"]
        front.once.post(lambda unit: Answered(200, inspection, desk.inspections.draw(unit, inspection, secret, who, was)))
        return _thing(front, inspection, 200)

    @bp.route("/<id:inspection>/checks", methods=["POST"])
    @needs(Role.INSPECTOR)
    @bp.arguments(CheckSchema)
    @bp.response(200)
    def check(body: Doc, inspection: str) -> Response:
        """Note what asking gave. Nobody to ask is `unknown`."""
        who, was = principal(), if_match(request)
        front.once.post(lambda unit: Answered(200, inspection, desk.inspections.check(unit, inspection, body, who, was)))
        return _thing(front, inspection, 200)

    @bp.route("/<id:inspection>/closure", methods=["POST"])
    @needs(Role.INSPECTOR)
    @bp.arguments(EndSchema)
    @bp.response(200)
    def close(body: Doc, inspection: str) -> Response:
        """Close: the report is made, and its SHA-256 told."""
        close_inspection(front, inspection, body["outcome"], if_match(request))
        return _thing(front, inspection, 200)

    @bp.route("/<id:inspection>/report", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def report(inspection: str) -> Response:
        """The report of a closed inspection, the very bytes whose SHA-256 the log has."""
        return report_file(front, inspection)

    @bp.route("/<id:inspection>/checkpoint", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def checkpoint(inspection: str) -> Response:
        """The checkpoint the sample is drawn by, with all its signatures. Keep it: with it nobody shows you another log."""
        anchor = desk.queries.inspection(principal(), inspection).get("anchor", {})
        return Response(bytes(anchor.get("note", b"")), content_type="text/plain; charset=utf-8")


def close_inspection(front: Front, inspection: str, outcome: str, was: int) -> None:
    """Close one, with a report unless it is given up."""
    who, desk = principal(), front.inspecting
    row = desk.queries.inspection(who, inspection)
    if outcome == steps.GIVEN_UP:
        front.once.post(lambda unit: Answered(200, inspection, desk.inspections.give_up(unit, inspection, who, was)))
        return
    report = report_of(front.queries, desk, row, front.runtime.county_clock)
    if report:
        desk.reports.keep(report["file"])
    front.once.post(lambda unit: Answered(200, inspection, desk.inspections.close(unit, inspection, report, who, was)))


def report_file(front: Front, inspection: str) -> Response:
    """The report's file. Raises NotFound out of scope and before the closing."""
    desk = front.inspecting
    row = desk.queries.inspection(principal(), inspection)
    answer = Response(desk.queries.report(row), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="inspection-{inspection}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def shown_inspection(row: Doc) -> Doc:
    """An inspection as a program reads it. Nothing in it speaks of a person but by random ids."""
    names = ("revision", "branch", "first_day", "last_day", "state", "commitment", "rule", "by")
    told = {"id": row["_id"], **{name: row[name] for name in names}, "opened_at": to_wire(row["opened_at"])}
    if "anchor" in row:
        told["anchor"] = {name: row["anchor"][name] for name in ("origin", "size", "root", "witnesses")}
    for name in ("counted", "secret", "population", "digest", "shares", "sample"):
        if name in row:
            told[name] = row[name]
    for event, check in row.get("checks", {}).items():
        told.setdefault("checks", {})[event] = {name: check[name] for name in ("result", "how")}
    if "closed" in row:
        said = {name: value for name, value in row["closed"].items() if name not in ("at", "by")}
        told["closed"] = {**said, "at": to_wire(row["closed"]["at"])}
    return told


def _thing(front: Front, inspection: str, status: int) -> Response:
    row = front.inspecting.queries.inspection(principal(), inspection)
    findings = [found["_id"] for found in front.inspecting.queries.all_findings(inspection)]
    answer = jsonify({**shown_inspection(row), "findings": findings})
    answer.status_code = status
    answer.headers["ETag"] = etag(row["revision"])
    return answer
