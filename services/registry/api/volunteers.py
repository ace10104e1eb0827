"""/api/v1/volunteers: who offers what, and the checks without which nobody meets a minor."""

from typing import Any

import marshmallow as ma
from flask import Response

from services.registry.api.fields import OFFICE, READERS, ListQuery, one_page, thing
from services.registry.api.looking import ground_of
from services.registry.commands.checks import record_check
from services.registry.desk import Doc
from services.registry.queries import volunteers as ask
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, Blueprint, needs, principal


class CheckSchema(ma.Schema):
    """The result of a check, and nothing else of it."""

    passed = ma.fields.Bool(required=True, truthy={True}, falsy={False})
    checked_on = ma.fields.Date(required=True)
    authority = ma.fields.Str(required=True, validate=ma.validate.Length(2, 60))
    expires_on = ma.fields.Date(required=True)


def shown(row: Doc) -> Doc:
    """What can be shown without opening anything."""
    kept = ("number", "person", "branch", "state", "places", "no_place_only", "days", "visits_a_month", "households")
    told = {"id": row["_id"], **{name: row[name] for name in kept}, "revision": row["revision"]}
    return {**told, "minors_until": row.get("minors_until", "")}


def shown_check(row: Doc) -> Doc:
    """A check on record."""
    kept = ("volunteer", "passed", "checked_on", "authority", "expires_on")
    return {"id": row["_id"], **{name: row[name] for name in kept}}


def blueprint(front: Front) -> Blueprint:
    """The endpoints of volunteers."""
    bp = Blueprint("volunteers", __name__, url_prefix="/api/v1/volunteers")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.arguments(ListQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Volunteers in scope by number; a volunteer sees the own entry."""
        who, branch = principal(), query.get("branch", "")
        return one_page(
            front.cursors, "volunteers", {"branch": branch, "account": who.account}, query.get("cursor"), "number",
            lambda after: ask.volunteers(desk, who, branch, after), shown,
        )  # fmt: skip

    @bp.route("/<id:volunteer>", methods=["GET"])
    @needs(*READERS, Role.VOLUNTEER)
    @bp.response(200)
    def one(volunteer: str) -> Response:
        """One volunteer with name and phones; the look is written down before the answer."""
        who = principal()
        row = ask.volunteer(desk, who, volunteer)
        content = ask.opened(desk, [row])[0]
        opens: Doc = {name: content[name] for name in ("name", "phones", "kind", "employer", "skills") if name in content}
        front.looks.note(who, [row["person"]], "registry/volunteers", row["branch"], ground_of(who))
        checks = [shown_check(check) for check in ask.checks(desk, volunteer)]
        return thing({**shown(row), **opens, "checks": checks}, row["revision"])

    _add_changes(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Recording checks."""
    desk = front.desk

    @bp.route("/<id:volunteer>/checks", methods=["POST"])
    @needs(*OFFICE)
    @bp.arguments(CheckSchema)
    @bp.response(201)
    def check(body: dict[str, Any], volunteer: str) -> Response:
        """Record the result of a check for offences against minors."""
        who = principal()
        done = front.once.post(lambda unit: Answered(201, record_check(unit, desk, who, volunteer, body)["_id"], 1))
        ask.volunteer(desk, who, volunteer)
        made = next(row for row in ask.checks(desk, volunteer) if row["_id"] == done.id)
        return thing(shown_check(made), done.revision, done.status)
