"""Erasures: asked by one person, agreed to by another. Nothing about the person stands here but the number."""

from functools import partial

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.api.erasures import GROUNDS
from services.registry.api.fields import OFFICE, READERS
from services.registry.commands.erasures import approve_erasure, ask_erasure
from services.registry.pages.forms import AN_ID, NOTHING, RevisionForm, Tried, attempt, read
from services.registry.queries import erasures as ask
from services.registry.queries.branches import names
from services.registry.queries.people import person as person_of
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import listing

ERASURES = "/pages/registry/erasures"
SECOND = (Role.SUPERVISOR, Role.ADMINISTRATOR)


class AskForm(ma.Schema):
    """Whom, and on what ground."""

    person = ma.fields.Str(required=True, validate=AN_ID)
    ground = ma.fields.Str(required=True, validate=ma.validate.OneOf(GROUNDS))


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_erasures", __name__, url_prefix=ERASURES)
    desk = front.desk

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        return _list(front, NOTHING)

    @bp.post("")
    @needs(*OFFICE)
    def begin() -> Response:
        def work() -> Response:
            form = read(AskForm)
            done = front.once.post(
                lambda unit: Answered(303, ask_erasure(unit, desk, principal(), form["person"], form["ground"])["_id"], 1)
            )
            return redirect(f"{ERASURES}/{done.id}?done=asked", 303)

        return attempt(work, partial(_list, front), {"": gettext("已经有人提出删除此人，或因督查、案件暂不能删除。")})

    @bp.get("/<id:erasure>")
    @needs(*READERS)
    def one(erasure: str) -> str:
        return _one(front, erasure, NOTHING)

    @bp.post("/<id:erasure>/approval")
    @needs(*SECOND)
    def approve(erasure: str) -> Response:
        def work() -> Response:
            seen = read(RevisionForm)["revision"]
            front.once.post(
                lambda unit: Answered(303, erasure, approve_erasure(unit, desk, principal(), erasure, seen)["revision"])
            )
            return redirect(f"{ERASURES}/{erasure}?done=agreed", 303)

        words = {"": gettext("已经有人同意过，或因督查、案件暂不能删除。下面是现在的状态。")}
        return attempt(work, partial(_one, front, erasure), words)

    return bp


def _list(front: Front, tried: Tried) -> str:
    desk, who = front.desk, principal()
    rows, following = listing(front.cursors, "erasures-page", {}, lambda after: ask.erasures(desk, who, "", after), by_id)
    places = names(desk, (row["branch"] for row in rows))
    return render_template("registry/erasures.html", rows=rows, places=places, following=following, tried=tried)


def _one(front: Front, erasure: str, tried: Tried) -> str:
    desk, who = front.desk, principal()
    row = ask.erasure(desk, who, erasure)
    return render_template(
        "registry/erasure.html",
        row=row,
        person=person_of(desk, who, row["person"]),
        place=names(desk, [row["branch"]]).get(row["branch"], ""),
        own=row["asked_by"] == who.account,
        may_agree=who.role in SECOND,
        tried=tried,
        done=request.args.get("done", ""),
        key=new_id(),
    )
