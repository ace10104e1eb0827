"""/pages/audit/concerns: what must not be forgotten, at the level that can act; closed with a word."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as AnyResponse

from services.audit.api.concerns import ACTORS, READERS
from services.audit.front import Front
from services.audit.model.concern import RULES, WORDS
from services.audit.pages.lines import Lines, chosen
from services.audit.queries import WHOLE_COUNTY
from shared.clock import county_day
from shared.errors import BadRequest
from shared.events.audit import CONTRADICTIONS
from shared.http import Answered, by_id, needs, principal
from shared.ids import new_id
from shared.pages.listing import listing
from shared.sealing import KeyLost

Doc = dict[str, Any]
MOST_OF_A_PART = 8
OF_A_VISIT = ("disputed", "answers_differ")
HERE = "/pages/audit/concerns"
OF_A_VOLUNTEER = ("two_places", "burst", "copied_report", "quick_answers")
"""What a concern of these kinds is about; the last ones may be about a branch, when several volunteers did it."""


def blueprint(front: Front) -> Blueprint:
    """The views of concerns."""
    bp, lines = Blueprint("concern_pages", __name__, url_prefix=HERE), Lines(front.queries)

    @bp.get("")
    @needs(*READERS)
    def listed() -> str:
        who = principal()
        asked = {name: request.args[name] for name in ("branch", "kind", "state") if request.args.get(name)}
        branch, closed = front.queries.path_of(asked.get("branch", "")), asked.get("state") == "closed"
        wanted = (branch, asked.get("kind", ""), closed)
        rows, following = listing(
            front.cursors, "concern_pages", asked, lambda after: front.queries.concerns(who, *wanted, *after), by_id
        )
        return render_template(
            "audit/concerns.html",
            items=_items(front, lines, rows),
            asked=asked,
            closed=closed,
            following=following,
            kinds=chosen((kind, lines.word("concern", kind)) for kind in RULES),
            closings=[(word, lines.word("closing", word)) for word in WORDS],
            may_close=who.role in ACTORS,
            sees_hidden=who.role in WHOLE_COUNTY,
            done=request.args.get("done", ""),
        )

    @bp.get("/part")
    @needs(*READERS)
    def part() -> str:
        branch = front.queries.path_of(request.args.get("branch", ""))
        rows = front.queries.concerns(principal(), branch, "", False, most=MOST_OF_A_PART)
        today = county_day(front.runtime.county_clock.now()).isoformat()
        found = {(item["kind"], item["number"], item["said"]): item for item in _items(front, lines, rows)}
        items = sorted(found.values(), key=lambda item: (item["due"] or "9999", item["what"]))
        return render_template("audit/concerns_part.html", items=items, today=today)

    @bp.post("/<id:concern>/closure")
    @needs(*ACTORS)
    def close(concern: str) -> AnyResponse:
        who, word, was = principal(), request.form.get("word", ""), _revision()
        front.once.post(lambda unit: Answered(303, concern, front.concerns.close_by_hand(unit, concern, word, who, was)))
        return redirect("/pages/audit/concerns?done=yes", 303)

    return bp


def _revision() -> int:
    given = request.form.get("revision", "")
    if not given.isdecimal() or len(given) > 9:
        raise BadRequest("the form is of another page: load it again")
    return int(given)


def _items(front: Front, lines: Lines, rows: list[Doc]) -> list[Doc]:
    """Concerns in words: what, where, whom, since when, and the entry that shows it."""
    opened = [_opened(front, row) for row in rows]
    places = front.queries.places([row["branch"] for row in rows] + [row.get("place", "") for row in opened])
    whom = [row["shown"].get("household") or row.get("about", "") for row in opened]
    numbers = front.queries.numbers(whom)
    entries = front.queries.indexes_of([event for row in opened for event in (row.get("cause", ""), *row.get("shows", ()))])
    return [_item(lines, row, places, numbers.get(thing), entries) for row, thing in zip(opened, whom, strict=True)]


def _opened(front: Front, row: Doc) -> Doc:
    try:
        return front.concerns.opened(row)
    except KeyLost:
        return {**row, "lost": True}


def _item(lines: Lines, row: Doc, places: dict[str, str], number: tuple[str, str] | None, entries: dict[str, int]) -> Doc:
    person = number[1] if number else ""
    return {
        "more": _more(row),
        "id": row["_id"],
        "kind": row["kind"],
        "what": lines.word("concern", row["kind"]),
        "level": row["level"],
        "where": places.get(row.get("place", "")) or places.get(row["branch"], ""),
        "number": number[0] if number else "",
        "href": f"/pages/registry/people/{person}" if person else f"/pages/audit/concerns#c-{row['_id']}",
        "at": row["raised_at"],
        "due": row.get("due", ""),
        "times": row["times"],
        "entry": entries.get(row.get("cause", "")),
        "shows": [entries[event] for event in row.get("shows", ()) if event in entries],
        "said": _said(lines, row),
        "revision": row["revision"],
        "closed_at": row.get("closed_at"),
        "why": _why(lines, row.get("why", "")),
        "hidden": bool(row.get("hidden")),
        "key": new_id(),
    }


def _more(row: Doc) -> str:
    """Where who looks into it reads on: the evidence of the visit, or the volunteer's page; empty for other kinds."""
    about, kind = row.get("about", ""), row["kind"]
    if about and kind in OF_A_VISIT:
        return f"/pages/audit/visits/{about}"
    of_volunteer = kind in OF_A_VOLUNTEER and about and about != row.get("place", "").rsplit("/", 1)[-1]
    return f"/pages/registry/volunteers/{about}" if of_volunteer else ""


def _why(lines: Lines, why: str) -> str:
    return lines.word("event" if why.endswith(".v1") else "closing", why) if why else ""


def _said(lines: Lines, row: Doc) -> str:
    """The few open words that say more."""
    shown, found = row["shown"], []
    kinds = {"not_covered": "uncovered", "missed": "cause", "look_in_overdue": "cause", "unreachable": "contact"}
    kinds |= {"log_contradicted": "contradicted"}
    for name in ("month", "day", "why", "next_day", "event_type", "reason", "service"):
        if name in shown:
            kind = {"why": kinds.get(row["kind"], ""), "event_type": "event", "service": "service"}.get(name, "")
            found.append(lines.word(kind, str(shown[name])) if kind else str(shown[name]))
    if row["kind"] in CONTRADICTIONS and "count" in shown:
        found.append(str(gettext("共 %(n)s 处", n=shown["count"])))
    return " · ".join(found)
