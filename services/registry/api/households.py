"""/api/v1/households: lists by number and band, one with its members and relatives (a look), and unsure pairs."""

from typing import Any

import marshmallow as ma
from flask import Response

from services.registry.api.fields import KEEPERS, OFFICE, READERS, ListQuery, one_page, thing
from services.registry.api.looking import ground_of
from services.registry.api.prepared import form_again
from services.registry.commands.deciding import decide_pair
from services.registry.desk import Desk, Doc
from services.registry.queries import households as ask
from services.registry.queries.people import household_of
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, Blueprint, needs, principal


class DecisionSchema(ma.Schema):
    """Whether the two live together."""

    together = ma.fields.Bool(required=True, truthy={True}, falsy={False})


def shown(row: Doc) -> Doc:
    """What can be shown without opening anything."""
    kept = ("number", "branch", "band", "minors", "revision")
    return {"id": row["_id"], **{name: row[name] for name in kept}, "size": len(row["members"])}


def whole(desk: Desk, row: Doc) -> tuple[Doc, list[str]]:
    """A household opened, and whose fields that shows."""
    members, kin = ask.members(desk, row), ask.relatives(desk, row)
    told = {**shown(row), "members": [_member(person, content) for person, content in members]}
    told["relatives"] = [one.told() for one in kin]
    told["pairings"] = [_bound(pairing) for pairing in ask.pairings_of(desk, row["_id"])]
    return told, [person["_id"] for person, _ in members] + [one.person["_id"] for one in kin]


def _member(person: Doc, content: Doc) -> Doc:
    kept = {"id": person["_id"], "number": person["number"], "kinds": person["kinds"], "minor": person["minor"]}
    return {**kept, "name": content["name"], "phones": content.get("phones", []), "place": content.get("place", "")}


def _bound(pairing: Doc) -> Doc:
    kept = ("volunteer", "volunteer_number", "state", "nearness", "revision")
    return {"id": pairing["_id"], **{name: pairing[name] for name in kept}}


def blueprint(front: Front) -> Blueprint:
    """The endpoints of households."""
    bp = Blueprint("households", __name__, url_prefix="/api/v1/households")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Households in scope by number; a volunteer's are those they are bound to."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "households", {"branch": branch, "account": who.account}, query.get("cursor"), "number",
            lambda after: ask.households(desk, who, branch, after), shown,
        )  # fmt: skip

    @bp.route("/<id:household>", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.response(200)
    def one(household: str) -> Response:
        """One household with members and relatives; the look is written down before the answer."""
        who = principal()
        row = ask.household(desk, who, household)
        told, people = whole(desk, row)
        front.looks.note(who, people, "registry/households", row["branch"], ground_of(who))
        return thing(told, row["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """What the clerk must decide."""
    desk = front.desk

    @bp.route("/unsure", methods=["GET"])
    @needs(*OFFICE)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def unsure(query: dict[str, Any]) -> Doc:
        """Pairs who may live together and are not joined on a guess."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "unsure", {"branch": branch}, query.get("cursor"), "_id",
            lambda after: ask.unsure(desk, who, branch, after), _pair,
        )  # fmt: skip

    @bp.route("/unsure/<string:pair>/decision", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(DecisionSchema)
    @bp.response(200)
    def decide(body: dict[str, Any], pair: str) -> Response:
        """Say whether these two live together: one household, or never asked again."""
        who = principal()
        done = front.once.post(lambda unit: Answered(200, decide_pair(unit, desk, who, pair, body["together"])["_id"], 1))
        decision = ask.decision(desk, who, done.id)
        form_again(front, who, decision["branch"])
        household = household_of(desk, decision["one"])
        told = {"id": done.id, "together": decision["together"], "household": household["_id"] if household else ""}
        return thing(told, done.revision)


def _pair(row: Doc) -> Doc:
    return {"id": row["_id"]} | {name: row[name] for name in ("branch", "one", "other", "one_number", "other_number", "why")}
