"""The views. Each checks its rights itself; a part that opened a person's fields notes the look before it is answered."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.notifier.model.templates import TEMPLATES
from services.notifier.model.text import SAMPLE, render
from services.notifier.queries import Queries
from shared.access import Role
from shared.http import needs, principal
from shared.looks import Looks

OFFICE = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
HANDSETS = "/demo/handsets"
"""Where the demo's carrier shows the families' phones, behind the same front."""


def pages(queries: Queries, looks: Looks, *, demo: bool) -> Blueprint:
    """All pages of the notifier."""
    blueprint = Blueprint("notifier_pages", __name__, url_prefix="/pages/notifier")

    @blueprint.get("/person/<id:person>/part")
    @needs(*OFFICE)
    def person_part(person: str) -> str:
        """Messages and answers of one person, for the timeline of the person's page."""
        who = principal()
        row, lines = queries.person(who, person), queries.timeline(who, person)
        looks.note(who, {one for line in lines for one in line.shows}, "notifier.person", row["branch"])
        return render_template("notifier/person_part.html", lines=lines)

    @blueprint.get("/figures/part")
    @needs(*OFFICE)
    def figures_part() -> str:
        """Outcomes before counts, of the branch `?branch=` (a path) when it is given."""
        who = principal().narrowed(request.args.get("branch", ""))
        return render_template("notifier/figures_part.html", figures=queries.figures(who))

    @blueprint.get("/messages")
    @needs(*OFFICE)
    def messages() -> str:
        """The overview: figures, whose number needs asking for, and whom somebody must ask whether a message came."""
        who = principal()
        return render_template("notifier/messages.html", contacts=queries.unreachable(who), maybe=queries.maybe_sent(who))

    @blueprint.get("/templates")
    @needs(*OFFICE)
    def templates() -> str:
        """All texts, shown with made-up people."""
        return render_template("notifier/templates.html", shown=_previews())

    if demo:

        @blueprint.get("/handsets")
        @needs(*Role)
        def handsets() -> Response:
            """The families' phones are the carrier's; the menu leads there."""
            return redirect(HANDSETS, 303)

    return blueprint


def _previews() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "version": version,
            "language": language,
            "named": render(name, version, language, SAMPLE, named=True),
            "plain": render(name, version, language, SAMPLE, named=False),
        }
        for name, versions in TEMPLATES.items()
        for version, languages in versions.items()
        for language in languages
    ]
