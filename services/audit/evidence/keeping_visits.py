"""Keeps a row for each visit, and one for each date that was put off."""

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.evidence.keeps import Keeps
from services.audit.evidence.store import MOVES, VISITS, letters
from shared.clock import county_day, from_wire
from shared.events import Event
from shared.units import Unit

Doc = dict[str, Any]
PLANNED = ("household", "volunteer", "kind", "day", "asked")
PROOFS = ("door_code", "home_call")
NOTE_LETTERS = 16
"""Shorter reports are honest: "一切都好" is what most visits have to say. Their text is not kept, not even as a mark."""


def _planned(keeps: Keeps, unit: Unit, event: Event) -> None:
    _put(unit, event, {"state": "planned", **{name: event.data[name] for name in PLANNED}})


def _moved(keeps: Keeps, unit: Unit, event: Event) -> None:
    data = event.data
    fields = {"state": "planned", **{name: data[name] for name in PLANNED}}
    _put(unit, event, fields | ({"weather": True} if data["why"] == "weather" else {}))
    _put_off(unit, event, data["from_day"], data["day"])


def _missed(keeps: Keeps, unit: Unit, event: Event) -> None:
    _put(unit, event, {"state": "missed", **{name: event.data[name] for name in ("household", "volunteer", "kind", "day")}})
    if "next_day" in event.data:
        _put_off(unit, event, event.data["day"], event.data["next_day"])


def _declined(keeps: Keeps, unit: Unit, event: Event) -> None:
    _put(unit, event, {"state": "declined"})


def _cancelled(keeps: Keeps, unit: Unit, event: Event) -> None:
    _put(unit, event, {"state": "cancelled"})


def _checked_in(keeps: Keeps, unit: Unit, event: Event) -> None:
    at = from_wire(event.data["at"])
    fields: Doc = {"state": "checked_in", "checked_in_at": at, "checked_in_event": event.id, "actor": event.actor}
    _put(unit, event, fields | _proofs(event))


def _completed(keeps: Keeps, unit: Unit, event: Event) -> None:
    data = event.data
    at = from_wire(data["at"])
    fields: Doc = {"state": "completed", "at": at, "reported": from_wire(event.time), "event": event.id, "actor": event.actor}
    fields |= {name: data[name] for name in ("household", "volunteer", "kind", "minutes", "asked")}
    _put(unit, event, fields | _proofs(event) | _note(keeps, event), first={"day": county_day(at).isoformat()})


def _confirmed(keeps: Keeps, unit: Unit, event: Event) -> None:
    word = {"by": event.data["by"], "event": event.id, "at": from_wire(event.time)}
    unit.collection(VISITS).update_any({"_id": event.subject}, {"$push": {"confirmed": word}})


def _put(unit: Unit, event: Event, fields: Doc, first: Doc | None = None) -> None:
    """Set these fields of the visit's row, or add it: its plan may be older than this service's listening.

    The first event of a thing finds no row, so that a plan's thousand visits are written together and nothing is read.
    """
    rows = unit.collection(VISITS)
    if event.revision == 1 or not rows.update_any({"_id": event.subject}, {"$set": fields}):
        rows.insert({"_id": event.subject, "state": "planned", "branch": event.branch, **(first or {}), **fields})


def _put_off(unit: Unit, event: Event, from_day: str, day: str) -> None:
    data = event.data
    row: Doc = {"_id": event.id, "visit": event.subject, "branch": event.branch, "from_day": from_day, "day": day}
    row |= {name: data[name] for name in ("household", "volunteer", "why")}
    unit.collection(MOVES).insert(row | {"at": from_wire(event.time)})


def _proofs(event: Event) -> Doc:
    """A call from the home (rule 15), and what the county switched on, if it did (docs/domain.md, rule 8)."""
    data = event.data
    proofs = {channel: event.id for channel in PROOFS if data.get(channel)}
    return ({"proofs": proofs} if proofs else {}) | ({"device": data["device"]} if "device" in data else {})


def _note(keeps: Keeps, event: Event) -> Doc:
    """The mark of a report long enough to be nobody else's words too."""
    for under in event.sealed():
        said = keeps.opened(event, under) or {}
        long = len(letters(said.get("note", "")))
        if long >= NOTE_LETTERS:
            return {"note": keeps.marks.text(said["note"]), "note_letters": long, "under": under}
    return {}


VISITS_TABLE: Mapping[str, Callable[[Keeps, Unit, Event], None]] = {
    "visit.planned.v1": _planned,
    "visit.moved.v1": _moved,
    "visit.declined.v1": _declined,
    "visit.cancelled.v1": _cancelled,
    "visit.missed.v1": _missed,
    "visit.checked_in.v1": _checked_in,
    "visit.completed.v1": _completed,
    "visit.confirmed.v1": _confirmed,
}
