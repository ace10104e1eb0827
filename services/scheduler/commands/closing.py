"""Closes a day: what was not reported is missed and gets a new day, what was declined finds a stand-in.

For the whole county at one hour and in order of human number, so that nothing depends on who said what first.
"""

from datetime import date, datetime, timedelta
from typing import Any

from services.scheduler import store
from services.scheduler.commands import loading, visits
from services.scheduler.commands.desk import ACTOR, Desk
from services.scheduler.model.people import Volunteer
from services.scheduler.model.stand_in import WITHIN_DAYS, Found, following, new_day, stand_in
from shared.clock import at_county
from shared.units import Unit, timers

Doc = dict[str, Any]
CLOSE_HOUR, CLOSE_MINUTE = 18, 30
VISITS_AT_ONCE = 80
MOST_AGAIN = 2
ORDER = [("number", 1), ("day", 1), ("kind", 1), ("_id", 1)]


def set_day_timer(unit: Unit, day: date) -> None:
    """Have this day closed at 18:30, unless a closing is set already."""
    if unit.collection(timers.NAME).find_one({"name": "close_day"}) is None:
        due_at = at_county(day, CLOSE_HOUR, CLOSE_MINUTE)
        timers.set_timer(unit, "close_day", due_at, {"day": day.isoformat()}, f"close_day:{day}")


def close_day(unit: Unit, desk: Desk, day: date, due_at: datetime) -> int:
    """Close up to 80 visits, and come again at once while there are more, else tomorrow. Returns how many were closed."""
    rows = _to_close(unit, day)
    gone = unit.collection(store.HOUSEHOLDS).find({"_id": {"$in": [row["household"] for row in rows]}})
    office = _Office(unit, desk, day, rows, {row["_id"]: row for row in gone})
    for row in rows:
        office.close(row)
    office.write()
    if rows:
        timers.set_timer(unit, "close_day", due_at, {"day": day.isoformat()}, f"close_day:{day}")
    else:
        set_day_timer(unit, day + timedelta(days=1))
    return len(rows)


def _to_close(unit: Unit, day: date) -> list[Doc]:
    """Not reported by now; declined for a later day and not looked at today; checked in yesterday and never reported."""
    today = day.isoformat()
    routine = {"kind": {"$ne": "look_in"}}
    wanted = [
        {**routine, "state": {"$in": ["planned", "declined"]}, "day": {"$lte": today}},
        {**routine, "state": "declined", "day": {"$gt": today}, "looked_at": {"$ne": today}},
        {"state": "checked_in", "day": {"$lt": today}},
    ]
    return unit.collection(store.VISITS).find({"$or": wanted}, sort=ORDER, limit=VISITS_AT_ONCE)


class _Office:
    """The evening's work on one batch: one load of volunteers, kept up to date while new days are given out."""

    def __init__(self, unit: Unit, desk: Desk, day: date, rows: list[Doc], households: dict[str, Doc]) -> None:
        self._unit, self._desk, self._day, self._households = unit, desk, day, households
        townships = {loading.township_of(row["branch"]) for row in rows if _by_another(row)}
        self._others = loading.near(unit, townships)
        ids = [row["volunteer"] for row in rows]
        self._known = {**self._others, **loading.volunteers(unit, {"_id": {"$in": ids}})}
        days = [date.fromisoformat(row["day"]) for row in rows] + [day]
        self._load = loading.workload(unit, self._known, households, min(days), max(days) + timedelta(days=WITHIN_DAYS))
        self._planned: list[Doc] = []

    def close(self, row: Doc) -> None:
        """Settle one visit."""
        if row["state"] == "checked_in":
            visits.complete(self._unit, row, ACTOR, row["checked_in_at"], 0, {}, {})
        elif row["day"] > self._day.isoformat():
            self._move(row)
        else:
            self._miss(row)

    def write(self) -> None:
        """Put the new days into the plan."""
        visits.plan_visits(self._unit, self._planned)

    def _miss(self, row: Doc) -> None:
        if row["state"] == "planned":
            self._load.give_back(row["volunteer"], row["household"], date.fromisoformat(row["day"]), row["slot"])
        found = self._instead(row, following(self._day))
        household = self._households[row["household"]]
        instead = None
        if found is not None and household["care"] == "active":
            more = {"again": row.get("again", 0) + 1, "kind": row["kind"]}
            instead = visits.new_visit(self._desk, household, found.volunteer.id, found.day, str(found.slot), **more)
            self._take(found, row)
            self._planned.append(instead)
        visits.miss(self._unit, row, "cannot" if row["state"] == "declined" else "no_show", instead)

    def _move(self, row: Doc) -> None:
        """Declined ahead of the day: nobody has to wait in vain."""
        planned_for = date.fromisoformat(row["day"])
        found = self._instead(row, [planned_for, *following(planned_for)])
        if found is None:
            filter = {"_id": row["_id"], "revision": row["revision"]}
            self._unit.collection(store.VISITS).update(filter, {"$set": {"looked_at": self._day.isoformat()}})
            return
        self._take(found, row)
        visits.move(self._unit, row, found, "cannot")

    def _instead(self, row: Doc, days: list[date]) -> Found | None:
        """After a miss the same volunteer on another day; after "I cannot", or when that day was missed too, the nearest
        other with room, else the same. What was missed three times is left to the next visit of the rhythm: nobody is
        told of a new day that will not be kept again."""
        if row.get("again", 0) >= MOST_AGAIN:
            return None
        household = store.household_of(self._households[row["household"]])
        own: Volunteer | None = self._known.get(row["volunteer"])
        if _by_another(row):
            others = [one for one in self._others.values() if one.id != row["volunteer"]]
            found = stand_in(household, others, days, self._load)
            if found is not None:
                return found
        return new_day(household, own, max(date.fromisoformat(row["day"]), self._day), self._load) if own else None

    def _take(self, found: Found, row: Doc) -> None:
        self._load.take(found.volunteer.id, row["household"], found.day, str(found.slot))


def _by_another(row: Doc) -> bool:
    """Whether somebody else is to be found for this visit."""
    return bool(row["state"] == "declined" or row.get("again", 0) > 0)
