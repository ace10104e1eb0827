"""/pages/audit/completeness: is everything in the log that was told, and is it still what was signed? Source by source."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template

from services.audit.front import Front
from services.audit.log.logbook import FREE_FLOOR
from services.audit.pages.explorer import READERS
from services.audit.queries import WHOLE_COUNTY
from shared.duty.heartbeats import Heard, Heartbeats
from shared.http import needs, principal

MOST_HOLES = 20
LITTLE_FREE = 16 * FREE_FLOOR
"""From here on somebody should make room (deploy/observability, LogDiskFills)."""
Doc = dict[str, Any]


def blueprint(front: Front) -> Blueprint:
    """The page."""
    bp = Blueprint("completeness_pages", __name__)
    heartbeats = Heartbeats(front.runtime.database, front.runtime.machine_clock)

    @bp.get("/pages/audit/completeness")
    @needs(*READERS)
    def completeness() -> str:
        row, seen, queries = front.queries.state(), front.queries.seen(), front.queries
        beats = {beat.service: beat for beat in heartbeats.latest()}
        whole = principal().role in WHOLE_COUNTY
        return render_template(
            "audit/completeness.html",
            log=row,
            seen=seen,
            sources=[_source(each, beats, row["counts"]) for each in seen.get("sources", ())],
            holes=queries.holes(),
            first_holes=queries.first_holes(MOST_HOLES) if whole else [],
            little_room=seen.get("free", LITTLE_FREE) < LITTLE_FREE,
        )

    return bp


def _source(row: Doc, beats: Mapping[str, Heard], counts: Mapping[str, int]) -> Doc:
    """One source in one line: how far it is complete, what differs, and what of it is still on its way."""
    beat = beats.get(row["source"])
    return {
        **row,
        "logged": counts.get(row["source"], 0),
        "silent": beat is not None and beat.silent,
        "oldest": None if beat is None or beat.silent else beat.oldest_seconds,
    }
