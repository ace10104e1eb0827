"""Households: lists without a personal field, one opened (a look), and those a person must decide about."""

from flask import Blueprint, render_template

from services.registry.api.fields import OFFICE, READERS
from services.registry.api.looking import ground_of
from services.registry.pages.home import trail_of
from services.registry.pages.lists import asked_for, listing
from services.registry.queries import households as ask
from services.registry.queries.branches import branch_of, names
from services.registry.queries.narrow import volunteers_by_id
from services.registry.wiring import Front
from shared.http import needs, principal

HOUSEHOLDS = "/pages/registry/households"


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_households", __name__, url_prefix=HOUSEHOLDS)
    desk = front.desk

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        who, asked = principal(), asked_for("branch", "pairing")
        branch, find = asked.get("branch", ""), ask.households
        if asked.get("pairing") == "none":
            find = ask.without_pairing
        rows, following = listing(front, "households-page", asked, "number", lambda after: find(desk, who, branch, after))
        return render_template(
            "registry/households.html",
            rows=rows,
            places=names(desk, (row["branch"] for row in rows)),
            place=branch_of(desk, who, branch)["name"] if branch else "",
            asked=asked,
            following=following,
        )

    @bp.get("/<id:household>")
    @needs(*READERS)
    def one(household: str) -> str:
        who = principal()
        row = ask.household(desk, who, household)
        members, kin, pairings = ask.members(desk, row), ask.relatives(desk, row), ask.pairings_of(desk, household)
        bound = volunteers_by_id(desk, (one["volunteer"] for one in pairings))
        seen = [person["_id"] for person, _ in members] + [one.person["_id"] for one in kin]
        seen += [volunteer["person"] for volunteer, told in bound.values() if told]
        front.looks.note(who, seen, "registry/households", row["branch"], ground_of(who))
        return render_template(
            "registry/household.html",
            row=row,
            trail=trail_of(desk, who, row["branch"], (row["number"], "")),
            members=members,
            kin=[one.told() for one in kin],
            of={person["_id"]: content["name"] for person, content in members},
            pairings=pairings,
            volunteers=bound,
        )

    @bp.get("/unsure")
    @needs(*OFFICE)
    def unsure() -> str:
        who, asked = principal(), asked_for("branch")
        rows, following = listing(
            front, "unsure-page", asked, "_id", lambda after: ask.unsure(desk, who, asked.get("branch", ""), after)
        )
        places = names(desk, (row["branch"] for row in rows))
        return render_template("registry/unsure.html", rows=rows, places=places, following=following)

    return bp
