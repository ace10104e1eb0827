"""The codes at the doors of one village, to be printed by the township: never by the branch, whose visits they are to show.

There only where the county switched door codes on with a legal ground (docs/domain.md, rule 8).
"""

from typing import Any

from flask import Blueprint, render_template

from services.scheduler.commands.desk import Desk
from services.scheduler.model.proofs import door_code
from services.scheduler.pages.parts import asker
from services.scheduler.queries import Queries, by_number
from shared.access import Role
from shared.errors import NotFound
from shared.http import PAGE, Cursors, needs
from shared.pages.listing import asked_for, listing

Doc = dict[str, Any]


def door_cards_blueprint(desk: Desk, queries: Queries, cursors: Cursors) -> Blueprint:
    """The page of door cards."""
    pages = Blueprint("scheduler_door_cards", __name__, url_prefix="/pages/scheduler")

    @pages.get("/door-cards")
    @needs(Role.SUPERVISOR)
    def door_cards() -> str:
        if "door_code" not in desk.proofs:
            raise NotFound("this county does not use codes at doors")
        who = asker()
        rows, following = listing(
            cursors, "door-cards", asked_for("branch"), lambda after: queries.homes(who, after, PAGE + 1), by_number
        )
        return render_template(
            "scheduler/door_cards.html",
            rows=[(row, door_code(desk.lots, row["_id"])) for row in rows],
            places=queries.place_names(row["branch"] for row in rows),
            ground=desk.proofs["door_code"],
            following=following,
        )

    return pages
