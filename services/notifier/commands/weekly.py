"""The weekly word: each relative away once, about all their people together, on Sunday evening (docs/domain.md, rule 12).

A county has 100,000 relatives: each timer takes 200 in the order of their human numbers, in one unit of work, and sets the
next one.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.reach import best_contacts, homes, kin_of, people
from services.notifier.model.hours import next_weekly
from services.notifier.store import PEOPLE, RECEIPTS, VISITS, Desk, Doc
from shared.clock import county_day
from shared.units import Unit
from shared.units.timers import NAME as TIMERS
from shared.units.timers import Timer, set_timer

AT_A_TIME = 200
WEEK = timedelta(days=7)


def keep_weekly(desk: Desk, unit: Unit) -> None:
    """Have a weekly word ahead (at worker start)."""
    if unit.collection(TIMERS).find_one({"_id": "weekly_word"}) is None:
        set_timer(unit, "weekly_word", next_weekly(desk.clock.now()), timer_id="weekly_word")


def begin_week(desk: Desk, unit: Unit, timer: Timer) -> None:
    """Sunday 18:00: begin with the first relatives, and set the next Sunday."""
    set_timer(unit, "weekly_word", next_weekly(timer.due_at), timer_id="weekly_word")
    _go_on(unit, timer.due_at, "")
    unit.collection(RECEIPTS).delete_any({"at": {"$lt": timer.due_at - WEEK}})  # of messages nobody here sent


def tell_some(desk: Desk, unit: Unit, timer: Timer) -> None:
    """The next 200 relatives."""
    after = {"$gt": timer.payload["after"]}
    listed = unit.collection(PEOPLE).find({"kinds": "relative", "number": after}, sort=[("number", 1)], limit=AT_A_TIME)
    if len(listed) == AT_A_TIME:
        _go_on(unit, timer.due_at, listed[-1]["number"])
    queue(desk, unit, _drafts(desk, unit, listed, timer.due_at), timer.due_at)


def _go_on(unit: Unit, due_at: datetime, after: str) -> None:
    set_timer(unit, "weekly_some", due_at, {"after": after})


def _drafts(desk: Desk, unit: Unit, relatives: list[Doc], week_end: datetime) -> list[Draft]:
    ids = [row["_id"] for row in relatives]
    desk.sealer.have_ready(ids)
    about: dict[str, list[str]] = defaultdict(list)
    for row in kin_of(desk, unit, {"relative": {"$in": ids}}):
        if row["presence"] != "home":
            about[row["relative"]].append(row["recipient"])
    cared = people(unit, {one for several in about.values() for one in several})
    home = homes(unit, cared)
    visits = _visits(unit, set(home.values()), week_end)
    contacts = best_contacts(unit, about)
    drafts = []
    for person in (one for one in ids if one in contacts):
        theirs = [one for one in about[person] if one in cared and cared[one].get("care") == "active"]
        if theirs:
            count = sum(visits[one] for one in {home[one] for one in theirs})
            key = f"week:{county_day(week_end)}:{contacts[person]['hash']}"
            drafts.append(Draft("week_over", contacts[person], theirs, key, cared[theirs[0]]["branch"], {"visits": count}))
    return drafts


def _visits(unit: Unit, households: set[str], week_end: datetime) -> Counter[str]:
    wanted = {"household": {"$in": sorted(households)}, "completed_at": {"$gt": week_end - WEEK, "$lte": week_end}}
    return Counter(row["household"] for row in unit.collection(VISITS).find(wanted, projection=["household"]))
