"""The office's lists: visits of a day, and what nobody can cover. Nothing is opened here: numbers and places only."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template

from services.scheduler.api.schemas import DAY
from services.scheduler.commands.desk import Desk
from services.scheduler.pages.parts import OFFICE, asked, asked_month, asker
from services.scheduler.queries import Queries, by_day, by_number, shown
from shared.access import Role
from shared.errors import Refused
from shared.http import PAGE, Cursors, needs
from shared.pages.listing import asked_for, listing

Doc = dict[str, Any]


def lists_blueprint(desk: Desk, queries: Queries, cursors: Cursors) -> Blueprint:
    """The lists."""
    pages = Blueprint("scheduler_lists", __name__, url_prefix="/pages/scheduler")

    @pages.get("/visits")
    @needs(*OFFICE)
    def visits() -> str:
        who, day = asker(), _asked_day(desk)
        filter, wanted = {**asked_for("branch"), "day": day.isoformat()}, {"first": day.isoformat(), "last": day.isoformat()}
        rows, following = listing(
            cursors, "visits-page", filter, lambda after: queries.visits(who, wanted, after, PAGE + 1), by_day
        )
        return render_template(
            "scheduler/visits.html",
            day=day,
            filter=filter,
            before=day - timedelta(days=1),
            after=day + timedelta(days=1),
            rows=[(row, shown(who, row)) for row in rows],
            numbers=queries.volunteer_numbers(row["volunteer"] for row in rows),
            places=queries.place_names(row["branch"] for row in rows),
            following=following,
            may_type=who.role is Role.CLERK and day <= desk.today(),
            door_cards="door_code" in desk.proofs and who.role is Role.SUPERVISOR,
        )

    @pages.get("/uncovered")
    @needs(*OFFICE)
    def uncovered() -> str:
        who, month = asker(), asked_month(desk)
        filter = {**asked_for("branch"), "month": month}
        rows, following = listing(
            cursors, "uncovered-page", filter, lambda after: queries.uncovered(who, month, after, PAGE + 1), by_number
        )
        return render_template(
            "scheduler/uncovered.html",
            month=month,
            rows=rows,
            causes=queries.uncovered_by_cause(who, month),
            homes=queries.households(row["household"] for row in rows),
            places=queries.place_names(row["branch"] for row in rows),
            following=following,
        )

    return pages


def _asked_day(desk: Desk) -> date:
    text = asked(DAY, "day", desk.today().isoformat())
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused.field("day", "wrong_kind", "is no day of the calendar") from None
