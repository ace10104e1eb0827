"""/api/v1/relatives/<kinship>: one relation opened (a look), changed, barred. The id is the relation's, not the person's."""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import KEEPERS, READERS, thing
from services.registry.api.looking import ground_of
from services.registry.api.prepared import form_again
from services.registry.commands.kinships import bar_relative, change_kinship
from services.registry.desk import Doc
from services.registry.model.relations import Presence, Role
from services.registry.queries.kin import kinship as kinship_of
from services.registry.queries.kin import kinship_opened
from services.registry.wiring import Front
from shared.http import Answered, Blueprint, if_match, needs, principal

MAY_KNOW = ("may", "may_not")
"""`must_never` is nobody's to type: barring is an act of its own."""


def phones_field() -> ma.fields.List[Any]:
    """Up to five numbers in any spelling."""
    return ma.fields.List(ma.fields.Str(validate=ma.validate.Length(1, 40)), validate=ma.validate.Length(0, 5))


class RelationSchema(ma.Schema):
    """A relation as it is typed."""

    relation = ma.fields.Str(validate=ma.validate.OneOf([role.value for role in Role]))
    presence = ma.fields.Str(validate=ma.validate.OneOf([presence.value for presence in Presence]))
    workplace = ma.fields.Str(validate=ma.validate.Length(0, 80))
    call_order = ma.fields.Int(strict=True, validate=ma.validate.Range(1, 99))
    may_know = ma.fields.Str(validate=ma.validate.OneOf(MAY_KNOW))
    guardian = ma.fields.Bool(truthy={True}, falsy={False})
    carer = ma.fields.Bool(truthy={True}, falsy={False})
    phones = phones_field()


class NewRelativeSchema(RelationSchema):
    """Somebody who belongs to a recipient. Unless said otherwise they may know, and are called after the others."""

    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 60))
    relation = ma.fields.Str(required=True, validate=ma.validate.OneOf([role.value for role in Role]))
    presence = ma.fields.Str(required=True, validate=ma.validate.OneOf([presence.value for presence in Presence]))
    guardian = ma.fields.Bool(truthy={True}, falsy={False}, load_default=False)
    carer = ma.fields.Bool(truthy={True}, falsy={False}, load_default=False)


class BarSchema(ma.Schema):
    """The day of the court's order, when there is one."""

    order_day = ma.fields.Date()


def relation(row: Doc) -> Doc:
    """A relation without anything opened."""
    kept = ("recipient", "relative", "call_order", "may_know", "branch")
    return {"id": row["_id"], **{name: row[name] for name in kept}}


def blueprint(front: Front) -> Blueprint:
    """The endpoints of relatives."""
    bp = Blueprint("relatives", __name__, url_prefix="/api/v1/relatives")
    desk = front.desk

    @bp.route("/<id:kinship>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(kinship: str) -> Response:
        """One relation with the relative; the look is written down before the answer."""
        who = principal()
        kin = kinship_opened(desk, who, kinship)
        front.looks.note(who, [kin.person["_id"]], "registry/relatives", kin.kinship["branch"], ground_of(who))
        return thing({**kin.told(), **relation(kin.kinship)}, kin.kinship["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Changing and barring."""
    desk = front.desk

    @bp.route("/<id:kinship>", methods=["PATCH"])
    @needs(*KEEPERS)
    @bp.arguments(RelationSchema)
    @bp.response(200)
    def change(body: dict[str, Any], kinship: str) -> Response:
        """Change a relation, and the relative's phones. Who leaves a child alone raises a concern of today."""
        who, seen = principal(), if_match(request)
        row = desk.units.run(lambda unit: change_kinship(unit, desk, who, kinship, seen, body))
        form_again(front, who, row["branch"])
        return thing(relation(row), row["revision"])

    @bp.route("/<id:kinship>/bar", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(BarSchema)
    @bp.response(200)
    def bar(body: dict[str, Any], kinship: str) -> Response:
        """The relative must never learn anything of the recipient again. It cannot be taken back here."""
        who, seen, day = principal(), if_match(request), body.get("order_day")
        done = front.once.post(
            lambda unit: Answered(200, kinship, bar_relative(unit, desk, who, kinship, seen, day)["revision"])
        )
        return thing(relation(kinship_of(desk, who, kinship)), done.revision)
