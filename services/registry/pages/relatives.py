"""Relatives: one added, one corrected, one barred. Barring asks twice and says what follows, since nothing takes it back."""

import marshmallow as ma
from flask import Blueprint, redirect, render_template
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.api.fields import KEEPERS
from services.registry.api.looking import ground_of
from services.registry.api.prepared import form_again, post_prepared
from services.registry.commands.kinships import AddingRelative, bar_relative, change_kinship
from services.registry.desk import Doc
from services.registry.model.relations import Presence, Role
from services.registry.pages.forms import NOTHING, RevisionForm, Tried, attempt, read
from services.registry.pages.home import trail_of
from services.registry.pages.typed import ChangedRelativeForm, NewRelativeForm, typed_relative
from services.registry.queries import people as ask
from services.registry.queries.kin import kinship, kinship_opened
from services.registry.wiring import Front
from shared.errors import NotFound
from shared.http import Answered, needs, principal
from shared.ids import new_id

PEOPLE = "/pages/registry/people"


class BarForm(RevisionForm):
    """The day of the court's order, when there is one."""

    order_day = ma.fields.Date()


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_relatives", __name__, url_prefix="/pages/registry")
    _add_new(bp, front)
    _add_one(bp, front)
    return bp


def _add_new(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.get("/people/<id:person>/relatives/new")
    @needs(*KEEPERS)
    def new(person: str) -> str:
        return _new(person, NOTHING)

    def _new(person: str, tried: Tried) -> str:
        row = ask.person(desk, principal(), person)
        if not ask.cared_for_as(row) or row["state"] != "known":
            raise NotFound("nobody cared for has this id")
        return render_template("registry/relative_new.html", tried=tried, key=new_id(), **_page(row, gettext("添加家属")))

    def _page(row: Doc, here: str) -> Doc:
        trail = trail_of(desk, principal(), row["branch"], (row["number"], f"{PEOPLE}/{row['_id']}"), (here, ""))
        return {"person": row, "trail": trail, **_choices()}

    @bp.post("/people/<id:person>/relatives/new")
    @needs(*KEEPERS)
    def add(person: str) -> Response:
        def work() -> Response:
            who, told = principal(), typed_relative(read(NewRelativeForm))
            done = post_prepared(front, lambda: AddingRelative(desk, who, person, told))
            form_again(front, who, kinship(desk, who, done.id)["branch"])
            return redirect(f"{PEOPLE}/{person}?done=relative", 303)

        again = lambda tried: _new(person, tried)  # noqa: E731
        return attempt(work, again, {"name": gettext("此人已有一位同名的家属，请在家属表里修改。")})


def _add_one(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.get("/relatives/<id:kin>")
    @needs(*KEEPERS)
    def one(kin: str) -> str:
        return show(kin, NOTHING)

    def show(kin: str, tried: Tried) -> str:
        who, found = principal(), kinship_opened(desk, principal(), kin)
        row, person = found.kinship, ask.person(desk, who, found.kinship["recipient"])
        front.looks.note(who, [row["relative"]], "registry/relatives-edit", row["branch"], ground_of(who))
        here = (person["number"], f"{PEOPLE}/{person['_id']}")
        trail = trail_of(desk, who, row["branch"], here, (gettext("家属"), ""))
        return render_template(
            "registry/relative.html", row=row, one=found.told(), trail=trail, tried=tried, key=new_id(), **_choices()
        )

    @bp.post("/relatives/<id:kin>")
    @needs(*KEEPERS)
    def change(kin: str) -> Response:
        def work() -> Response:
            form, who = read(ChangedRelativeForm), principal()
            told, seen = typed_relative(form), form["revision"]
            front.once.post(lambda unit: Answered(303, kin, change_kinship(unit, desk, who, kin, seen, told)["revision"]))
            return back(kin, "changed")

        words = {"may_know": gettext("依法禁止告知的家属，不能在这里改回。")}
        return attempt(work, lambda tried: show(kin, tried), words)

    @bp.post("/relatives/<id:kin>/bar")
    @needs(*KEEPERS)
    def bar(kin: str) -> Response:
        def work() -> Response:
            form, who = read(BarForm), principal()
            seen, day = form["revision"], form.get("order_day")
            front.once.post(lambda unit: Answered(303, kin, bar_relative(unit, desk, who, kin, seen, day)["revision"]))
            return back(kin, "barred")

        return attempt(work, lambda tried: show(kin, tried), {"": gettext("这位家属已经禁止告知。")})

    def back(kin: str, done: str) -> Response:
        row = kinship(desk, principal(), kin)
        form_again(front, principal(), row["branch"])
        return redirect(f"{PEOPLE}/{row['recipient']}?done={done}", 303)


def _choices() -> Doc:
    return {"roles": [role.value for role in Role], "presences": [presence.value for presence in Presence]}
