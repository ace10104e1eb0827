"""A small service's HTTP side for the tests of the border: a desk where notes are kept, signed tokens, and no database."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import marshmallow as ma
from flask import Flask, request
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry

from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.errors import Busy, NotFound, Refused, Unauthenticated
from shared.http import (
    Api,
    Blueprint,
    Border,
    body_up_to,
    csrf_of,
    if_match,
    make_app,
    needs,
    open_requests,
    open_to_all,
    principal,
)
from shared.tokens import TokenMaker, TokenReader, create_token_keys

CLERK = Principal("0197a1de-0000-7000-8000-0000000000a1", Role.CLERK, "county/township", 4, "", "session-1")
KNOWN = "0197a1de-0000-7000-8000-0000000000b1"
NOTE = {"title": "取药", "count": 2}


class NoteSchema(ma.Schema):
    """What the desk takes."""

    title = ma.fields.Str(required=True, validate=ma.validate.Length(1, 20))
    count = ma.fields.Int(strict=True, validate=ma.validate.Range(1, 9))
    password = ma.fields.Str()


class PageSchema(ma.Schema):
    """A list's query."""

    state = ma.fields.Str(validate=ma.validate.OneOf(["open", "done"]))
    cursor = ma.fields.Str()


class Rights:
    """A rights book in memory."""

    def __init__(self) -> None:
        self.revision = 0

    def refuse_older(self, account: str, revision: int) -> None:
        if revision < self.revision:
            raise Unauthenticated


class Desk:
    """The app, what reached its views, and how to sign in at it."""

    def __init__(self, folder: Path) -> None:
        private, public = create_token_keys(folder)
        self.rights, self.received, self.state = Rights(), list[Any](), {"mongo": "ok"}
        self.maker = TokenMaker(private, "county", MachineClock())
        reader = TokenReader([public], "county", "desk", self.rights, MachineClock())
        border = Border(hosts=("localhost",), secret=b"s" * 32, version="1")
        self.app: Flask
        self.api: Api
        self.app, self.api = make_app(
            "desk",
            border,
            token_reader=reader,
            ready=lambda: self.state,
            registry=CollectorRegistry(),
            blueprints=[_blueprint(self)],
        )

    def client(self) -> FlaskClient:
        """A client at our own host that nobody signed in."""
        return self.app.test_client()

    def bearer(self, **changes: Any) -> dict[str, str]:
        """Headers of a program that does everything right."""
        token = self.maker.make(replace(CLERK, **changes), ["desk"])
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}

    def browser(self, **changes: Any) -> FlaskClient:
        """A browser with a session's cookie."""
        client = self.client()
        client.set_cookie("springrain", self.maker.make(replace(CLERK, **changes), ["desk"]))
        return client

    def csrf(self, session: str = "session-1") -> str:
        """What the session's pages hold."""
        with self.app.app_context():
            return csrf_of(session)


def _blueprint(desk: Desk) -> Blueprint:
    blueprint = Blueprint("notes", __name__, url_prefix="/api/v1/notes")

    @blueprint.route("", methods=["POST"])
    @needs(Role.CLERK)
    @blueprint.arguments(NoteSchema)
    @blueprint.response(201)
    def add(note: dict[str, Any]) -> dict[str, str]:
        desk.received.append(note)
        return {"by": principal().account}

    @blueprint.route("", methods=["GET"])
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200)
    @needs(Role.CLERK, Role.SUPERVISOR)
    def listed(query: dict[str, Any]) -> dict[str, Any]:
        return query

    @blueprint.route("/<id:note>", methods=["PUT"])
    @needs(Role.CLERK)
    @blueprint.arguments(NoteSchema)
    @blueprint.response(200)
    def change(body: dict[str, Any], note: str) -> dict[str, int]:
        if note != KNOWN:
            raise NotFound("no such note")
        return {"was": if_match(request)}

    @blueprint.route("/form", methods=["POST"])
    @needs(Role.CLERK)
    @body_up_to(3 * 1024 * 1024)
    @blueprint.arguments(NoteSchema, location="form")
    @blueprint.response(201)
    def add_by_form(note: dict[str, Any]) -> dict[str, Any]:
        desk.received.append(note)
        return note

    @blueprint.route("/forgotten", methods=["GET"])
    @blueprint.response(200)
    def forgotten() -> dict[str, Any]:
        desk.received.append("forgotten")
        return {}

    @blueprint.route("/open", methods=["GET", "POST"])
    @open_to_all
    @blueprint.response(200)
    def opened() -> dict[str, int]:
        return {"open": open_requests(desk.app)}

    @blueprint.route("/fails/<how>", methods=["GET"])
    @open_to_all
    @blueprint.response(200)
    def fails(how: str) -> dict[str, Any]:
        raise next(error for error in _errors() if type(error).__name__ == how)

    return blueprint


def _errors() -> Iterator[Exception]:
    yield KeyError("13800000000")
    yield Busy("full", retry_after=7)
    yield Refused.field("phone", "short", "is too short", "give all digits")
