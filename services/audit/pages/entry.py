"""/pages/audit/entries/<index>: one entry, and "prove it": the proof made, checked here, and said in plain words."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from services.audit.api.entries import proof_file, shown_proof
from services.audit.export.proving import DoesNotHold, prove
from services.audit.export.qr import svg_of
from services.audit.front import Front
from services.audit.model.note import to_base64
from services.audit.model.paper import to_paper
from services.audit.pages.explorer import READERS
from services.audit.pages.lines import Lines
from services.audit.unsealing import REASONS
from shared.access import Role
from shared.errors import Busy, Refused
from shared.http import needs, principal

Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The views of one entry."""
    bp, lines = Blueprint("entry_pages", __name__, url_prefix="/pages/audit"), Lines(front.queries)

    @bp.get("/entries/<int:index>")
    @needs(*READERS)
    def entry(index: int) -> str:
        who = principal()
        row = front.queries.entry(who, index)
        reason = request.args.get("reason", "")
        if reason and reason not in REASONS:
            raise Refused.field("reason", "not_a_choice", "is no reason", "choose one of the list")
        parts = front.unsealing.opened(row, who, reason) if reason else front.unsealing.closed(row)
        return render_template(
            "audit/entry.html",
            row=row,
            parts=[(part, lines.fields(row, part)) for part in parts],
            what=lines.what(row),
            data=lines.data(row),
            who=lines.who(row),
            place=front.queries.places([row.get("branch", "")]).get(row.get("branch", ""), ""),
            reasons=[(each, lines.word("reason", each)) for each in REASONS],
            may_open=who.role is Role.INSPECTOR and bool(parts) and not reason,
            raw=bytes(row["body"]).decode("utf-8", "replace"),
        )

    _add_proofs(bp, front, lines)
    _add_ways_there(bp, front)
    return bp


def _add_proofs(bp: Blueprint, front: Front, lines: Lines) -> None:
    """The proof on the page, as a file and on paper."""

    @bp.get("/entries/<int:index>/proof/part")
    @needs(*READERS)
    def proof(index: int) -> str:
        row = front.queries.entry(principal(), index)
        return render_template("audit/proof.html", index=index, **_proven(front, row))

    @bp.get("/entries/<int:index>/proof")
    @needs(*READERS)
    def download(index: int) -> Response:
        return proof_file(prove(front.queries.entry(principal(), index), front.queries.vouching(index), front.folder))

    @bp.get("/entries/<int:index>/paper")
    @needs(*READERS)
    def paper(index: int) -> str:
        row = front.queries.entry(principal(), index)
        proven = prove(row, front.queries.vouching(index), front.folder)
        place = front.queries.places([row.get("branch", "")]).get(row.get("branch", ""), "")
        shown = {"leaf": to_base64(proven.leaf), "root": to_base64(proven.checkpoint.root)}
        shown["code"] = Markup(svg_of(to_paper(proven.leaf, proven.proof)))
        return render_template("audit/paper.html", row=row, what=lines.what(row), place=place, proven=proven, **shown)


def _add_ways_there(bp: Blueprint, front: Front) -> None:
    """From an event, or a thing and its revision, to the entry."""

    @bp.get("/events/<id:event>")
    @needs(*READERS)
    def of_event(event: str) -> AnyResponse:
        return _there(front.queries.entry_of_event(principal(), event))

    @bp.get("/things/<id:subject>/<int:revision>")
    @needs(*READERS)
    def of_thing(subject: str, revision: int) -> AnyResponse:
        return _there(front.queries.entry_of_thing(principal(), subject, revision))


def _there(row: Doc) -> AnyResponse:
    return redirect(f"/pages/audit/entries/{row['_id']}", 303)


def _proven(front: Front, row: Doc) -> Doc:
    """What the part shows: the proof, or that it is not signed yet, or that it does not hold."""
    try:
        return {"state": "verified", "proof": shown_proof(prove(row, front.queries.vouching(row["_id"]), front.folder))}
    except Busy:
        return {"state": "not_yet"}
    except DoesNotHold as error:
        return {"state": "broken", "why": error.message}
