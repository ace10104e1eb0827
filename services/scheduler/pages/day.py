"""The volunteer's day, as a phone shows it: look-ins on top, today's visits with a name, a number and three buttons."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from services.scheduler.api.schemas import CheckInForm, ReportForm, RevisionForm
from services.scheduler.commands.desk import Desk
from services.scheduler.deeds import Deeds
from services.scheduler.open_day import Doors
from services.scheduler.pages.device import device, keep_device
from services.scheduler.pages.typed import typed_page
from services.scheduler.queries import Queries, shown
from shared.access import Role
from shared.errors import Refused
from shared.http import needs, principal
from shared.http.blueprint import StrictParser
from shared.ids import new_id

Doc = dict[str, Any]
AHEAD_DAYS = 7
MOST = 100
DAY = "/pages/scheduler/day"
DOERS = (Role.VOLUNTEER, Role.CLERK)
DONE = {"check-in": "checked_in", "report": "reported", "decline": "declined"}


def day_blueprint(desk: Desk, queries: Queries, doors: Doors, deeds: Deeds) -> Blueprint:
    """The page and its buttons."""
    pages = Blueprint("scheduler_day", __name__, url_prefix="/pages/scheduler")

    @pages.get("/day")
    @needs(Role.VOLUNTEER)
    def day() -> Response:
        who, today = principal(), desk.today()
        span = {"first": (today - timedelta(days=1)).isoformat(), "last": (today + timedelta(days=AHEAD_DAYS)).isoformat()}
        rows = queries.visits(who, span, [], MOST)
        now, ahead = _split(rows, today.isoformat())
        names = queries.place_names(row["branch"] for row in rows)
        page = render_template(
            "scheduler/day.html",
            today=today,
            look_ins=[row for row in now if row["kind"] == "look_in" and _is_open(row)],
            visits=[row for row in now if row["kind"] != "look_in" or not _is_open(row)],
            ahead=ahead,
            residents=doors.who_lives_there(who, [row for row in now if _is_open(row)]),
            places=names,
            shown=lambda row: shown(who, row),
            is_open=_is_open,
            fresh_key=new_id,
            done=request.args.get("done", ""),
            proofs=desk.proofs,
        )
        return keep_device(make_response(page), "device" in desk.proofs)

    _add_buttons(pages, desk, queries, deeds)
    return pages


def _add_buttons(pages: Blueprint, desk: Desk, queries: Queries, deeds: Deeds) -> None:
    @pages.post("/visits/<id:visit>/check-in")
    @needs(*DOERS)
    def check_in(visit: str) -> Response:
        given = _form(CheckInForm)
        try:
            deeds.check_in(principal(), visit, given.pop("revision"), given | device())
        except Refused as refused:
            if principal().role is not Role.CLERK or [fault.field for fault in refused.faults] != ["called_from"]:
                raise
            return make_response(typed_page(desk, queries, visit, wrong_number=True), 422)
        return _back("check-in", visit)

    @pages.post("/visits/<id:visit>/report")
    @needs(*DOERS)
    def report(visit: str) -> Response:
        told = _form(ReportForm) | device()
        deeds.report(principal(), visit, told.pop("revision"), told)
        return _back("report", visit)

    @pages.post("/visits/<id:visit>/decline")
    @needs(*DOERS)
    def decline(visit: str) -> Response:
        deeds.decline(principal(), visit, _form(RevisionForm)["revision"])
        return _back("decline", visit)


def _split(rows: list[Doc], today: str) -> tuple[list[Doc], list[Doc]]:
    """Today's (with what is still under way since yesterday, and look-ins promised for tomorrow), and what comes."""
    now = [row for row in rows if row["day"] == today or (_is_open(row) and (row["day"] < today or row["kind"] == "look_in"))]
    shown_now = {row["_id"] for row in now}
    ahead = [row for row in rows if row["day"] > today and row["_id"] not in shown_now and row["state"] == "planned"]
    return now, ahead


def _is_open(row: Doc) -> bool:
    return row["state"] in ("planned", "checked_in")


def _form(schema: type[Any]) -> Doc:
    found: Doc = StrictParser().parse(schema(), request, location="form")
    return found


def _back(what: str, visit: str) -> Response:
    where = DAY if principal().role is Role.VOLUNTEER else "/pages/scheduler/visits"
    return redirect(f"{where}?done={DONE[what]}#visit-{visit}", 303)
