"""/api/v1/erasures: one person asks, another agrees; nothing about the person is in any answer."""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import OFFICE, READERS, ListQuery, NothingSchema, id_field, one_page, thing
from services.registry.commands.erasures import approve_erasure, ask_erasure
from services.registry.desk import Doc
from services.registry.queries import erasures as ask
from services.registry.wiring import Front
from shared.access import Role
from shared.clock import to_wire
from shared.http import Answered, Blueprint, if_match, needs, principal
from shared.units import Unit

GROUNDS = ("request", "purpose_met", "retention", "consent_withdrawn")


class ErasureSchema(ma.Schema):
    """Who, and on what ground."""

    person = id_field()
    ground = ma.fields.Str(required=True, validate=ma.validate.OneOf(GROUNDS))


def shown(row: Doc) -> Doc:
    """An erasure: ids, ground, state, times."""
    kept = ("person", "ground", "state", "asked_by", "second", "branch", "revision")
    told = {"id": row["_id"], **{name: row[name] for name in kept}, "asked_at": to_wire(row["asked_at"])}
    return {**told, **({"done_at": to_wire(row["done_at"])} if "done_at" in row else {})}


def blueprint(front: Front) -> Blueprint:
    """The endpoints of erasures."""
    bp = Blueprint("erasures", __name__, url_prefix="/api/v1/erasures")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Erasures in scope, oldest first."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "erasures", {"branch": branch}, query.get("cursor"), "_id",
            lambda after: ask.erasures(desk, who, branch, after), shown,
        )  # fmt: skip

    @bp.route("/<id:erasure>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(erasure: str) -> Response:
        """How far an erasure is."""
        row = ask.erasure(desk, principal(), erasure)
        return thing(shown(row), row["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Asking and agreeing."""
    desk = front.desk

    @bp.route("", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(ErasureSchema)
    @bp.response(201)
    def begin(body: dict[str, Any]) -> Response:
        """Ask that a person be erased. Nothing happens before somebody else agrees."""
        who = principal()

        def work(unit: Unit) -> Answered:
            return Answered(201, ask_erasure(unit, desk, who, body["person"], body["ground"])["_id"], 1)

        done = front.once.post(work)
        return thing(shown(ask.erasure(desk, who, done.id)), done.revision, done.status)

    @bp.route("/<id:erasure>/approval", methods=["POST"])
    @needs(Role.SUPERVISOR, Role.ADMINISTRATOR)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def approve(_body: dict[str, Any], erasure: str) -> Response:
        """Agree to an erasure somebody else asked for. It cannot be taken back."""
        who, seen = principal(), if_match(request)

        def work(unit: Unit) -> Answered:
            return Answered(200, erasure, approve_erasure(unit, desk, who, erasure, seen)["revision"])

        done = front.once.post(work)
        return thing(shown(ask.erasure(desk, who, erasure)), done.revision)
