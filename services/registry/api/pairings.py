"""/api/v1/pairing-proposals and /api/v1/pairings: the rules propose, a clerk decides, either side may end."""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import OFFICE, READERS, NothingSchema, id_field, one_page, thing
from services.registry.commands.pairings import accept_pairing, accept_proposal, end_pairing_of
from services.registry.commands.proposing import propose_pairings
from services.registry.desk import Doc
from services.registry.queries import volunteers as ask
from services.registry.queries.branches import path_of
from services.registry.wiring import Front
from shared.access import Role
from shared.clock import to_wire
from shared.http import Answered, Blueprint, if_match, needs, principal


class PairingQuery(ma.Schema):
    """Narrow to a branch or a state."""

    branch = id_field(required=False)
    state = ma.fields.Str(validate=ma.validate.OneOf(ask.STATES))
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class BranchSchema(ma.Schema):
    """For which branch the rules are run: a township at a time."""

    branch = id_field()


class EndSchema(ma.Schema):
    """Which kind of end. Nobody has to give a reason."""

    why = ma.fields.Str(load_default="asked", validate=ma.validate.OneOf(["asked", "left"]))


def shown(row: Doc) -> Doc:
    """A pairing; nothing in it speaks of a person."""
    kept = ("branch", "state", "household", "household_number", "volunteer", "volunteer_number", "nearness", "proposal")
    told = {"id": row["_id"], **{name: row[name] for name in kept}, "revision": row["revision"]}
    return {**told, **({"why": row["why"]} if "why" in row else {})}


def shown_run(row: Doc) -> Doc:
    """A run of the rules: how many are proposed, and who cannot be covered and why."""
    told = {"id": row["_id"], "branch": row["branch"], "at": to_wire(row["at"]), "proposed": row["proposed"]}
    return {**told, "uncovered": row["uncovered"]}


def proposals(front: Front) -> Blueprint:
    """The endpoints of runs of the rules."""
    bp = Blueprint("pairing_proposals", __name__, url_prefix="/api/v1/pairing-proposals")
    desk = front.desk

    @bp.route("", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(BranchSchema)
    @bp.response(201)
    def propose(body: dict[str, Any]) -> Response:
        """Propose a volunteer for each household of the branch that has none."""
        desk.runtime.bound.refuse_when_full()
        who = principal()
        branch = path_of(desk, who, body["branch"])
        done = front.once.post(lambda unit: Answered(201, propose_pairings(unit, desk, who, branch)["_id"], 1))
        return thing(shown_run(ask.proposal(desk, who, done.id)), 1, 201)

    @bp.route("/<id:proposal>", methods=["GET"])
    @needs(*OFFICE)
    @bp.response(200)
    def one(proposal: str) -> Response:
        """One run."""
        return thing(shown_run(ask.proposal(desk, principal(), proposal)), 1)

    @bp.route("/<id:proposal>/acceptance", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def accept_all(_body: dict[str, Any], proposal: str) -> Response:
        """Accept all pairings of this run that still wait. All or none: 422 when one may not be formed."""
        who = principal()
        done = front.once.post(lambda unit: Answered(200, accept_proposal(unit, desk, who, proposal)["_id"], 1))
        return thing(shown_run(ask.proposal(desk, who, done.id)), 1)

    return bp


def blueprint(front: Front) -> Blueprint:
    """The endpoints of pairings."""
    bp = Blueprint("pairings", __name__, url_prefix="/api/v1/pairings")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.arguments(PairingQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Pairings in scope, oldest first; a volunteer's own."""
        who, branch, state = principal(), query.get("branch", ""), query.get("state", "")
        filter = {"branch": branch, "state": state, "account": who.account}
        return one_page(
            front.cursors, "pairings", filter, query.get("cursor"), "_id",
            lambda after: ask.pairings(desk, who, branch, state, after), shown,
        )  # fmt: skip

    @bp.route("/<id:pairing>", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.response(200)
    def one(pairing: str) -> Response:
        """One pairing."""
        row = ask.pairing(desk, principal(), pairing)
        return thing(shown(row), row["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Accepting and ending."""
    desk = front.desk

    @bp.route("/<id:pairing>/acceptance", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def accept(_body: dict[str, Any], pairing: str) -> Response:
        """Form a proposed pairing."""
        return _done(front, pairing, lambda unit, who, seen: accept_pairing(unit, desk, who, pairing, seen))

    @bp.route("/<id:pairing>/end", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(EndSchema)
    @bp.response(200)
    def end(body: dict[str, Any], pairing: str) -> Response:
        """End a pairing, or decline a proposed one."""
        return _done(front, pairing, lambda unit, who, seen: end_pairing_of(unit, who, pairing, seen, body["why"]))


def _done(front: Front, pairing: str, command: Any) -> Response:
    who, seen = principal(), if_match(request)
    done = front.once.post(lambda unit: Answered(200, pairing, command(unit, who, seen)["revision"]))
    return thing(shown(ask.pairing(front.desk, who, pairing)), done.revision)
