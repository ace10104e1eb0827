"""/pages/audit/exports: take the log, or a part of it, away as a file; agree to what somebody else asked for; the verifier."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from services.audit.api.exports import READERS, bundle_answer
from services.audit.commands.exports import agree, export_log
from services.audit.export.selecting import selection_of
from services.audit.export.single_file import single_file
from services.audit.front import Front
from services.audit.model.selection import THING, Selection
from services.audit.pages.lines import chosen
from shared.access import Principal
from shared.errors import Refused
from shared.http import Answered, needs, principal
from shared.ids import is_id, new_id

Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The views of exports."""
    bp = Blueprint("export_pages", __name__, url_prefix="/pages/audit/exports")

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        who = principal()
        return render_template(
            "audit/exports.html",
            items=_items(front, who),
            branches=chosen(front.queries.branches(who)),
            key=new_id(),
            done=request.args.get("done", ""),
        )

    @bp.post("")
    @needs(*READERS)
    def make() -> AnyResponse:
        who, asked = principal(), _asked(front)
        front.once.post(lambda unit: Answered(303, export_log(unit, who, front.runtime, asked)["_id"], 1))
        done = "asked" if asked and asked.kind == THING else "made"
        return redirect(f"/pages/audit/exports?done={done}", 303)

    @bp.post("/<id:export>/agreement")
    @needs(*READERS)
    def agreement(export: str) -> AnyResponse:
        who = principal()
        front.once.post(lambda unit: Answered(303, export, agree(unit, export, who, front.runtime.home)))
        return redirect("/pages/audit/exports?done=agreed", 303)

    @bp.get("/<id:export>/bundle")
    @needs(*READERS)
    def bundle(export: str) -> Response:
        return bundle_answer(front, export)

    @bp.get("/verify.py")
    @needs(*READERS)
    def verifier() -> Response:
        answer = Response(single_file(), content_type="text/x-python; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
        return answer

    return bp


def _asked(front: Front) -> Selection | None:
    """What the form asks for; None for the whole log. Raises Refused for what is no day and no known number."""
    form = {name: request.form.get(name, "").strip() for name in ("branch", "thing", "first_day", "last_day")}
    if not any(form.values()):
        return None
    thing = front.queries.thing_of(form["thing"])
    if thing and not is_id(thing):
        raise Refused.field("thing", "wrong_kind", "is no known number", "copy it from a person's page or an entry")
    for name in ("first_day", "last_day"):
        _check_day(name, form[name])
    return selection_of(front.queries.path_of(form["branch"]), thing, form["first_day"], form["last_day"])


def _check_day(field: str, day: str) -> None:
    try:
        right = not day or date.fromisoformat(day).isoformat() == day
    except ValueError:
        right = False
    if not right:
        raise Refused.field(field, "wrong_kind", "is no day", "write it as 2026-09-01")


def _items(front: Front, who: Principal) -> list[Doc]:
    """The latest exports in words: what each holds, and what this account may do with it."""
    rows = front.queries.exports()
    places = front.queries.places(row["part"]["of"] for row in rows if row.get("part", {}).get("kind") == "branch")
    numbers = front.queries.numbers(row["part"]["of"] for row in rows if row.get("part", {}).get("kind") == "thing")
    return [_item(row, who, places, numbers) for row in rows]


def _item(row: Doc, who: Principal, places: dict[str, str], numbers: dict[str, tuple[str, str]]) -> Doc:
    part = row.get("part", {"kind": "whole", "of": "", "from": "", "to": ""})
    of = places.get(part["of"], "") or numbers.get(part["of"], ("",))[0] or part["of"]
    agreed = row.get("agreed", True)
    return {
        "id": row["_id"],
        "kind": part["kind"],
        "of": of,
        "first_day": part["from"],
        "last_day": part["to"],
        "at": row["at"],
        "size": row["size"],
        "complete": [each for each in row.get("complete", ()) if each["through"]],
        "agreed": agreed,
        "may_agree": not agreed and row["by"] != who.account,
        "key": new_id(),
    }
