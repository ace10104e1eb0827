"""Registering one person, and a page of their own to correct them, end their care, or take consent back.

What is opened to be corrected is a look as well. That an adult is in a child's house is said here by who saw them (rule 5).
"""

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.api.fields import KEEPERS
from services.registry.api.looking import ground_of
from services.registry.api.people import masked
from services.registry.api.prepared import form_again, post_prepared
from services.registry.commands.grounds import withdraw_consent
from services.registry.commands.keeping import ENDS, begin_care, change_person, end_care
from services.registry.commands.registering import Registering
from services.registry.desk import Doc
from services.registry.model.by_hand import ALLOWED
from services.registry.pages.forms import AN_ID, NOTHING, RevisionForm, Tried, attempt, read
from services.registry.pages.home import trail_of
from services.registry.pages.typed import box, checked, person_form, revision_field, typed_person
from services.registry.queries import people as ask
from services.registry.queries.branches import villages
from services.registry.wiring import Front
from shared.errors import NotFound
from shared.http import Answered, needs, principal
from shared.ids import new_id
from shared.units import Unit

PEOPLE = "/pages/registry/people"
Work = Callable[[Unit], Doc]


class EndForm(RevisionForm):
    """Why care ends."""

    why = ma.fields.Str(required=True, validate=ma.validate.OneOf(ENDS))


class SeenForm(RevisionForm):
    """Which adult was seen in the house, and that they were."""

    adult = ma.fields.Str(required=True, validate=AN_ID)
    seen_adult = ma.fields.Str(required=True, validate=ma.validate.OneOf(["yes"]))


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_keeping", __name__, url_prefix=PEOPLE)
    _add_registering(bp, front)
    show = _add_correcting(bp, front)
    _add_care(bp, front, show)
    return bp


def _add_registering(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.get("/new")
    @needs(*KEEPERS)
    def new() -> str:
        return _new(NOTHING)

    def _kind() -> str:
        kind = request.args.get("kind", "elder")
        if kind not in ALLOWED:
            raise NotFound("nobody of this kind is registered here")
        return kind

    def _new(tried: Tried) -> str:
        known, maybe = (
            next((fault.message for fault in tried.faults if fault.code == code), "") for code in ("known", "maybe_known")
        )
        return render_template(
            "registry/person_new.html",
            kind=_kind(),
            known=known,
            maybe=maybe,
            tried=tried,
            villages=villages(desk, principal()),
            categories=[word.value for word in ALLOWED[_kind()]],
            checked=checked(_kind(), tried.typed, {}),
            key=new_id(),
        )

    @bp.post("/new")
    @needs(*KEEPERS)
    def register() -> Response:
        def work() -> Response:
            kind, who = _kind(), principal()
            more = {"branch": ma.fields.Str(required=True, validate=AN_ID), "namesake": box()}
            form = read(person_form(kind, **more))
            told = {**typed_person(kind, form), "kind": kind, "branch": form["branch"], "namesake": "namesake" in form}
            done = post_prepared(front, lambda: Registering(desk, who, told))
            form_again(front, who, ask.person(desk, who, done.id)["branch"])
            return redirect(f"{PEOPLE}/{done.id}?done=registered", 303)

        return attempt(work, _new, {"": gettext("此人已由另一个支部登记。请与那个支部或上级联系，不要重复登记。")})


Show = Callable[[str, Tried], str]


def _add_correcting(bp: Blueprint, front: Front) -> Show:
    desk = front.desk

    @bp.get("/<id:person>/edit")
    @needs(*KEEPERS)
    def edit(person: str) -> str:
        return show(person, NOTHING)

    def show(person: str, tried: Tried) -> str:
        who = principal()
        row = ask.person(desk, who, person)
        content = ask.opened(desk, [row])[0]
        if row["state"] != "known" or not content:
            raise NotFound("this person was erased")
        kind, kin = ask.cared_for_as(row), [one.told() for one in ask.relatives(desk, row)]
        seen = [person, *(one["id"] for one in kin)]
        front.looks.note(who, seen, "registry/people-edit", row["branch"], ground_of(who))
        return render_template(
            "registry/person_edit.html",
            row=row,
            content=content,
            kind=kind,
            id_number=masked(content.get("id_number", "")),
            categories=[word.value for word in ALLOWED.get(kind, ())],
            checked=checked(kind, tried.typed, content),
            at_home=[one for one in kin if one["presence"] == "home" and one["may_know"] != "must_never"],
            consented=any(not ground.get("withdrawn") for ground in ask.consents(desk, person)),
            ends=ENDS,
            trail=trail_of(desk, who, row["branch"], (row["number"], f"{PEOPLE}/{person}"), (gettext("修改"), "")),
            tried=tried,
            key=new_id(),
        )

    @bp.post("/<id:person>/edit")
    @needs(*KEEPERS)
    def correct(person: str) -> Response:
        def work() -> Response:
            kind = ask.cared_for_as(ask.person(desk, principal(), person))
            form = read(person_form(kind, revision=revision_field()))
            told, seen = typed_person(kind, form), form["revision"]
            return _changed(front, person, lambda unit: change_person(unit, desk, principal(), person, seen, told))

        return attempt(work, lambda tried: show(person, tried))

    return show


def _add_care(bp: Blueprint, front: Front, show: Show) -> None:
    """Buttons: each one command, with its own words when the state stands against it."""
    desk = front.desk

    def button(person: str, form: type[ma.Schema], command: Callable[[Unit, Mapping[str, Any]], Doc]) -> Response:
        def work() -> Response:
            told = read(form)
            return _changed(front, person, lambda unit: command(unit, told))

        words = {"": gettext("现在的状态已经不同，没有改动。请看下面的最新内容。")}
        return attempt(work, lambda tried: show(person, tried), words)

    @bp.post("/<id:person>/adult")
    @needs(*KEEPERS)
    def seen(person: str) -> Response:
        def command(unit: Unit, form: Mapping[str, Any]) -> Doc:
            told = {"no_adult": False, "adult": form["adult"], "seen_adult": True}
            return change_person(unit, desk, principal(), person, form["revision"], told)

        return button(person, SeenForm, command)

    @bp.post("/<id:person>/alone")
    @needs(*KEEPERS)
    def alone(person: str) -> Response:
        told = {"no_adult": True}
        return button(person, RevisionForm, lambda u, form: change_person(u, desk, principal(), person, form["revision"], told))

    @bp.post("/<id:person>/ending")
    @needs(*KEEPERS)
    def end(person: str) -> Response:
        return button(person, EndForm, lambda u, form: end_care(u, desk, principal(), person, form["revision"], form["why"]))

    @bp.post("/<id:person>/return")
    @needs(*KEEPERS)
    def come_back(person: str) -> Response:
        return button(person, RevisionForm, lambda u, form: begin_care(u, desk, principal(), person, form["revision"]))

    @bp.post("/<id:person>/consent-withdrawal")
    @needs(*KEEPERS)
    def withdraw(person: str) -> Response:
        return button(person, RevisionForm, lambda u, form: withdraw_consent(u, principal(), person, form["revision"]))


def _changed(front: Front, person: str, work: Work) -> Response:
    front.once.post(lambda unit: Answered(303, person, work(unit)["revision"]))
    form_again(front, principal(), ask.person(front.desk, principal(), person)["branch"])
    return redirect(f"{PEOPLE}/{person}?done=changed", 303)
