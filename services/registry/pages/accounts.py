"""Accounts, for the administrator: who has which right where. A password goes in and never comes out."""

from functools import partial

import marshmallow as ma
from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from services.registry.commands.account_forms import AccountForms
from services.registry.desk import Doc
from services.registry.model.accounts import LEVELS
from services.registry.pages.forms import A_REVISION, AN_ID, NOTHING, RevisionForm, Tried, attempt, read
from services.registry.queries import accounts as ask
from services.registry.queries.branches import names
from services.registry.queries.overview import choices
from services.registry.wiring import Front
from shared.access import Role
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import listing

ACCOUNTS = "/pages/registry/accounts"
ROLES = [role.value for role in Role]


class AccountForm(ma.Schema):
    """A new account."""

    name = ma.fields.Str(required=True, validate=ma.validate.Length(1, 100))
    password = ma.fields.Str(required=True, validate=ma.validate.Length(1, 200))
    role = ma.fields.Str(required=True, validate=ma.validate.OneOf([role for role in ROLES if role != "volunteer"]))
    branch = ma.fields.Str(required=True, validate=AN_ID)


class ChangeForm(ma.Schema):
    """Role and branch from now on; a password only when a new one was typed."""

    revision = ma.fields.Int(required=True, validate=A_REVISION)
    role = ma.fields.Str(required=True, validate=ma.validate.OneOf(ROLES))
    branch = ma.fields.Str(required=True, validate=AN_ID)
    password = ma.fields.Str(validate=ma.validate.Length(1, 200))


def blueprint(front: Front) -> Blueprint:
    """The views."""
    bp = Blueprint("registry_accounts", __name__, url_prefix=ACCOUNTS)
    forms, administrator = AccountForms(front.desk, front.door.passwords), needs(Role.ADMINISTRATOR)

    @bp.get("")
    @administrator
    def listed() -> str:
        return _list(front, NOTHING)

    @bp.post("")
    @administrator
    def add() -> Response:
        def work() -> Response:
            opening = forms.opening(principal(), read(AccountForm))
            front.once.post(lambda unit: Answered(303, opening(unit)["_id"], 1))
            return redirect(f"{ACCOUNTS}?done=added", 303)

        return attempt(work, partial(_list, front), {"name": gettext("这个登录名已被使用，请换一个。")})

    @bp.get("/<id:account>")
    @administrator
    def one(account: str) -> str:
        return _one(front, account, NOTHING)

    _add_changes(bp, front, forms)
    return bp


def _add_changes(bp: Blueprint, front: Front, forms: AccountForms) -> None:
    """Another role, branch or password; the end of an account, and its new beginning."""
    administrator = needs(Role.ADMINISTRATOR)

    def change(account: str, form: Doc, done: str) -> Response:
        changing = forms.changing(principal(), account, form.pop("revision"), form)
        front.once.post(lambda unit: Answered(303, account, changing(unit)["revision"]))
        return redirect(f"{ACCOUNTS}/{account}?done={done}", 303)

    @bp.post("/<id:account>")
    @administrator
    def alter(account: str) -> Response:
        return attempt(lambda: change(account, read(ChangeForm), "changed"), partial(_one, front, account))

    @bp.post("/<id:account>/end")
    @administrator
    def end(account: str) -> Response:
        again = partial(_one, front, account)
        return attempt(lambda: change(account, {**read(RevisionForm), "ended": True}, "ended"), again)

    @bp.post("/<id:account>/opening")
    @administrator
    def open_again(account: str) -> Response:
        again = partial(_one, front, account)
        return attempt(lambda: change(account, {**read(RevisionForm), "ended": False}, "opened"), again)


def _list(front: Front, tried: Tried) -> str:
    desk, who = front.desk, principal()
    rows, following = listing(front.cursors, "accounts-page", {}, lambda after: ask.accounts(desk, who, "", after), by_id)
    return render_template(
        "registry/accounts.html",
        rows=rows,
        names=names(desk, (row["branch"] for row in rows)),
        following=following,
        tried=tried,
        done=request.args.get("done", ""),
        **_choices(front),
    )


def _one(front: Front, account: str, tried: Tried) -> str:
    desk = front.desk
    row = ask.account(desk, principal(), account)
    return render_template(
        "registry/account.html",
        row=row,
        place=names(desk, [row["branch"]]).get(row["branch"], ""),
        own=row["_id"] == principal().account,
        tried=tried,
        done=request.args.get("done", ""),
        **_choices(front),
    )


def _choices(front: Front) -> Doc:
    return {"places": choices(front.desk, principal()), "roles": ROLES, "levels": LEVELS, "key": new_id()}
