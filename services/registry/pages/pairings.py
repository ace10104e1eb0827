"""Pairings: what the rules propose and why, for a clerk to accept or decline; what is formed; who cannot be covered."""

from collections import Counter
from functools import partial

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.api.fields import OFFICE, READERS
from services.registry.api.looking import ground_of
from services.registry.commands.pairings import accept_pairing, accept_proposal, end_pairing_of
from services.registry.commands.proposing import propose_pairings
from services.registry.pages.forms import A_REVISION, AN_ID, NOTHING, RevisionForm, Tried, attempt, read
from services.registry.queries import volunteers as ask
from services.registry.queries.branches import branch_of, names, path_of
from services.registry.queries.narrow import volunteers_by_id, waiting_of
from services.registry.wiring import Front
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import asked_for, listing

PAIRINGS = "/pages/registry/pairings"
MOST_LEFT = 100


class EndForm(ma.Schema):
    """Which kind of end. Nobody has to give a reason."""

    revision = ma.fields.Int(required=True, validate=A_REVISION)
    why = ma.fields.Str(load_default="asked", validate=ma.validate.OneOf(["asked", "left"]))


class BranchForm(ma.Schema):
    """For which branch the rules are run."""

    branch = ma.fields.Str(required=True, validate=AN_ID)


class NothingForm(ma.Schema):
    """A button alone."""


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_pairings", __name__, url_prefix=PAIRINGS)

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        return _list(front, NOTHING)

    _add_pairings(bp, front)
    _add_proposals(bp, front)
    return bp


def _add_pairings(bp: Blueprint, front: Front) -> None:
    """What is decided of one pairing."""
    desk, again = front.desk, partial(_list, front)

    @bp.post("/<id:pairing>/acceptance")
    @needs(*OFFICE)
    def accept(pairing: str) -> Response:
        def work() -> Response:
            seen = read(RevisionForm)["revision"]
            front.once.post(
                lambda unit: Answered(303, pairing, accept_pairing(unit, desk, principal(), pairing, seen)["revision"])
            )
            return _back("accepted")

        return attempt(work, again, _over())

    @bp.post("/<id:pairing>/end")
    @needs(*OFFICE)
    def end(pairing: str) -> Response:
        def work() -> Response:
            form = read(EndForm)
            seen, why = form["revision"], form["why"]
            front.once.post(
                lambda unit: Answered(303, pairing, end_pairing_of(unit, principal(), pairing, seen, why)["revision"])
            )
            return _back("ended")

        return attempt(work, again, _over())


def _add_proposals(bp: Blueprint, front: Front) -> None:
    """What is done with all that the rules propose."""
    desk, again = front.desk, partial(_list, front)

    @bp.post("/proposals")
    @needs(*OFFICE)
    def propose() -> Response:
        def work() -> Response:
            desk.runtime.bound.refuse_when_full()
            branch = path_of(desk, principal(), read(BranchForm)["branch"])
            front.once.post(lambda unit: Answered(303, propose_pairings(unit, desk, principal(), branch)["_id"], 1))
            return _back("proposed")

        return attempt(work, again)

    @bp.post("/proposals/<id:proposal>/acceptance")
    @needs(*OFFICE)
    def accept_all(proposal: str) -> Response:
        def work() -> Response:
            read(NothingForm)
            front.once.post(lambda unit: Answered(303, accept_proposal(unit, desk, principal(), proposal)["_id"], 1))
            return _back("all")

        return attempt(work, again, _over())


def _list(front: Front, tried: Tried) -> str:
    desk, who, asked = front.desk, principal(), {"state": "proposed", **asked_for("state", "branch")}
    branch = asked.get("branch", "")
    find = lambda after: ask.pairings(desk, who, branch, asked["state"], after)  # noqa: E731
    rows, following = listing(front.cursors, "pairings-page", asked, find, by_id, at=PAIRINGS)
    bound = volunteers_by_id(desk, (row["volunteer"] for row in rows))
    seen = [volunteer["person"] for volunteer, content in bound.values() if content]
    front.looks.note(who, seen, "registry/pairings", who.branch, ground_of(who))
    latest = ask.latest_proposal(desk, who, branch)
    places = {row["branch"] for row in rows} | {one["branch"] for one in (latest or {}).get("uncovered", [])}
    return render_template(
        "registry/pairings.html",
        rows=rows,
        volunteers=bound,
        places=names(desk, places),
        branch_id=branch or who.branch.rsplit("/", 1)[-1],
        place=branch_of(desk, who, branch or who.branch.rsplit("/", 1)[-1])["name"],
        asked=asked,
        following=following,
        latest=latest,
        reasons=Counter(one["reason"] for one in (latest or {}).get("uncovered", [])),
        most=MOST_LEFT,
        waiting=waiting_of(desk, latest["_id"]) if latest else 0,
        states=ask.STATES,
        tried=tried,
        done=request.args.get("done", ""),
        may_decide=who.role in OFFICE,
        fresh_key=new_id,
    )


def _back(done: str) -> Response:
    more = "".join(f"&{name}={value}" for name, value in asked_for("state", "branch").items())
    return redirect(f"{PAIRINGS}?done={done}{more}", 303)


def _over() -> dict[str, str]:
    return {"": gettext("这个结对已经变化，或家庭、志愿者已不在册。请看下面的最新内容。")}
