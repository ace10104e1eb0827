"""People: a list, a search, and one person with everything that happened. What is opened is noted as a look.

What somebody searches for is posted, so that no name or number stands in an address or in a log of the front.
"""

from flask import Blueprint, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]

from services.registry.api.erasures import GROUNDS
from services.registry.api.fields import KEEPERS, OFFICE, READERS
from services.registry.api.looking import ground_of
from services.registry.api.people import masked
from services.registry.desk import Desk, Doc
from services.registry.pages.home import trail_of
from services.registry.queries import people as ask
from services.registry.queries.branches import branch_of, names, path_of
from services.registry.queries.households import pairings_of
from services.registry.queries.narrow import erasure_of, volunteer_of, volunteers_by_id, without_adult
from services.registry.wiring import Front
from shared.access import Principal
from shared.http import PAGE, needs, ordered_by, principal
from shared.ids import new_id
from shared.pages.listing import asked_for, listing

PEOPLE = "/pages/registry/people"
LIST, ONE = "registry/people-list", "registry/people"


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_people", __name__, url_prefix=PEOPLE)
    desk = front.desk

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        who, asked = principal(), asked_for("kind", "branch", "only")
        branch = asked.get("branch", "")
        path_of(desk, who, branch)
        find = {
            "no_adult": lambda after: without_adult(desk, who, branch, after),
            "to_mend": lambda after: ask.to_mend(desk, who, branch, after),
        }.get(asked.get("only", ""), lambda after: ask.people(desk, who, branch, asked.get("kind", ""), "", after))
        rows, following = listing(front.cursors, "people-page", asked, find, ordered_by("number"))
        return _list(who, rows, asked, following)

    @bp.post("")
    @needs(*READERS)
    def search() -> str:
        who, text = principal(), request.form.get("q", "").strip()[:60]
        rows = ask.people(desk, who, "", "", text, ()) if text else []
        return _list(who, rows[:PAGE], {}, "", text, more=len(rows) > PAGE)

    def _list(
        who: Principal, rows: list[Doc], asked: dict[str, str], following: str, text: str = "", more: bool = False
    ) -> str:
        contents = ask.opened(desk, rows)
        shown = [row["_id"] for row, content in zip(rows, contents, strict=True) if content]
        front.looks.note(who, shown, LIST, who.branch, ground_of(who))
        return render_template(
            "registry/people.html",
            people=list(zip(rows, contents, strict=True)),
            places=names(desk, (row["branch"] for row in rows)),
            place=branch_of(desk, who, asked["branch"])["name"] if asked.get("branch") else "",
            asked=asked,
            following=following,
            text=text,
            more=more,
            may_keep=who.role in KEEPERS,
        )

    @bp.get("/<id:person>")
    @needs(*READERS)
    def one(person: str) -> str:
        who = principal()
        row = ask.person(desk, who, person)
        content = ask.opened(desk, [row])[0]
        kin = ask.relatives(desk, row) if content else []
        seen = [person, *(one.person["_id"] for one in kin)] if content else []
        page = _page(desk, who, row, content)
        bound = page["volunteers"].values()
        seen += [volunteer["person"] for volunteer, told in bound if told]
        front.looks.note(who, seen, ONE, row["branch"], ground_of(who))
        return render_template("registry/person.html", row=row, content=content, kin=[one.told() for one in kin], **page)

    return bp


def _page(desk: Desk, who: Principal, row: Doc, content: Doc) -> Doc:
    """What stands on a person's page beside the person and the relatives."""
    household = ask.household_of(desk, row["_id"])
    pairings = pairings_of(desk, household["_id"]) if household else []
    erased = row["state"] != "known" or not content
    return {
        "erased": erased,
        "trail": trail_of(desk, who, row["branch"], (row["number"], "")),
        "id_number": masked(content.get("id_number", "")),
        "household": household,
        "pairings": pairings,
        "volunteers": volunteers_by_id(desk, (one["volunteer"] for one in pairings)),
        "volunteer": volunteer_of(desk, row["_id"]),
        "consents": ask.consents(desk, row["_id"]),
        "wishes": [] if erased else ask.wishes(desk, row["_id"]),
        "erasure": erasure_of(desk, who, row["_id"]),
        "grounds": GROUNDS,
        "may_ask": who.role in OFFICE,
        "may_keep": who.role in KEEPERS,
        "done": request.args.get("done", ""),
        "parts": [
            (gettext("走访"), f"/pages/scheduler/person/{row['_id']}/part"),
            (gettext("消息"), f"/pages/notifier/person/{row['_id']}/part"),
            (gettext("日志"), f"/pages/audit/person/{row['_id']}/part?without=visit,message"),
        ],
        "key": new_id(),
    }
