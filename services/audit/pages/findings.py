"""/pages/audit/findings: what inspections found at a branch, and its answer. Shows nothing but what the branch answers for."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from services.audit.api.findings import ANSWERERS, READERS, AnswerSchema, RecordingSchema, names_the_entry, with_notes
from services.audit.front import Front
from services.audit.inspections import steps
from services.audit.pages.forms import read_form, revision
from services.audit.pages.lines import Lines
from services.audit.pages.sampled import findings_of
from shared.access import Role
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import listing

HERE = "/pages/audit/findings"
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The views of findings."""
    bp, lines = Blueprint("finding_pages", __name__, url_prefix=HERE), Lines(front.queries)
    desk = front.inspecting

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        who = principal()
        rows, following = listing(
            front.cursors, "finding_pages", {}, lambda after: desk.queries.findings(who, "", *after), by_id
        )
        return render_template("audit/findings.html", findings=findings_of(front, rows), following=following)

    @bp.post("")
    @needs(Role.INSPECTOR)
    def record() -> AnyResponse:
        who = principal()
        asked = {name: str(value) for name, value in read_form(RecordingSchema()).items()}
        inspection = asked.pop("inspection")
        front.once.post(lambda unit: Answered(303, desk.findings.record(unit, inspection, asked, who)["_id"], 1))
        return redirect(f"/pages/audit/inspections/{inspection}?done=recorded#s-{asked['drawn']}", 303)

    @bp.get("/<id:finding>")
    @needs(*READERS)
    def one(finding: str) -> str:
        who = principal()
        row = with_notes(front, desk.queries.finding(who, finding))
        entries = desk.queries.entries([row["index"]]) if names_the_entry(row, who) else {}
        return render_template(
            "audit/finding.html",
            finding=findings_of(front, [row])[0],
            what=lines.what(entries[row["index"]]) if entries else "",
            unnamed=not names_the_entry(row, who),
            may_answer=who.role in ANSWERERS and row["state"] == steps.RECORDED,
            answers=[(name, lines.word("finding_answer", name)) for name in steps.ANSWERS],
            key=new_id(),
            done=request.args.get("done", ""),
        )

    @bp.post("/<id:finding>/answer")
    @needs(*ANSWERERS)
    def answer(finding: str) -> AnyResponse:
        who, was, asked = principal(), revision(), read_form(AnswerSchema())
        front.once.post(lambda unit: Answered(303, finding, desk.findings.answer(unit, finding, asked, who, was)))
        return redirect(f"{HERE}/{finding}?done=yes", 303)

    return bp
