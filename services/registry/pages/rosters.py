"""Imports: a roster goes in, progress is seen each second, and what is wrong comes back grouped, with a workbook to mend."""

from flask import Blueprint, Response, redirect, render_template
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as AnyResponse

from services.registry.api.fields import OFFICE
from services.registry.api.rosters import MOST, SHEET, UPLOADERS, receive
from services.registry.desk import Desk, Doc
from services.registry.pages.forms import NOTHING, Tried, attempt
from services.registry.queries import rosters as ask
from services.registry.wiring import Front
from shared.http import body_up_to, needs, principal
from shared.ids import new_id

ROSTERS = "/pages/registry/rosters"
MOST_ROWS = 200
"""So many rows of one kind of fault are listed on the page; all stand in the workbook."""


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_rosters", __name__, url_prefix=ROSTERS)
    desk = front.desk

    @bp.get("")
    @needs(*OFFICE)
    def listed() -> str:
        return _list(NOTHING)

    def _list(tried: Tried) -> str:
        who = principal()
        jobs = [(job, ask.file_name(desk, job)) for job in ask.latest(desk, who)]
        may = who.role in UPLOADERS
        return render_template("registry/rosters.html", jobs=jobs, tried=tried, may_upload=may, key=new_id())

    @bp.post("")
    @needs(*UPLOADERS)
    @body_up_to(MOST)
    def upload() -> AnyResponse:
        return attempt(
            lambda: redirect(f"{ROSTERS}/{receive(front).id}", 303),
            _list,
            {"file": gettext("这次上传已经收过，内容却不同。请重新打开本页再上传。")},
        )

    @bp.get("/<id:roster>")
    @needs(*OFFICE)
    def one(roster: str) -> str:
        return render_template("registry/roster.html", key=new_id(), **_job(desk, roster))

    @bp.get("/<id:roster>/part")
    @needs(*OFFICE)
    def part(roster: str) -> str:
        return render_template("registry/roster_part.html", key=new_id(), **_job(desk, roster))

    @bp.get("/<id:roster>/corrections")
    @needs(*UPLOADERS)
    def corrections(roster: str) -> Response:
        who = principal()
        content, people = ask.workbook(desk, who, roster)
        front.looks.note(who, people, "registry/rosters/corrections", who.branch)
        answer = Response(content, content_type=SHEET)
        answer.headers["Content-Disposition"] = f'attachment; filename="corrections-{roster[-8:]}.xlsx"'
        return answer

    return bp


def _job(desk: Desk, roster: str) -> Doc:
    """An import as its page shows it. The file's name may hold a person's: it stands on the page, in no address."""
    who = principal()
    job = ask.roster(desk, who, roster)
    return {
        "job": job,
        "file": ask.file_name(desk, job),
        "groups": ask.faults_by_kind(job),
        "may_upload": who.role in UPLOADERS,
        "most": MOST_ROWS,
        "over": job["state"] in ("done", "failed"),
    }
