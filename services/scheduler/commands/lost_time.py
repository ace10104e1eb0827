"""The time a restored backup does not know: what was decided in it must not be decided a second time.

Others' events of that time are handled again, and on the way they pass through states that are long over: a child who was in
hospital at noon and home by evening. So what follows from such an event for visits waits until all of them are known again,
and then follows once, from how things stand.
"""

from datetime import timedelta
from typing import Any

from services.scheduler import store
from services.scheduler.commands.desk import Desk
from services.scheduler.model.rhythm import rank
from shared.events import Event
from shared.units import Unit, timers

Doc = dict[str, Any]
SETTLED_AFTER = timedelta(minutes=15)
"""A queue of some hundred thousand events is handled by then; what comes later only waits once more."""


def due_timer(visit: str) -> str:
    """The timer of a look-in's promise."""
    return f"look_in_due:{visit}"


def handled_before(unit: Unit, desk: Desk) -> Event | None:
    """The event in hand when it is of the lost time, so that it may have been handled once. None for a timer's work."""
    event = unit.handling
    return event if desk.lost is not None and event is not None and desk.lost.holds(event) else None


def put_off(unit: Unit, desk: Desk, what: str, thing: str) -> bool:
    """Whether what follows for this thing's visits is to wait; `settling` then sees to it."""
    if handled_before(unit, desk) is None:
        return False
    rows, key = unit.collection(store.TO_SETTLE), f"{what}:{thing}"
    if rows.find_one({"_id": key}) is None:
        rows.insert({"_id": key, "what": what, "thing": thing})
    if unit.collection(timers.NAME).find_one({"_id": "settle"}) is None:
        timers.set_timer(unit, "settle", desk.now() + SETTLED_AFTER, timer_id="settle")
    return True


def planned_since(unit: Unit, desk: Desk, household: str) -> bool:
    """Whether a household's care was planned after the event in hand was told, in the lost time: it was reckoned with."""
    event = handled_before(unit, desk)
    if event is None:
        return False
    wanted = {"household": household, "kind": "care", "again": {"$exists": False}, "_id": {"$gt": event.id}}
    return unit.collection(store.VISITS).find_one(wanted, projection=["_id"]) is not None


def lay(unit: Unit, month: str, household: str) -> None:
    """Remember that this household's month was planned."""
    rows, key = unit.collection(store.LAID), f"{month}|{household}"
    if rows.find_one({"_id": key}) is None:
        rows.insert({"_id": key, "month": month, "household": household})


def laid(unit: Unit, month: str) -> set[str]:
    """The households whose month was planned in the lost time. Forgotten with this."""
    rows = unit.collection(store.LAID)
    found = {row["household"] for row in rows.find({"month": month})}
    if found:
        rows.delete_any({"month": month})
    return found


def forget_planned_months(unit: Unit) -> None:
    """Keep only what is laid of the months from the first whose planning is set: those before are not planned again."""
    pending = [row["payload"]["month"] for row in unit.collection(timers.NAME).find({"name": "plan_month"})]
    unit.collection(store.LAID).delete_any({"month": {"$lt": min(pending, default="9999-12")}})


def number_of(unit: Unit, event: Event) -> str:
    """The human number of an own event's household; empty for one whose own event is still to come: it gets a stub."""
    household, rows = event.data["household"], unit.collection(store.HOUSEHOLDS)
    known = rows.find_one({"_id": household}, projection=["number"])
    if known is not None:
        return str(known["number"])
    members = list(event.data.get("recipients", ()))
    state = {"members": members, "cared": members, "band": "none", "minors": False, "no_adult": False, "care": "active"}
    stub = {"_id": household, "branch": event.branch, "number": "", "rank": rank("none", False), "stub": True}
    rows.insert({**stub, **state, "since": event.day, "last_visit": ""})
    return ""


def fill_in(unit: Unit, household: str, number: str) -> None:
    """A stub's own event has come: give what was recalled for it its number."""
    for name in (store.VISITS, store.PLANS, store.UNCOVERED):
        unit.collection(name).update_any({"household": household, "number": ""}, {"$set": {"number": number}})
