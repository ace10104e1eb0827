"""/pages/audit/log: the log as its readers see it, newest first; and a person's entries as part of the person's page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from services.audit.front import Front
from services.audit.pages.lines import Lines, chosen
from services.audit.queries import WHOLE_COUNTY, hidden_types
from services.audit.search import Wanted
from shared.access import Principal, Role
from shared.clock import at_county, to_wire
from shared.errors import Refused
from shared.events import catalogue
from shared.http import needs, principal
from shared.ids import is_id
from shared.pages.listing import listing

READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
Doc = dict[str, Any]
HERE = "/pages/audit/log"


def blueprint(front: Front) -> Blueprint:
    """The views of the log."""
    bp, lines = Blueprint("log_pages", __name__), Lines(front.queries)

    @bp.get(HERE)
    @needs(*READERS)
    def explorer() -> str:
        who, asked = principal(), _asked()
        search = _wanted(front, asked)
        rows, following = listing(
            front.cursors,
            "log",
            search.words(),
            lambda after: front.queries.entries(who, search, after),
            search.position,
            asked=asked,
        )
        return render_template(
            "audit/log.html",
            lines=lines.of(rows),
            asked=asked,
            following=following,
            first=f"{HERE}?{urlencode(asked)}" if request.args.get("cursor") else "",
            types=chosen((name, lines.word("event", name)) for name in sorted(_types(who))),
            branches=chosen(front.queries.branches(who)),
            path=search.branch,
            place=front.queries.places([search.branch]).get(search.branch, search.branch),
            may_export=who.role in WHOLE_COUNTY,
            **_state(front, who),
        )

    @bp.get("/pages/audit/log/state/part")
    @needs(*READERS)
    def state() -> str:
        return render_template("audit/state.html", **_state(front, principal()))

    @bp.get("/pages/audit/person/<id:person>/part")
    @needs(*READERS)
    def person(person: str) -> str:
        without = [noun for noun in request.args.get("without", "").split(",") if noun]
        rows = front.queries.about_person(principal(), person, without)
        return render_template("audit/person.html", lines=lines.of(rows))

    return bp


def _asked() -> dict[str, str]:
    names = ("type", "subject", "about", "branch", "actor", "first_day", "last_day")
    return {name: request.args[name].strip() for name in names if request.args.get(name, "").strip()}


def _wanted(front: Front, asked: dict[str, str]) -> Wanted:
    """The search; raises Refused for what is no id and no day."""
    if "subject" in asked and not is_id(asked["subject"]):
        raise Refused.field("subject", "wrong_kind", "is no id", "copy it from an entry")
    first = _instant(asked.get("first_day", ""), 0)
    last = _instant(asked.get("last_day", ""), 1)
    rest = {name: asked[name] for name in ("type", "subject", "actor") if name in asked}
    about = front.queries.thing_of(asked.get("about", ""))
    return Wanted(**rest, about=about, branch=front.queries.path_of(asked.get("branch", "")), first=first, last=last)


def _instant(day: str, later: int) -> str:
    if not day:
        return ""
    try:
        return to_wire(at_county(date.fromisoformat(day) + timedelta(days=later), 0))
    except (ValueError, OverflowError):
        raise Refused.field("day", "wrong_kind", "is no day", "write it as 2026-09-01") from None


def _types(who: Principal) -> list[str]:
    hidden = [] if who.role in WHOLE_COUNTY else hidden_types()
    return [name for name in catalogue() if name not in hidden]


def _state(front: Front, who: Principal) -> Doc:
    """The log's figures. Counts of odd entries only for those who may see what they are."""
    row, now = front.queries.state(), front.runtime.machine_clock.now()
    signed_at: datetime | None = row["signed_at"]
    age = None if signed_at is None else (now - signed_at.astimezone(UTC)).total_seconds()
    return {
        "log": row,
        "age": None if age is None else max(0, int(age)),
        "witnessed": front.queries.witnessed(now),
        "holes": front.queries.holes(),
        "odd": front.queries.odd() if who.role in WHOLE_COUNTY else 0,
        "counts": sorted(row["counts"].items()),
    }
