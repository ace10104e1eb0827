"""Brings inspections and findings of a restored audit service back, each from the events that told them.

The report's file is not among them: it lies on disk too (report/keeping.py).
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from services.audit.inspections import steps
from services.audit.inspections.answering import Findings, person_of, remind_of_answer
from services.audit.inspections.inspecting import remind_of_draw
from services.audit.inspections.population import member_of
from services.audit.inspections.rows import FINDINGS, INSPECTIONS
from services.audit.store import ENTRIES
from services.audit.verifier.entry import read_entry
from shared.clock import from_wire
from shared.events import Event
from shared.sealing import Sealer
from shared.units import Unit

Doc = dict[str, Any]


class Desk(Protocol):
    """As much of the desk of recalling as is needed here."""

    @property
    def sealer(self) -> Sealer: ...

    @property
    def findings(self) -> Findings: ...


def _opened(desk: Desk, unit: Unit, event: Event) -> None:
    rows, data = unit.collection(INSPECTIONS), event.data
    if rows.find_one({"_id": event.subject}, projection=["_id"]) is not None:
        return
    row: Doc = {"_id": event.subject, "revision": 1, "branch": data["scope"], "state": steps.OPENED, "by": event.actor}
    row |= {name: data[name] for name in ("first_day", "last_day", "commitment", "rule")}
    rows.insert(row | {"opened_at": from_wire(event.time), "event": event.id, "checks": {}})


def _anchored(desk: Desk, unit: Unit, event: Event) -> None:
    at = from_wire(event.time)
    anchor = {name: event.data[name] for name in ("origin", "size", "root", "witnesses")}
    if _change(unit, INSPECTIONS, event, {"state": steps.ANCHORED, "anchor": {**anchor, "note": b"", "at": at}}):
        remind_of_draw(unit, event.subject, at)


def _drawn(desk: Desk, unit: Unit, event: Event) -> None:
    data = event.data
    shares = [dict(zip(("stratum", "members", "drawn"), line.split("|"), strict=True)) for line in data["shares"]]
    shares = [{**share, "members": int(share["members"]), "drawn": int(share["drawn"])} for share in shares]
    strata = [share["stratum"] for share in shares for _ in range(share["drawn"])]
    change: Doc = {name: data[name] for name in ("secret", "population", "digest")}
    sample = [_member(unit, id, stratum) for id, stratum in zip(data["sample"], strata, strict=True)]
    change |= {"state": steps.DRAWN, "shares": shares, "sample": sample, "drawn_at": from_wire(event.time)}
    _change(unit, INSPECTIONS, event, change)


def _checked(desk: Desk, unit: Unit, event: Event) -> None:
    said = {name: event.data[name] for name in ("result", "how")}
    check = {**said, "at": from_wire(event.time), "by": event.actor}
    _change(unit, INSPECTIONS, event, {f"checks.{event.data['drawn']}": check})


def _closed(desk: Desk, unit: Unit, event: Event) -> None:
    closed = {name: value for name, value in event.data.items() if name != "cause"}
    closed |= {"at": from_wire(event.time), "by": event.actor}
    _change(unit, INSPECTIONS, event, {"state": steps.CLOSED, "closed": closed})


def _recorded(desk: Desk, unit: Unit, event: Event) -> None:
    rows, data = unit.collection(FINDINGS), event.data
    if rows.find_one({"_id": event.subject}, projection=["_id"]) is not None:
        return
    thing = _member(unit, data["drawn"], "")
    row: Doc = {"_id": event.subject, "revision": 1, "branch": data["by_branch"], "state": steps.RECORDED, "by": event.actor}
    inspection = unit.collection(INSPECTIONS).find_one({"_id": data["inspection"]}, projection=["first_day", "last_day"]) or {}
    row |= {name: inspection.get(name, "") for name in ("first_day", "last_day")}
    row |= {name: data[name] for name in ("inspection", "drawn", "kind", "due")}
    row |= {"at": from_wire(event.time), "index": thing["index"], "person": person_of(unit, thing["about"])}
    rows.insert(row | _note(desk, event, "note"))
    remind_of_answer(unit, row)


def _answered(desk: Desk, unit: Unit, event: Event) -> None:
    change = {"state": steps.ANSWERED, "answer": event.data["answer"]}
    change |= {"answered_at": from_wire(event.time), "answered_by": event.actor}
    _change(unit, FINDINGS, event, change | _note(desk, event, "answer_note"))


def _note(desk: Desk, event: Event, name: str) -> Doc:
    """The note an event sealed, as it lies in the database; nothing for one that was erased."""
    for person, value in event.sealed().items():
        inner = desk.sealer.open(person, "event", event.id, value)
        if isinstance(inner, dict):
            return {name: desk.findings.sealed_note(event.subject, name, person, inner["note"]), "person": person}
    return {}


def _member(unit: Unit, event: str, stratum: str) -> Doc:
    """A drawn thing, from its entry."""
    row = unit.collection(ENTRIES).find_one({"key": event}, projection=["body"])
    if row is None:
        return {"id": event, "index": -1, "stratum": stratum, "branch": "", "about": "", "day": ""}
    found = member_of(row["_id"], read_entry(bytes(row["body"])), stratum)
    return {name: getattr(found, name) for name in ("id", "index", "stratum", "branch", "about", "day")}


def _change(unit: Unit, name: str, event: Event, change: Doc) -> bool:
    older = {"_id": event.subject, "revision": {"$lt": event.revision}}
    return bool(unit.collection(name).update_any(older, {"$set": {"revision": event.revision, **change}}))


RECALL: Mapping[str, Callable[[Any, Unit, Event], None]] = {
    "inspection.opened.v1": _opened,
    "inspection.anchored.v1": _anchored,
    "inspection.drawn.v1": _drawn,
    "inspection.checked.v1": _checked,
    "inspection.closed.v1": _closed,
    "finding.recorded.v1": _recorded,
    "finding.answered.v1": _answered,
}
