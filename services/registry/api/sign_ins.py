"""POST /api/v1/sign-ins and /api/v1/renewals: from name and password, or an old token, to a token of five minutes."""

from typing import Any

import marshmallow as ma
from flask import request

from services.registry.api.fields import NothingSchema
from services.registry.commands.sessions import Door, SignedIn
from services.registry.desk import Doc
from shared.errors import Unauthenticated
from shared.http import Blueprint, open_to_all
from shared.tokens import TokenReader


class SignInSchema(ma.Schema):
    """Name and password as typed."""

    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 100))
    password = ma.fields.Str(required=True, validate=ma.validate.Length(1, 200))


def shown(found: SignedIn) -> Doc:
    """What a program needs to go on."""
    who = found.principal
    return {
        "token": found.token,
        "expires_in": found.expires_in,
        "account": who.account,
        "role": who.role.value,
        "branch": who.branch,
        "person": who.person,
    }


def blueprint(door: Door, reader: TokenReader) -> Blueprint:
    """The two endpoints. They are open to all: who signs in has no token yet."""
    bp = Blueprint("sign_ins", __name__, url_prefix="/api/v1")

    @bp.route("/sign-ins", methods=["POST"])
    @open_to_all
    @bp.arguments(SignInSchema)
    @bp.response(200)
    def sign_in(body: dict[str, Any]) -> Doc:
        """A new session. 401 for a wrong name or password, 429 after too many wrong tries."""
        return shown(door.sign_in(body["name"], body["password"]))

    @bp.route("/renewals", methods=["POST"])
    @open_to_all
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def renew(_body: dict[str, Any]) -> Doc:
        """A fresh token for the old one (Bearer), as long as the session and its rights stand."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise Unauthenticated("send the old token as Bearer")
        return shown(door.renew(reader.read_expired(token.strip())))

    return bp
