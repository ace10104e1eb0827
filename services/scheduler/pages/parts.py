"""Parts of other services' pages. No personal field is opened here: numbers and places only."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError
from marshmallow.validate import Regexp

from services.scheduler.api.schemas import MONTH
from services.scheduler.commands.desk import Desk
from services.scheduler.queries import Queries, shown
from shared.access import Principal, Role
from shared.clock import at_county
from shared.errors import Refused
from shared.http import needs, principal

Doc = dict[str, Any]
OFFICE = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
MISSED_DAYS = 3
SLOT_HOURS = {"morning": 9, "afternoon": 14, "evening": 18}


def parts_blueprint(desk: Desk, queries: Queries) -> Blueprint:
    """Parts that other services' pages include: a person's visits, what needs somebody today, figures."""
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
        who, day = asker(), desk.today()
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
        who, month = asker(), asked_month(desk)
        return render_template("scheduler/figures_part.html", figures=queries.figures(who, month), month=month)

    return pages


def _moment(row: Doc) -> Any:
    """When a line stands in the timeline: when it happened, or when it is to."""
    day = date.fromisoformat(row["day"])
    return row.get("at") or row.get("due") or at_county(day, SLOT_HOURS[row["slot"]])


def _days_since(row: Doc, today: date) -> int | None:
    return (today - date.fromisoformat(row["last_visit"])).days if row["last_visit"] else None


def asker() -> Principal:
    """Who asks, narrowed to `?branch=` (a branch path) when it is given. Raises NotFound for one outside the scope."""
    return principal().narrowed(request.args.get("branch", ""))


def asked_month(desk: Desk) -> str:
    """`?month=`, or the present one. Raises Refused."""
    return asked(MONTH, "month", f"{desk.today():%Y-%m}")


def asked(form: Regexp, field: str, usual: str) -> str:
    """A query parameter in this form, or what is usual. Raises Refused."""
    text = request.args.get(field) or usual
    try:
        form(text)
    except ValidationError:
        raise Refused.field(field, "wrong_kind", "is not written as it should be") from None
    return text
