"""Households: lists without a personal field, one opened (a look), and those a person must decide about."""

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.registry.api.fields import KEEPERS, OFFICE, READERS
from services.registry.api.looking import ground_of
from services.registry.api.prepared import form_again
from services.registry.commands.deciding import decide_pair
from services.registry.pages.forms import NOTHING, Tried, attempt, read
from services.registry.pages.home import trail_of
from services.registry.queries import households as ask
from services.registry.queries.branches import branch_of, names
from services.registry.queries.narrow import volunteers_by_id
from services.registry.wiring import Front
from shared.errors import NotFound, Stale
from shared.http import Answered, by_id, needs, ordered_by, principal
from shared.ids import new_id
from shared.pages.listing import asked_for, listing

HOUSEHOLDS = "/pages/registry/households"
UNSURE = f"{HOUSEHOLDS}/unsure"


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
        rows, following = listing(
            front.cursors, "households-page", asked, lambda after: find(desk, who, branch, after), ordered_by("number")
        )
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

    _add_unsure(bp, front)
    return bp


class DecisionForm(ma.Schema):
    """Whether the two live together."""

    together = ma.fields.Str(required=True, validate=ma.validate.OneOf(["yes", "no"]))


def _add_unsure(bp: Blueprint, front: Front) -> None:
    """Pairs nobody joins on a guess, and the clerk's word on each."""
    desk = front.desk

    @bp.get("/unsure")
    @needs(*OFFICE)
    def unsure() -> str:
        return _list(NOTHING)

    def _list(tried: Tried) -> str:
        who, asked = principal(), asked_for("branch")
        rows, following = listing(
            front.cursors,
            "unsure-page",
            asked,
            lambda after: ask.unsure(desk, who, asked.get("branch", ""), after),
            by_id,
            at=UNSURE,
        )
        return render_template(
            "registry/unsure.html",
            rows=rows,
            places=names(desk, (row["branch"] for row in rows)),
            following=following,
            tried=tried,
            done=request.args.get("done", ""),
            may_keep=who.role in KEEPERS,
            fresh_key=new_id,
        )

    @bp.post("/unsure/<string:pair>/decision")
    @needs(*KEEPERS)
    def decide(pair: str) -> Response:
        def work() -> Response:
            who, together = principal(), read(DecisionForm)["together"] == "yes"
            try:
                done = front.once.post(lambda unit: Answered(303, decide_pair(unit, desk, who, pair, together)["_id"], 1))
            except NotFound as gone:  # somebody else decided first: the list shows what is left
                raise Stale("this pair was decided meanwhile") from gone
            form_again(front, who, ask.decision(desk, who, done.id)["branch"])
            return redirect(f"{UNSURE}?done={'together' if together else 'apart'}", 303)

        return attempt(work, _list)
