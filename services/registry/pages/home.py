"""The front door by role, and the overview of a branch: what needs somebody today, then what came of the work."""

from urllib.parse import quote

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of, trail
from services.registry.queries.overview import children, overview
from shared.access import Principal, Role
from shared.http import needs, principal

OVERVIEW = "/pages/registry/"
HOME = {Role.VOLUNTEER: "/pages/scheduler/day", Role.INSPECTOR: "/pages/audit/log"}
READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)


def blueprint(desk: Desk) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_home", __name__)

    @bp.get("/")
    @needs(*Role)
    def door() -> Response:
        """To where this role begins the day."""
        return redirect(HOME.get(principal().role, OVERVIEW), 303)

    @bp.get(OVERVIEW)
    @needs(*READERS, Role.LIAISON)
    def branch() -> str:
        """One branch: county, township or village."""
        who = principal()
        path = path_of(desk, who, request.args.get("branch", ""))
        steps = trail(desk, path)
        return render_template(
            "registry/overview.html",
            place=steps[-1],
            above=[row["name"] for row in steps if not who.sees(row["branch"])],
            trail=[(row["name"], link(row)) for row in steps if who.sees(row["branch"])],
            below=children(desk, path),
            link=link,
            reader=who.role in READERS,
            clerk_of_here=who.role is not Role.INSPECTOR,
            administrator=who.role is Role.ADMINISTRATOR,
            query=quote(path, safe=""),
            found=overview(desk, who, path),
        )

    return bp


def link(row: Doc) -> str:
    """The address of a branch's overview."""
    return f"{OVERVIEW}?branch={row['_id']}"


def trail_of(desk: Desk, who: Principal, path: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The way down to a thing of this branch: the asker's own branches with links, then what else is named."""
    steps = [(row["name"], link(row)) for row in trail(desk, path) if who.sees(row["branch"])]
    return [*steps, *more]
