"""Keeping a person by hand: /api/v1/people POST and PATCH, endings, returns, relatives, consent taken back.

Only who keeps the people of a branch writes here (docs/domain.md, "Who uses it"); supervisors and inspectors read.
"""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import KEEPERS, NothingSchema, id_field, thing
from services.registry.api.prepared import form_again, post_prepared
from services.registry.api.relatives import NewRelativeSchema, phones_field, relation
from services.registry.api.shown import person_shown
from services.registry.commands.grounds import withdraw_consent
from services.registry.commands.keeping import ENDS, begin_care, change_person, end_care
from services.registry.commands.kinships import AddingRelative
from services.registry.commands.registering import Registering
from services.registry.desk import Doc
from services.registry.model.by_hand import ALLOWED
from services.registry.queries import people as ask
from services.registry.queries.kin import kinship
from services.registry.wiring import Front
from shared.http import Answered, Blueprint, if_match, needs, principal
from shared.units import Unit

WORDS = sorted({one.value for words in ALLOWED.values() for one in words})


class _TypedSchema(ma.Schema):
    """What may be typed of a person. "" or [] takes away what is known; what is not named stays."""

    sex = ma.fields.Str(validate=ma.validate.OneOf(["", "female", "male"]))
    birth = ma.fields.Str(validate=ma.validate.Length(0, 20))
    id_number = ma.fields.Str(validate=ma.validate.Length(0, 30))
    categories = ma.fields.List(ma.fields.Str(validate=ma.validate.OneOf(WORDS)), validate=ma.validate.Length(0, 12))
    phones = phones_field()
    place = ma.fields.Str(validate=ma.validate.Length(0, 80))
    note = ma.fields.Str(validate=ma.validate.Length(0, 200))


class NewPersonSchema(_TypedSchema):
    """A new recipient in a village. `namesake`: a person looked, and it is not the one of that name known there."""

    kind = ma.fields.Str(required=True, validate=ma.validate.OneOf(sorted(ALLOWED)))
    branch = id_field()
    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 60))
    namesake = ma.fields.Bool(truthy={True}, falsy={False})


class ChangedPersonSchema(_TypedSchema):
    """What changes. `no_adult` false only with `adult`, a kinship of the child at home, and `seen_adult` true: the clerk saw
    that adult, and says so with the own account (docs/domain.md, rule 5)."""

    name = ma.fields.Str(validate=ma.validate.Length(1, 60))
    no_adult = ma.fields.Bool(truthy={True}, falsy={False})
    adult = id_field(required=False)
    seen_adult = ma.fields.Bool(truthy={True}, falsy={False})


class EndingSchema(ma.Schema):
    """Why care ends."""

    why = ma.fields.Str(required=True, validate=ma.validate.OneOf(ENDS))


def add_keeping(bp: Blueprint, front: Front) -> None:
    """All of it."""
    _add_registering(bp, front)
    _add_care(bp, front)
    _add_consent(bp, front)


def _add_registering(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.route("", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(NewPersonSchema)
    @bp.response(201)
    def register(body: dict[str, Any]) -> Response:
        """Register one person. 409 names the number of who is known already, or may be, by the rule of the import."""
        who = principal()
        done = post_prepared(front, lambda: Registering(desk, who, body))
        row = ask.person(desk, who, done.id)
        form_again(front, who, row["branch"])
        return thing(person_shown(row), done.revision, done.status)

    @bp.route("/<id:person>", methods=["PATCH"])
    @needs(*KEEPERS)
    @bp.arguments(ChangedPersonSchema)
    @bp.response(200)
    def change(body: dict[str, Any], person: str) -> Response:
        """Change a person. Band and minor follow by rule; a changed phone is unproven again."""
        who, seen = principal(), if_match(request)
        row = desk.units.run(lambda unit: change_person(unit, desk, who, person, seen, body))
        form_again(front, who, row["branch"])
        return thing(person_shown(row), row["revision"])

    @bp.route("/<id:person>/relatives", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(NewRelativeSchema)
    @bp.response(201)
    def add_relative(body: dict[str, Any], person: str) -> Response:
        """Register a relative of this recipient; somebody known by name and phone is the same person."""
        who = principal()
        done = post_prepared(front, lambda: AddingRelative(desk, who, person, body))
        row = kinship(desk, who, done.id)
        form_again(front, who, row["branch"])
        return thing(relation(row), done.revision, done.status)


def _add_care(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.route("/<id:person>/ending", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(EndingSchema)
    @bp.response(200)
    def end(body: dict[str, Any], person: str) -> Response:
        """Care of this person ends. Nothing is erased."""
        who, seen = principal(), if_match(request)

        def work(unit: Unit) -> Doc:
            return end_care(unit, desk, who, person, seen, body["why"])

        return _changed(front, person, work)

    @bp.route("/<id:person>/return", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def come_back(_body: dict[str, Any], person: str) -> Response:
        """Care that had ended begins again: somebody came back, or it was a mistake."""
        who, seen = principal(), if_match(request)
        return _changed(front, person, lambda unit: begin_care(unit, desk, who, person, seen))


def _add_consent(bp: Blueprint, front: Front) -> None:
    @bp.route("/<id:person>/consent-withdrawal", methods=["POST"])
    @needs(*KEEPERS)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def withdraw(_body: dict[str, Any], person: str) -> Response:
        """Consent is taken back. Care goes on, with what the duty of care needs; If-Match is the person's revision."""
        who, seen = principal(), if_match(request)
        return _changed(front, person, lambda unit: withdraw_consent(unit, who, person, seen))


def _changed(front: Front, person: str, work: Any) -> Response:
    done = front.once.post(lambda unit: Answered(200, person, work(unit)["revision"]))
    row = ask.person(front.desk, principal(), person)
    form_again(front, principal(), row["branch"])
    return thing(person_shown(row), done.revision)
