"""After a restore, once all is known again: what follows from how things stand, for whom the lost time's events named."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.scheduler import store
from services.scheduler.commands import following
from services.scheduler.commands.desk import Desk
from shared.units import Unit, timers

AT_ONCE = 50


def settle(unit: Unit, desk: Desk, due_at: datetime) -> int:
    """See to what was put off, 50 things at a time, and come again while there are more. Returns how many."""
    rows = unit.collection(store.TO_SETTLE)
    found = rows.find({}, sort=[("_id", 1)], limit=AT_ONCE)
    for row in found:
        SETTLED[row["what"]](unit, desk, row["thing"])
    rows.delete_any({"_id": {"$in": [row["_id"] for row in found]}})
    if len(found) == AT_ONCE:
        timers.set_timer(unit, "settle", due_at, timer_id="settle")
    return len(found)


def _household(unit: Unit, desk: Desk, household: str) -> None:
    row = unit.collection(store.HOUSEHOLDS).find_one({"_id": household})
    if row is not None and row["care"] != "active":
        following.let_go(unit, row)


def _volunteer(unit: Unit, desk: Desk, volunteer: str) -> None:
    row = unit.collection(store.VOLUNTEERS).find_one({"_id": volunteer})
    if row is not None:
        following.withdraw(unit, desk, row)


def _pair(unit: Unit, desk: Desk, pair: str) -> None:
    household, volunteer = pair.split("|")
    if unit.collection(store.PAIRINGS).find_one({"household": household, "volunteer": volunteer}) is None:
        following.part(unit, desk, household, volunteer)


SETTLED: Mapping[str, Callable[[Unit, Desk, str], None]] = {"household": _household, "volunteer": _volunteer, "pair": _pair}
