"""Keeps the rows that evidence is made of, from the events the audit service hears. Handlers only: no effect outside.

What a family answered stays sealed under its own record, found again by a mark only: neither a copy of this database nor a
branch's reader learns who answered. Nothing is opened for a person here: a service's own work is no look (docs/privacy.md).
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.evidence.keeping_people import PEOPLE_TABLE
from services.audit.evidence.keeping_visits import VISITS_TABLE
from services.audit.evidence.keeps import Keeps
from services.audit.evidence.store import SAID, VISITS
from services.audit.store import ENTRIES
from shared.clock import from_wire
from shared.events import Event
from shared.inbox import Handler
from shared.units import Unit

Doc = dict[str, Any]
Keep = Callable[[Keeps, Unit, Event], None]


def keeping(keeps: Keeps | None) -> tuple[tuple[str, Handler], ...]:
    """Type -> function, bound to what the functions work with (None where only the types are asked for)."""
    return tuple((type_, _bound(keep, keeps)) for type_, keep in TABLE.items())


def _bound(keep: Keep, keeps: Keeps | None) -> Handler:
    def run(unit: Unit, event: Event) -> None:
        if keeps is not None:
            keep(keeps, unit, event)

    return run


def _answered(keeps: Keeps, unit: Unit, event: Event) -> None:
    """A family answered about a visit: kept sealed, with the seconds since the question reached the phone."""
    inner = keeps.opened(event, event.subject)
    if inner is None or "visit" not in inner:
        return
    said: Doc = {"what": "answer", "visit": inner["visit"], "meaning": inner["meaning"]}
    if "message" in inner and (asked := _asked_at(unit, inner["message"])):
        said["seconds"] = max(0, int((from_wire(event.time) - from_wire(asked)).total_seconds()))
    _hear(keeps, unit, event, said)


def _disputed(keeps: Keeps, unit: Unit, event: Event) -> None:
    """Somebody present said that nobody came."""
    inner = keeps.opened(event, event.subject)
    if inner is not None:
        _hear(keeps, unit, event, {"what": "dispute", "visit": inner["visit"]})


def _hear(keeps: Keeps, unit: Unit, event: Event, said: Doc) -> None:
    visit = unit.collection(VISITS).find_one({"_id": said["visit"]}) or {}
    said |= {name: visit[name] for name in ("volunteer", "household", "branch") if name in visit}
    row: Doc = {"_id": event.subject, "mark": keeps.marks.thing("visit", said["visit"]), "event": event.id}
    row |= {"at": from_wire(event.time), "sealed": keeps.sealer.seal(event.subject, SAID, event.subject, said)}
    if "volunteer" in said:
        row["whose"] = keeps.marks.thing("volunteer", said["volunteer"])
    unit.collection(SAID).insert(row)


def _asked_at(unit: Unit, message: str) -> str:
    """When the question had reached the phone, as the log has it; the hand-over where no receipt came. Empty when unknown."""
    wanted = {"about": message, "type": {"$in": ["message.delivered.v1", "message.submitted.v1"]}}
    found = {row["type"]: row["time"] for row in unit.collection(ENTRIES).find(wanted, projection=["type", "time"])}
    return str(found.get("message.delivered.v1") or found.get("message.submitted.v1") or "")


TABLE: Mapping[str, Keep] = {
    **VISITS_TABLE,
    **PEOPLE_TABLE,
    "answer.received.v1": _answered,
    "visit.disputed.v1": _disputed,
}
