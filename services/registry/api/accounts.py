"""/api/v1/accounts: for the administrator alone. A password is taken and never given back in any form."""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import ListQuery, id_field, one_page, thing
from services.registry.commands.account_forms import AccountForms
from services.registry.desk import Doc
from services.registry.queries import accounts as ask
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, Blueprint, if_match, needs, principal

ROLES = [role.value for role in Role]


class NewAccountSchema(ma.Schema):
    """A new account; `person` for a volunteer: the id of the volunteer as a person."""

    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 100))
    password = ma.fields.Str(required=True, validate=ma.validate.Length(1, 200))
    role = ma.fields.Str(required=True, validate=ma.validate.OneOf(ROLES))
    branch = id_field()
    person = id_field(required=False)


class ChangedAccountSchema(ma.Schema):
    """What changes; what is not named stays."""

    role = ma.fields.Str(validate=ma.validate.OneOf(ROLES))
    branch = id_field(required=False)
    password = ma.fields.Str(validate=ma.validate.Length(1, 200))
    ended = ma.fields.Bool(truthy={True}, falsy={False})


def shown(row: Doc) -> Doc:
    """An account without its password."""
    kept = ("name", "role", "branch", "person", "ended", "rights")
    return {"id": row["_id"], **{name: row[name] for name in kept}}


def blueprint(front: Front) -> Blueprint:
    """The endpoints of accounts."""
    bp = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts")
    desk = front.desk
    administrator = needs(Role.ADMINISTRATOR)

    @bp.route("", methods=["GET"])
    @administrator
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Accounts, oldest first."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "accounts", {"branch": branch}, query.get("cursor"), "_id",
            lambda after: ask.accounts(desk, who, branch, after), shown,
        )  # fmt: skip

    @bp.route("/<id:account>", methods=["GET"])
    @administrator
    @bp.response(200)
    def one(account: str) -> Response:
        """One account."""
        row = ask.account(desk, principal(), account)
        return thing(shown(row), row["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Making and changing accounts."""
    desk, forms, administrator = front.desk, AccountForms(front.desk, front.door.passwords), needs(Role.ADMINISTRATOR)

    @bp.route("", methods=["POST"])
    @administrator
    @bp.arguments(NewAccountSchema)
    @bp.response(201)
    def add(body: dict[str, Any]) -> Response:
        """A new account with a password."""
        who = principal()
        opening = forms.opening(who, body)
        done = front.once.post(lambda unit: Answered(201, opening(unit)["_id"], 1))
        return thing(shown(ask.account(desk, who, done.id)), done.revision, done.status)

    @bp.route("/<id:account>", methods=["PATCH"])
    @administrator
    @bp.arguments(ChangedAccountSchema)
    @bp.response(200)
    def change(body: dict[str, Any], account: str) -> Response:
        """Change or end an account: its tokens are refused everywhere within 2 s, its sessions end."""
        changing = forms.changing(principal(), account, if_match(request), body)
        row = desk.units.run(changing)
        return thing(shown(row), row["revision"])
