"""Parts of other services' pages, and the lists of the office. No personal field is opened here: numbers and places only."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError
from marshmallow.validate import Regexp

from services.scheduler.api.schemas import DAY, MONTH
from services.scheduler.commands.desk import Desk
from services.scheduler.queries import Queries, shown
from shared.access import Role
from shared.clock import at_county
from shared.errors import Refused
from shared.http import PAGE, Cursors, needs, principal, split

Doc = dict[str, Any]
OFFICE = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
MISSED_DAYS = 3
SLOT_HOURS = {"morning": 9, "afternoon": 14, "evening": 18}


def parts_blueprint(desk: Desk, queries: Queries, cursors: Cursors) -> Blueprint:
    """The parts and lists."""
    pages = Blueprint("scheduler_parts", __name__, url_prefix="/pages/scheduler")

    @pages.get("/person/<id:person>/part")
    @needs(Role.VOLUNTEER, *OFFICE)
    def person(person: str) -> str:
        rows = queries.of_person(principal(), person)
        numbers = queries.volunteer_numbers(row["volunteer"] for row in rows)
        lines = [(row, _moment(row), shown(principal(), row)) for row in rows]
        return render_template("scheduler/person_part.html", lines=lines, numbers=numbers)

    @pages.get("/today/part")
    @needs(*OFFICE)
    def today() -> str:
        who, day = principal(), desk.today()
        look_ins, missed = queries.open_look_ins(who), queries.missed(who, day - timedelta(days=MISSED_DAYS))
        longest = queries.longest_without_visit(who, day)
        return render_template(
            "scheduler/today_part.html",
            look_ins=look_ins,
            missed=missed,
            longest=[(row, _days_since(row, day)) for row in longest],
            places=queries.place_names(row["branch"] for row in [*look_ins, *missed, *longest]),
            now=desk.now(),
        )

    @pages.get("/figures/part")
    @needs(*OFFICE)
    def figures() -> str:
        who, month = principal(), _month(desk)
        found = queries.figures(who, request.args.get("branch", who.branch), month)
        return render_template("scheduler/figures_part.html", figures=found, month=month)

    @pages.get("/visits")
    @needs(*OFFICE)
    def visits() -> str:
        who, day = principal(), _day(desk)
        wanted = {"first": day.isoformat(), "last": day.isoformat()}
        cursor = request.args.get("cursor", "")
        after = cursors.read(cursor, "visits-page", who, wanted) if cursor else []
        rows, last = split(queries.visits(who, wanted, after, PAGE + 1), lambda row: (row["day"], row["number"], row["_id"]))
        return render_template(
            "scheduler/visits.html",
            day=day,
            before=day - timedelta(days=1),
            after=day + timedelta(days=1),
            rows=[(row, shown(who, row)) for row in rows],
            numbers=queries.volunteer_numbers(row["volunteer"] for row in rows),
            places=queries.place_names(row["branch"] for row in rows),
            next=cursors.make("visits-page", who, wanted, last) if last else "",
        )

    @pages.get("/uncovered")
    @needs(*OFFICE)
    def uncovered() -> str:
        who, month, cursor = principal(), _month(desk), request.args.get("cursor", "")
        after = cursors.read(cursor, "uncovered-page", who, {"month": month}) if cursor else []
        rows, last = split(queries.uncovered(who, month, after, PAGE + 1), lambda row: (row["number"], row["_id"]))
        return render_template(
            "scheduler/uncovered.html",
            month=month,
            rows=rows,
            causes=queries.uncovered_by_cause(who, month),
            homes=queries.households(row["household"] for row in rows),
            places=queries.place_names(row["branch"] for row in rows),
            next=cursors.make("uncovered-page", who, {"month": month}, last) if last else "",
        )

    return pages


def _moment(row: Doc) -> Any:
    """When a line stands in the timeline: when it happened, or when it is to."""
    day = date.fromisoformat(row["day"])
    return row.get("at") or row.get("due") or at_county(day, SLOT_HOURS[row["slot"]])


def _days_since(row: Doc, today: date) -> int | None:
    return (today - date.fromisoformat(row["last_visit"])).days if row["last_visit"] else None


def _month(desk: Desk) -> str:
    text = request.args.get("month") or f"{desk.today():%Y-%m}"
    _check(MONTH, text, "month")
    return text


def _day(desk: Desk) -> date:
    text = request.args.get("day") or desk.today().isoformat()
    _check(DAY, text, "day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused.field("day", "wrong_kind", "is no day of the calendar") from None


def _check(form: Regexp, text: str, field: str) -> None:
    try:
        form(text)
    except ValidationError:
        raise Refused.field(field, "wrong_kind", "is not written as it should be") from None
