"""/pages/audit/inspections: all inspections and the form that opens one; one of them step by step, with its sample and report.

For inspectors, and the county's administrator to read. The secret of an inspection is made in the inspector's browser
(static/secret.js) and comes here with the draw, never before.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from services.audit.api.inspections import READERS, CheckSchema, EndSchema, OpeningSchema, close_inspection, report_file
from services.audit.front import Front
from services.audit.inspections import steps
from services.audit.pages.forms import read_form, revision
from services.audit.pages.lines import Lines
from services.audit.pages.sampled import findings_of, sampled
from shared.access import Role
from shared.errors import Refused
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import listing

HERE = "/pages/audit/inspections"
DUE_DAYS = 14
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The views of inspections."""
    bp, lines = Blueprint("inspection_pages", __name__, url_prefix=HERE), Lines(front.queries)
    desk = front.inspecting

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        return _listed(front)

    @bp.post("")
    @needs(Role.INSPECTOR)
    def open_one() -> AnyResponse:
        who = principal()
        try:
            asked = {name: str(value) for name, value in read_form(OpeningSchema()).items()}
            done = front.once.post(lambda unit: Answered(303, desk.inspections.open(unit, who, asked)["_id"], 1))
        except Refused as error:
            return Response(_listed(front, error), 422)
        return _back(done.id)

    @bp.get("/<id:inspection>")
    @needs(*READERS)
    def one(inspection: str) -> str:
        return _one(front, lines, inspection)

    @bp.get("/<id:inspection>/report")
    @needs(*READERS)
    def report(inspection: str) -> Response:
        return report_file(front, inspection)

    @bp.post("/<id:inspection>/draw")
    @needs(Role.INSPECTOR)
    def draw(inspection: str) -> AnyResponse:
        who, was, secret = principal(), revision(), request.form.get("secret", "")[:80]
        try:
            front.once.post(lambda unit: Answered(303, inspection, desk.inspections.draw(unit, inspection, secret, who, was)))
        except Refused as error:
            return Response(_one(front, lines, inspection, error), 422)
        return _back(inspection, done="drawn")

    _add_work(bp, front)
    return bp


def _add_work(bp: Blueprint, front: Front) -> None:
    """What is done with the sample."""
    desk = front.inspecting

    @bp.post("/<id:inspection>/checks")
    @needs(Role.INSPECTOR)
    def check(inspection: str) -> AnyResponse:
        who, was, asked = principal(), revision(), read_form(CheckSchema())
        front.once.post(lambda unit: Answered(303, inspection, desk.inspections.check(unit, inspection, asked, who, was)))
        return _back(inspection, f"#s-{asked['drawn']}", done="checked")

    @bp.post("/<id:inspection>/closure")
    @needs(Role.INSPECTOR)
    def close(inspection: str) -> AnyResponse:
        close_inspection(front, inspection, read_form(EndSchema())["outcome"], revision())
        return _back(inspection, done="closed")


def _listed(front: Front, wrong: Refused | None = None) -> str:
    who, desk = principal(), front.inspecting
    rows, following = listing(front.cursors, "inspection_pages", {}, lambda after: desk.queries.inspections(who, *after), by_id)
    places = front.queries.places(row["branch"] for row in rows)
    today = desk.inspections.today()
    return render_template(
        "audit/inspections.html",
        rows=[{**row, "place": places.get(row["branch"], "")} for row in rows],
        found=desk.queries.counts(row["_id"] for row in rows),
        following=following,
        may_open=who.role is Role.INSPECTOR,
        branches=[(row["_id"], "　" * row["path"].count("/") + row["name"]) for row in desk.queries.branches(who)],
        asked=request.form if wrong else {},
        faults=wrong.faults if wrong else (),
        last_day=(today.replace(day=1) - timedelta(days=1)).isoformat(),
        key=new_id(),
    )


def _one(front: Front, lines: Lines, inspection: str, wrong: Refused | None = None) -> str:
    who, desk = principal(), front.inspecting
    row = desk.queries.inspection(who, inspection)
    findings = desk.queries.all_findings(inspection)
    today = desk.inspections.today()
    return render_template(
        "audit/inspection.html",
        row=row,
        place=front.queries.places([row["branch"]]).get(row["branch"], ""),
        items=sampled(front, lines, row),
        findings=findings_of(front, findings),
        left=len(row.get("sample", ())) - len(row["checks"]),
        waiting=sum(each["state"] == steps.RECORDED and each["due"] >= today.isoformat() for each in findings),
        over=row["last_day"] < today.isoformat(),
        witnessed=front.runtime.settings.witnesses is not None,
        may_act=who.role is Role.INSPECTOR,
        due=(today + timedelta(days=DUE_DAYS)).isoformat(),
        results=[(name, lines.word("result", name)) for name in steps.RESULTS],
        ways=[(name, lines.word("way", name)) for name in steps.WAYS],
        kinds=[(name, lines.word("finding_kind", name)) for name in steps.KINDS],
        from_people=steps.TOLD_BY_PEOPLE,
        faults=wrong.faults if wrong else (),
        done=request.args.get("done", ""),
        key=new_id,
    )


def _back(inspection: str, anchor: str = "", **said: str) -> AnyResponse:
    query = f"?{urlencode(said)}" if said else ""
    return redirect(f"{HERE}/{inspection}{query}{anchor}", 303)
