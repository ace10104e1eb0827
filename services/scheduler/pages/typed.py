"""A clerk keys in what a visitor without a smartphone rang in or wrote on paper: worth no less (docs/domain.md, rule 15).

Both names are kept: the visitor's in the visit, the clerk's as the one who told. Nothing of the household is opened here.
"""

from flask import Blueprint, render_template

from services.scheduler.commands.desk import Desk
from services.scheduler.pages.parts import asker
from services.scheduler.queries import Queries, shown
from shared.access import Role
from shared.http import needs
from shared.ids import new_id


def typed_blueprint(desk: Desk, queries: Queries) -> Blueprint:
    """The page of one visit; its buttons are those of the visitor's day (day.py)."""
    pages = Blueprint("scheduler_typed", __name__, url_prefix="/pages/scheduler")

    @pages.get("/visits/<id:visit>/typed")
    @needs(Role.CLERK)
    def typed(visit: str) -> str:
        return typed_page(desk, queries, visit)

    return pages


def typed_page(desk: Desk, queries: Queries, visit: str, wrong_number: bool = False) -> str:
    """The page, also after a number that is not the home's. Raises NotFound out of the clerk's branch."""
    who = asker()
    row = queries.visit(who, visit)
    return render_template(
        "scheduler/typed.html",
        row=row,
        state=shown(who, row),
        number=queries.volunteer_numbers([row["volunteer"]]).get(row["volunteer"], ""),
        place=queries.place_names([row["branch"]]).get(row["branch"], ""),
        due=row["kind"] == "look_in" or row["day"] <= desk.today().isoformat(),
        wrong_number=wrong_number,
        fresh_key=new_id,
    )
