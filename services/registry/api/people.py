"""/api/v1/people: lists without a personal field, one person opened (a look), and legal holds; keeping: `keeping.py`."""

from typing import Any

import marshmallow as ma
from flask import Response, request

from services.registry.api.fields import READERS, NothingSchema, id_field, one_page, thing
from services.registry.api.keeping import add_keeping
from services.registry.api.looking import ground_of
from services.registry.api.shown import person_shown
from services.registry.commands.erasures import hold_person
from services.registry.desk import Desk, Doc
from services.registry.queries import people as ask
from services.registry.wiring import Front
from shared.access import Principal, Role
from shared.http import Answered, Blueprint, if_match, needs, principal

KINDS = ("elder", "child", "relative", "volunteer")
OPENED = ("name", "sex", "birth", "phones", "place", "note", "school", "feelings", "difficulty", "needs", "ability")


class PeopleQuery(ma.Schema):
    """Narrow to a branch, a kind, or what was typed: name, pinyin or its initials, phone, ID number, 春雨编号."""

    branch = id_field(required=False)
    kind = ma.fields.Str(validate=ma.validate.OneOf(KINDS))
    q = ma.fields.Str(validate=ma.validate.Length(1, 60))
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class HoldSchema(ma.Schema):
    """On what ground."""

    ground = ma.fields.Str(required=True, validate=ma.validate.OneOf(["inspection", "case"]))


def whole(desk: Desk, who: Principal, row: Doc) -> tuple[Doc, list[str]]:
    """A person opened, and whose fields that shows."""
    content = ask.opened(desk, [row])[0]
    kin = [one for one in ask.relatives(desk, row) if who.sees(one.kinship["branch"])] if content else []
    household = ask.household_of(desk, row["_id"])
    told = {**person_shown(row), **{name: content[name] for name in OPENED if name in content}}
    told["id_number"] = masked(content.get("id_number", ""))
    told["categories"] = sorted({note["category"] for note in content.get("categories", ())})
    told["wishes"] = ask.wishes(desk, row["_id"])
    told["relatives"] = [one.told() for one in kin]
    told["household"] = household["_id"] if household else ""
    return told, [row["_id"], *(one.person["_id"] for one in kin)] if content else []


def masked(number: str) -> str:
    """An ID number as anybody but its owner needs it: the first six and the last four."""
    return f"{number[:6]}********{number[-4:]}" if number else ""


def blueprint(front: Front) -> Blueprint:
    """The endpoints of people."""
    bp = Blueprint("people", __name__, url_prefix="/api/v1/people")
    desk = front.desk

    @bp.route("", methods=["GET"])
    @needs(*READERS)
    @bp.arguments(PeopleQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """People in scope by number, 50 a page; nothing personal is in the list."""
        who = principal()
        branch, kind, text = (query.get(name, "") for name in ("branch", "kind", "q"))
        filter = {"branch": branch, "kind": kind, "q": desk.hash("query", text) if text else ""}
        return one_page(
            front.cursors, "people", filter, query.get("cursor"), "number",
            lambda after: ask.people(desk, who, branch, kind, text, after), person_shown,
        )  # fmt: skip

    @bp.route("/<id:person>", methods=["GET"])
    @needs(*READERS)
    @bp.response(200)
    def one(person: str) -> Response:
        """One person with relatives; the look is written down before the answer."""
        who = principal()
        row = ask.person(desk, who, person)
        told, people = whole(desk, who, row)
        front.looks.note(who, people, "registry/people", row["branch"], ground_of(who))
        return thing(told, row["revision"])

    _add_changes(bp, front)
    add_keeping(bp, front)
    return bp


def _add_changes(bp: Blueprint, front: Front) -> None:
    """Holding and releasing."""

    @bp.route("/<id:person>/hold", methods=["POST"])
    @needs(Role.INSPECTOR, Role.ADMINISTRATOR)
    @bp.arguments(HoldSchema)
    @bp.response(200)
    def hold(body: dict[str, Any], person: str) -> Response:
        """Put a legal hold on a person: nothing of them can be erased."""
        return _held(front, person, body["ground"])

    @bp.route("/<id:person>/release", methods=["POST"])
    @needs(Role.INSPECTOR, Role.ADMINISTRATOR)
    @bp.arguments(NothingSchema, required=False)
    @bp.response(200)
    def release(_body: dict[str, Any], person: str) -> Response:
        """Release the legal hold."""
        return _held(front, person, "")


def _held(front: Front, person: str, ground: str) -> Response:
    who, revision = principal(), if_match(request)

    def work(unit: Any) -> Answered:
        return Answered(200, person, hold_person(unit, who, person, revision, ground)["revision"])

    done = front.once.post(work)
    return thing(person_shown(ask.person(front.desk, who, person)), done.revision)
