"""What comes back of a restored scheduler: how each of its own events changes the document it tells of.

Applied oldest first, before anything others told: a household of the lost time is not known yet, and gets a stub that its
own event fills in. Nothing here tells, plans or asks anybody. What no event holds is lost: an unsent `looked_at` (the
stand-in is looked for again), the answers kept for repeated requests, the marks of looks.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from services.scheduler import store
from services.scheduler.commands import lost_time
from services.scheduler.commands.desk import Desk
from services.scheduler.due import TIMERS
from services.scheduler.model.visit import State, Witness
from shared.clock import from_wire
from shared.events import Event
from shared.healing.recall import Window
from shared.inbox import Handler
from shared.sealing import ERASED
from shared.sealing.errors import KeyLost
from shared.units import Unit, timers

log = structlog.get_logger()
Doc = dict[str, Any]


def planned(unit: Unit, desk: Desk, event: Event) -> None:
    """The visit stands in the plan again; a look-in with its hour, and with whom it was asked of before."""
    rows, data = unit.collection(store.VISITS), event.data
    if rows.find_one({"_id": event.subject}, projection=["_id"]) is not None:
        return
    before = rows.find_one({"household": data["household"], "next_visit": event.subject})
    visit: Doc = {"_id": event.subject, "revision": event.revision, "branch": event.branch, "state": State.PLANNED}
    visit |= {"number": lost_time.number_of(unit, event), "witness": Witness.UNKNOWN, **_where(event), **_promise(event)}
    if data["kind"] == "look_in":
        visit["tried"] = [*before["tried"], before["volunteer"]] if before else []
    elif before:
        visit["again"] = before.get("again", 0) + 1
    rows.insert(visit)
    if "due" in visit:
        _wait_until_due(unit, visit)
    elif before is None:
        lost_time.lay(unit, data["day"][:7], data["household"])


def moved(unit: Unit, desk: Desk, event: Event) -> None:
    """Another day or another visitor. A look-in is not asked again of who could not."""
    visit = _visit(unit, event)
    if visit is not None:
        tried = {"tried": [*visit["tried"], visit["volunteer"]]} if visit["kind"] == "look_in" else {}
        _put(unit, event, visit, {**_where(event), **tried, "state": State.PLANNED})


def missed(unit: Unit, desk: Desk, event: Event) -> None:
    """It did not take place; a look-in's hour is over."""
    if (visit := _visit(unit, event)) is not None:
        change = {"state": State.MISSED, "why": event.data["why"], "next_visit": event.data.get("next_visit")}
        _put(unit, event, visit, change)
        timers.cancel_timer(unit, lost_time.due_timer(event.subject))


def cancelled(unit: Unit, desk: Desk, event: Event) -> None:
    """It is not needed any more."""
    if (visit := _visit(unit, event)) is not None:
        _put(unit, event, visit, {"state": State.CANCELLED, "why": event.data["why"]})


def declined(unit: Unit, desk: Desk, event: Event) -> None:
    """The visitor cannot."""
    if (visit := _visit(unit, event)) is not None:
        _put(unit, event, visit, {"state": State.DECLINED})


def checked_in(unit: Unit, desk: Desk, event: Event) -> None:
    """The visitor is there, to the second."""
    if (visit := _visit(unit, event)) is not None:
        _put(unit, event, visit, {"state": State.CHECKED_IN, "checked_in_at": from_wire(event.data["at"])})


def completed(unit: Unit, desk: Desk, event: Event) -> None:
    """It took place. What was seen and said is sealed for the visit again; of who was erased meanwhile nothing comes back."""
    if (visit := _visit(unit, event)) is None:
        return
    change: Doc = {"state": State.COMPLETED, "at": from_wire(event.data["at"]), "minutes": event.data["minutes"]}
    for under in event.sealed():
        change |= _sealed_again(desk, event, under)
    _put(unit, event, visit, change)
    unit.collection(store.HOUSEHOLDS).update_any({"_id": visit["household"]}, {"$set": {"last_visit": visit["day"]}})


def confirmed(unit: Unit, desk: Desk, event: Event) -> None:
    """Somebody present says it took place; a dispute stays a dispute."""
    if (visit := _visit(unit, event)) is not None:
        disputed_before = visit["witness"] == Witness.DISPUTED
        _put(unit, event, visit, {"said_yes": True} | ({} if disputed_before else {"witness": Witness.CONFIRMED}))


def disputed(unit: Unit, desk: Desk, event: Event) -> None:
    """Somebody says nobody came. With the key of who said so destroyed, nobody can tell which visit it was."""
    said = _opened(desk, event, event.subject)
    rows = unit.collection(store.DISPUTES)
    if said is None or rows.find_one({"_id": event.subject}, projection=["_id"]) is not None:
        return
    at = {"visit": said["visit"], "branch": said["true_branch"], "at": from_wire(event.time)}
    rows.insert({"_id": event.subject, "revision": event.revision, **at})
    unit.collection(store.VISITS).update_any({"_id": said["visit"]}, {"$set": {"witness": Witness.DISPUTED}})


def plan_made(unit: Unit, desk: Desk, event: Event) -> None:
    """A household's plan as it was told last."""
    data = event.data
    plan = {name: data[name] for name in ("household", "rhythm", "telephone", "starts_on")}
    _put_whole(unit, event, store.PLANS, {**plan, "volunteer": data.get("volunteer")})


def not_covered(unit: Unit, desk: Desk, event: Event) -> None:
    """What stays open of a household's month."""
    row = {name: event.data[name] for name in ("household", "month", "visits", "why")}
    _put_whole(unit, event, store.UNCOVERED, row)


RECALL: Mapping[str, Callable[[Unit, Desk, Event], None]] = {
    "visit.planned.v1": planned,
    "visit.moved.v1": moved,
    "visit.missed.v1": missed,
    "visit.cancelled.v1": cancelled,
    "visit.declined.v1": declined,
    "visit.checked_in.v1": checked_in,
    "visit.completed.v1": completed,
    "visit.confirmed.v1": confirmed,
    "visit.disputed.v1": disputed,
    "plan.made.v1": plan_made,
    "care.not_covered.v1": not_covered,
}
NOTHING_TO_RECALL: frozenset[str] = frozenset()
"""The scheduler tells of nothing it does not keep."""


def recall_handlers(desk: Desk) -> dict[str, Handler]:
    """The table, bound to this process's desk."""
    return {type_: _bound(function, desk) for type_, function in RECALL.items()}


def after_recall(unit: Unit, desk: Desk, window: Window) -> None:
    """Have all that was due meanwhile wait, in its order, until what the others told in the lost time is known again."""
    settled = desk.now() + lost_time.SETTLED_AFTER
    rows = unit.collection(timers.NAME)
    due = rows.find({"name": {"$in": list(TIMERS)}, "due_at": {"$lt": settled}}, sort=[("due_at", 1), ("_id", 1)])
    for place, row in enumerate(due):
        rows.update({"_id": row["_id"]}, {"$set": {"due_at": settled + timedelta(seconds=place)}})
    lost_time.forget_planned_months(unit)


def _bound(function: Callable[[Unit, Desk, Event], None], desk: Desk) -> Handler:
    return lambda unit, event: function(unit, desk, event)


def _sealed_again(desk: Desk, event: Event, under: str) -> Doc:
    said = _opened(desk, event, under)
    return {"under": under, "sealed": desk.sealer.seal(under, store.VISITS, event.subject, said)} if said else {}


def _opened(desk: Desk, event: Event, under: str) -> Doc | None:
    """What is sealed under this id; None for who was erased, or whose key is lost: all else still comes back."""
    try:
        found = desk.sealer.open(under, "event", event.id, event.sealed()[under])
    except KeyLost:
        log.error("recalled_without_key", event=event.id, under=under)
        return None
    return None if found is ERASED else dict(found)


def _where(event: Event) -> Doc:
    names = ("household", "recipients", "volunteer", "kind", "day", "slot", "asked")
    return {name: event.data[name] for name in names}


def _promise(event: Event) -> Doc:
    if "look_in" not in event.data:
        return {}
    return {"look_in": event.data["look_in"], "due": from_wire(event.data["due"])}


def _wait_until_due(unit: Unit, visit: Doc) -> None:
    timer = lost_time.due_timer(visit["_id"])
    if unit.collection(timers.NAME).find_one({"_id": timer}) is None:
        timers.set_timer(unit, "look_in_due", visit["due"], {"visit": visit["_id"]}, timer)


def _visit(unit: Unit, event: Event) -> Doc | None:
    """The visit as it was before this event; None when it is newer already."""
    visit = unit.collection(store.VISITS).find_one({"_id": event.subject})
    if visit is None:
        log.error("recalled_without_visit", event=event.id, type=event.type)
        return None
    return visit if visit["revision"] < event.revision else None


def _put(unit: Unit, event: Event, visit: Doc, change: Doc) -> None:
    unit.collection(store.VISITS).replace({**visit, **change, "revision": event.revision}, was=visit["revision"])


def _put_whole(unit: Unit, event: Event, name: str, row: Doc) -> None:
    rows = unit.collection(name)
    known = rows.find_one({"_id": event.subject}, projection=["revision"])
    head = {"_id": event.subject, "revision": event.revision, "branch": event.branch}
    whole = {**head, "number": lost_time.number_of(unit, event), **row}
    if known is None:
        rows.insert(whole)
    elif known["revision"] < event.revision:
        rows.replace(whole, was=known["revision"])
