"""Look-ins: a relative asks that somebody goes and looks, now. Promised in hours, and asked of the next when nobody went."""

from datetime import datetime
from typing import Any

from services.scheduler import store
from services.scheduler.commands import loading, lost_time, uncovered, visits
from services.scheduler.commands.desk import Desk
from services.scheduler.model.daytime import daytime_hours_after
from services.scheduler.model.people import Volunteer
from services.scheduler.model.stand_in import Found, who_looks_in
from services.scheduler.model.workload import Workload
from shared.clock import SHANGHAI, county_day
from shared.errors import NotYetKnown
from shared.ids import derived_id
from shared.units import Unit, timers

Doc = dict[str, Any]
MOST_TRIES = 4


def answer_look_in(unit: Unit, desk: Desk, ask: str, recipient: str, promised: datetime) -> Doc | None:
    """Plan a look-in for this ask at once. Raises NotYetKnown while the recipient has no household yet; None when erased.

    With nobody to send it is listed as not covered. Heard once more it changes nothing.
    """
    if unit.collection(store.VISITS).find_one({"_id": _try(ask, 0)}, projection=["_id"]) is not None:
        return None
    person = unit.collection(store.PEOPLE).find_one({"_id": recipient})
    if person is not None and person["erased"]:
        return None
    household = unit.collection(store.HOUSEHOLDS).find_one({"members": recipient})
    if household is None:
        raise NotYetKnown(recipient)
    due = promised if promised > desk.now() else daytime_hours_after(desk.now().astimezone(SHANGHAI))
    return _send(unit, desk, household, ask, due, ())


def look_in_due(unit: Unit, desk: Desk, visit_id: str) -> None:
    """The promise is over. Who checked in is there; else it is missed and asked of the next, four times in all."""
    visit = unit.collection(store.VISITS).find_one({"_id": visit_id})
    if visit is None or visit["state"] not in ("planned", "declined"):
        return
    household = unit.collection(store.HOUSEHOLDS).find_one({"_id": visit["household"]})
    instead = None
    tried = [*visit["tried"], visit["volunteer"]]
    if household is not None and household["care"] != "over" and len(tried) < MOST_TRIES:
        due = daytime_hours_after(desk.now().astimezone(SHANGHAI))
        instead = _send(unit, desk, household, visit["look_in"], due, tried, tell=False)
    visits.miss(unit, visit, "cannot" if visit["state"] == "declined" else "no_show", instead)
    if instead is not None:
        visits.plan_visits(unit, [instead])


def pass_on(unit: Unit, desk: Desk, visit: Doc) -> Doc:
    """A declined look-in goes to the next at once, with the same promise. With nobody else it stays declined until due."""
    household = unit.collection(store.HOUSEHOLDS).find_one({"_id": visit["household"]})
    tried = [*visit["tried"], visit["volunteer"]]
    day = county_day(visit["due"])
    found, load = _next(unit, household, day, tried) if household else (None, Workload())
    if found is None:
        return visit
    return visits.move(unit, {**visit, "tried": tried}, Found(found, day, load.slot(found.id, day)), "cannot")


def _send(unit: Unit, desk: Desk, household: Doc, ask: str, due: datetime, tried: Any, *, tell: bool = True) -> Doc | None:
    day = county_day(due)
    found, load = _next(unit, household, day, tried)
    if found is None:
        if not tried:
            uncovered.note(unit, household, f"{day:%Y-%m}", 1, "no_volunteer")
        return None
    more = {"_id": _try(ask, len(tried)), "kind": "look_in", "look_in": ask, "due": due, "tried": list(tried)}
    visit = visits.new_visit(desk, household, found.id, day, str(load.slot(found.id, day)), **more)
    if tell:
        visits.plan_visits(unit, [visit])
    timers.set_timer(unit, "look_in_due", due, {"visit": visit["_id"]}, lost_time.due_timer(visit["_id"]))
    return visit


def _try(ask: str, number: int) -> str:
    """The id of the visit by which an ask is answered after so many tries."""
    return derived_id(ask, str(number))


def _next(unit: Unit, household: Doc, day: Any, tried: Any) -> tuple[Volunteer | None, Workload]:
    """From the township and the household's own; from the whole county only when there is nobody."""
    own = [row["volunteer"] for row in unit.collection(store.PAIRINGS).find({"household": household["_id"]})]
    near = loading.near(unit, [loading.township_of(household["branch"])])
    near |= loading.volunteers(unit, {"_id": {"$in": own}})
    for known in (near, None):
        choice = loading.volunteers(unit, loading.COMES) if known is None else known
        load = loading.workload(unit, choice, [household["_id"]], day, day)
        left = [one for one in choice.values() if one.id not in tried]
        found = who_looks_in(store.household_of(household), own, left, day, load)
        if found is not None:
            return found, load
    return None, Workload()
