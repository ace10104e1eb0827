"""/duty: the page for the person on duty. Any service draws the frame; each draws its own part, asked for every five seconds.

A part that is asked again keeps what the reader has opened: an open event is left alone (hx-preserve) until it is settled.
"""

import hashlib
import json
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from shared.duty.desk import ON_DUTY, DutyDesk
from shared.duty.figures import code_of
from shared.duty.releases import DECISIONS
from shared.duty.verdict import findings
from shared.duty.words import DUTY_WORDS, reason_word
from shared.errors import Conflict, NotFound
from shared.http.roles import needs
from shared.ids import new_id

Doc = dict[str, Any]
PAGE = "/duty"
PARKED_SHOWN, WAITING_SHOWN = 50, 20
SECONDS = ((86_400, "%(n)s 天"), (3_600, "%(n)s 小时"), (60, "%(n)s 分钟"))


def blueprint(desk: DutyDesk) -> Blueprint:
    """The views of one service."""
    bp = Blueprint("duty_pages", __name__)
    own = f"/pages/{desk.service}/duty"

    @bp.get(PAGE)
    @needs(*ON_DUTY)
    def page() -> str:
        desk.on_duty()
        done = request.args.get("done", "")
        return render_template("duty/page.html", services=desk.services, done=done if done in DUTY_WORDS["released"] else "")

    @bp.get(f"{own}/part")
    @needs(*ON_DUTY)
    def part() -> str:
        desk.on_duty()
        figures = desk.reader.read()
        return render_template(
            "duty/part.html",
            own=own,
            figures=figures,
            findings=findings(figures),
            parked=[_shown(row) for row in desk.held.parked(PARKED_SHOWN)],
            waiting=[_shown(row) for row in desk.held.waiting(WAITING_SHOWN)],
            span=span,
        )

    @bp.get(f"{own}/held/<string:event>/part")
    @needs(*ON_DUTY)
    def event_part(event: str) -> str:
        desk.on_duty()
        told = desk.held.one(event)["event"]
        text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, indent=2)
        return render_template("duty/event.html", text=text)

    @bp.post(f"{own}/held/<string:event>/<any({','.join(DECISIONS)}):decision>")
    @needs(*ON_DUTY)
    def release(event: str, decision: str) -> Response:
        who = desk.on_duty()
        try:
            desk.releases.release(event, decision, who.account)
        except (Conflict, NotFound):
            decision = "gone"
        return redirect(f"{PAGE}?done={decision}#duty-{desk.service}", 303)

    return bp


def span(seconds: int) -> str:
    """A length of time in the reader's language, rounded down to one unit."""
    for unit, words in SECONDS:
        if seconds >= unit:
            return str(gettext(words, n=seconds // unit))
    return str(gettext("%(n)s 秒", n=seconds))


def _shown(row: Doc) -> Doc:
    """A held row for the page. `stamp` changes with its content, so that an open one is kept only while it still is true."""
    stamp = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]
    reason = row.get("reason", "")
    return row | {"stamp": stamp, "code": code_of(reason), "reason_word": reason_word(reason), "key": new_id()}
