"""Volunteers: who offers what, the check without which nobody meets a minor, and the account of a volunteer."""

from functools import partial

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.api.fields import OFFICE, READERS
from services.registry.api.looking import ground_of
from services.registry.commands.account_forms import AccountForms
from services.registry.commands.checks import record_check
from services.registry.desk import Doc
from services.registry.pages.forms import NOTHING, Tried, attempt, read
from services.registry.pages.home import trail_of
from services.registry.queries import volunteers as ask
from services.registry.queries.branches import branch_of, names
from services.registry.queries.narrow import account_of, unchecked
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, needs, ordered_by, principal
from shared.ids import new_id
from shared.pages.listing import asked_for, listing

VOLUNTEERS = "/pages/registry/volunteers"


class CheckForm(ma.Schema):
    """The result of a check, and nothing else of it."""

    passed = ma.fields.Str(required=True, validate=ma.validate.OneOf(["yes", "no"]))
    checked_on = ma.fields.Date(required=True)
    authority = ma.fields.Str(required=True, validate=ma.validate.Length(2, 60))
    expires_on = ma.fields.Date(required=True)


class SignInForm(ma.Schema):
    """A volunteer's sign-in."""

    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 100))
    password = ma.fields.Str(required=True, validate=ma.validate.Length(1, 200))


def check_state(row: Doc, today: str, latest: Doc | None = None) -> str:
    """valid, expired, failed or missing. Only `valid` lets a volunteer meet a minor (docs/domain.md, rule 4)."""
    until = row.get("minors_until", "")
    if until:
        return "valid" if until >= today else "expired"
    return "failed" if latest and not latest["passed"] else "missing"


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_volunteers", __name__, url_prefix=VOLUNTEERS)

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        return _list(front)

    @bp.get("/<id:volunteer>")
    @needs(*READERS)
    def one(volunteer: str) -> str:
        return _one(front, volunteer, NOTHING)

    _add_check(bp, front)
    _add_account(bp, front)
    return bp


def _add_check(bp: Blueprint, front: Front) -> None:
    desk = front.desk

    @bp.post("/<id:volunteer>/checks")
    @needs(*OFFICE)
    def check(volunteer: str) -> Response:
        def work() -> Response:
            form = read(CheckForm)
            told = {**form, "passed": form["passed"] == "yes"}
            front.once.post(lambda unit: Answered(303, record_check(unit, desk, principal(), volunteer, told)["_id"], 1))
            return redirect(f"{VOLUNTEERS}/{volunteer}?done=checked", 303)

        return attempt(work, partial(_one, front, volunteer, form="check"))


def _add_account(bp: Blueprint, front: Front) -> None:
    desk, forms = front.desk, AccountForms(front.desk, front.door.passwords)

    @bp.post("/<id:volunteer>/account")
    @needs(Role.ADMINISTRATOR)
    def open_account(volunteer: str) -> Response:
        def work() -> Response:
            row = ask.volunteer(desk, principal(), volunteer)
            place = {"role": "volunteer", "branch": row["branch"].rsplit("/", 1)[-1], "person": row["person"]}
            opening = forms.opening(principal(), {**read(SignInForm), **place})
            front.once.post(lambda unit: Answered(303, opening(unit)["_id"], 1))
            return redirect(f"{VOLUNTEERS}/{volunteer}?done=account", 303)

        again = partial(_one, front, volunteer, form="account")
        return attempt(work, again, {"name": gettext("这个登录名已被使用，请换一个。")})


def _list(front: Front) -> str:
    desk, who, asked = front.desk, principal(), asked_for("branch", "check")
    branch, find = asked.get("branch", ""), unchecked if asked.get("check") == "missing" else ask.volunteers
    rows, following = listing(
        front.cursors, "volunteers-page", asked, lambda after: find(desk, who, branch, after), ordered_by("number")
    )
    contents = ask.opened(desk, rows)
    shown = [row["person"] for row, content in zip(rows, contents, strict=True) if content]
    front.looks.note(who, shown, "registry/volunteers-list", who.branch, ground_of(who))
    today = desk.today().isoformat()
    return render_template(
        "registry/volunteers.html",
        people=[(row, content, check_state(row, today)) for row, content in zip(rows, contents, strict=True)],
        places=names(desk, (row["branch"] for row in rows)),
        place=branch_of(desk, who, branch)["name"] if branch else "",
        asked=asked,
        following=following,
    )


def _one(front: Front, volunteer: str, tried: Tried, form: str = "") -> str:
    desk, who = front.desk, principal()
    row = ask.volunteer(desk, who, volunteer)
    content, checks = ask.opened(desk, [row])[0], ask.checks(desk, volunteer)
    front.looks.note(who, [row["person"]] if content else [], "registry/volunteers", row["branch"], ground_of(who))
    return render_template(
        "registry/volunteer.html",
        row=row,
        content=content,
        checks=checks,
        check=check_state(row, desk.today().isoformat(), checks[0] if checks else None),
        pairings=ask.pairings_of(desk, volunteer),
        account=account_of(desk, row["person"]),
        trail=trail_of(desk, who, row["branch"], (row["number"], "")),
        today=desk.today(),
        tried={name: tried if name == form else NOTHING for name in ("check", "account")},
        done=request.args.get("done", ""),
        may_record=who.role in OFFICE and row["state"] != "left",
        may_open=who.role is Role.ADMINISTRATOR,
        key=new_id(),
    )
