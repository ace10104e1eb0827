"""Plans a month of care, and what changed within one. A plan is decided as a whole for the county, laid down as drafts in
one unit of work, and told from the drafts in batches: a crash between two batches loses and doubles nothing.
"""

from datetime import date, datetime, timedelta
from typing import Any

from services.scheduler import store
from services.scheduler.commands import loading, lost_time, uncovered, visits
from services.scheduler.commands.desk import ACTOR, Desk
from services.scheduler.model.month import HouseholdPlan, Period, Want, month_of, plan
from services.scheduler.model.people import Volunteer
from shared.clock import at_county
from shared.ids import derived_id, new_id
from shared.units import Unit, timers

Doc = dict[str, Any]
PLAN_HOUR = 18
EVENTS_AT_ONCE = 200
CARED = {"care": {"$in": ["active", "paused"]}, "band": {"$ne": "none"}}


def next_month(day: date) -> str:
    """The month after the one this day lies in, as `YYYY-MM`."""
    return f"{(day.replace(day=1) + timedelta(days=32)):%Y-%m}"


def month_timer(month: str) -> str:
    """The timer that plans this month; there is one at most."""
    return f"plan_month:{month}"


def set_month_timer(unit: Unit, month: str) -> None:
    """Have a month planned at 18:00 of the last day before it, unless that is set or done."""
    if _pending(unit, month) or unit.collection(store.MONTHS).find_one({"_id": month}) is not None:
        return
    day = month_of(month).first - timedelta(days=1)
    timers.set_timer(unit, "plan_month", at_county(day, PLAN_HOUR), {"month": month}, month_timer(month))


def plan_month(unit: Unit, desk: Desk, month: str, due_at: datetime) -> int:
    """Decide a month for the county, from tomorrow on. Returns how many households were planned; a month is planned once.

    After a restore those whose month was planned in the lost time are left as they are, or planned anew for what changed.
    """
    set_month_timer(unit, next_month(month_of(month).first))
    if unit.collection(store.MONTHS).find_one({"_id": month}) is not None:
        return 0
    whole, laid = month_of(month), lost_time.laid(unit, month)
    period = Period(max(whole.first, loading.tomorrow(desk.today())), whole.last)
    households = [row for row in unit.collection(store.HOUSEHOLDS).find(CARED) if row["_id"] not in laid]
    made = _draft(unit, households, period, f"month:{month}", due_at)
    unit.collection(store.MONTHS).insert({"_id": month, "at": desk.now(), "households": made})
    unit.collection(store.TO_PLAN).delete_any({"_id": {"$nin": sorted(laid)}})
    if unit.collection(store.TO_PLAN).find_one({}) is not None:
        _set_late_timer(unit, desk)
    return made


def note_change(unit: Unit, desk: Desk, household: str) -> None:
    """Have this household's care planned anew at 18:00: a pairing, a member or the care itself has changed."""
    if lost_time.planned_since(unit, desk, household):
        return
    rows = unit.collection(store.TO_PLAN)
    if rows.find_one({"_id": household}) is None:
        rows.insert({"_id": household})
    _set_late_timer(unit, desk)


def _set_late_timer(unit: Unit, desk: Desk) -> None:
    due_at = at_county(desk.today(), PLAN_HOUR)
    if due_at <= desk.now():
        due_at += timedelta(days=1)
    timer = f"plan_late:{due_at:%Y-%m-%d}"
    if unit.collection(timers.NAME).find_one({"_id": timer}) is None:
        timers.set_timer(unit, "plan_late", due_at, {}, timer)


def plan_late(unit: Unit, desk: Desk, due_at: datetime) -> int:
    """Plan the rest of the month for households whose care changed; nothing when the whole month is about to be planned."""
    first = loading.tomorrow(desk.today())
    period = Period(first, month_of(f"{first:%Y-%m}").last)
    if _pending(unit, f"{first:%Y-%m}"):
        return 0
    ids = [row["_id"] for row in unit.collection(store.TO_PLAN).find({})]
    households = unit.collection(store.HOUSEHOLDS).find({"_id": {"$in": ids}, **CARED})
    unit.collection(store.TO_PLAN).delete_any({"_id": {"$in": ids}})
    return _draft(unit, households, period, f"late:{first}", due_at)


def tell_plans(unit: Unit, desk: Desk, key: str, due_at: datetime) -> int:
    """Tell the next drafts, at most 200 events, and come again while there are more. Returns how many were told."""
    drafts = _next_drafts(unit, key)
    households = _by_id(unit, store.HOUSEHOLDS, {"_id": {"$in": [draft["household"] for draft in drafts]}})
    known = _by_household(unit, store.PLANS, households)
    paired = {(row["household"], row["volunteer"]) for row in _of(unit, store.PAIRINGS, households)}
    pairs = [(households[draft["household"]], draft) for draft in drafts]
    standing = [(household, draft) for household, draft in pairs if household["care"] in ("active", "paused")]
    plans = [_tell_plan(unit, household, draft, known.get(household["_id"])) for household, draft in standing]
    unit.collection(store.PLANS).insert_many([plan for plan in plans if plan is not None])
    for month in sorted({draft["month"] for _, draft in standing}):
        uncovered.note_all(unit, month, [(household, draft["open"], draft["why"]) for household, draft in standing])
    fresh = [
        _visit(desk, household, one, derived_id(draft["made"], str(turn)))
        for household, draft in standing
        for turn, one in enumerate(draft["given"])
        if (household["_id"], one[0]) in paired
    ]
    visits.plan_visits(unit, _not_told_yet(unit, fresh))
    unit.collection(store.DRAFTS).delete_any({"_id": {"$in": [draft["_id"] for draft in drafts]}})
    if unit.collection(store.DRAFTS).find_one({"key": key}) is not None:
        timers.set_timer(unit, "tell_plans", due_at, {"key": key})
    return len(drafts)


def _draft(unit: Unit, households: list[Doc], period: Period, key: str, due_at: datetime) -> int:
    known = loading.volunteers(unit, {"state": "active"})
    wanted = loading.wants(unit, households, period, known)
    plans = plan(period, wanted, known, loading.whole_workload(unit, period.first, period.last))
    bands, by_household = {row["_id"]: row["band"] for row in households}, {want.household.id: want for want in wanted}
    rows = [
        _draft_row(f"{key}|{place:06d}", key, period, made, bands[made.household.id], by_household[made.household.id], known)
        for place, made in enumerate(plans)
    ]
    unit.collection(store.DRAFTS).insert_many(rows)
    if rows:
        timers.set_timer(unit, "tell_plans", due_at, {"key": key})
    return len(rows)


def _draft_row(
    id_: str, key: str, period: Period, made: HouseholdPlan, band: str, want: Want, known: dict[str, Volunteer]
) -> Doc:
    visitor = next((one for one in want.visitors if not known[one].no_place_only), None)
    caller = any(known[one].no_place_only for one in want.visitors)
    return {
        "_id": id_,
        "key": key,
        "made": new_id(),
        "month": f"{period.first:%Y-%m}",
        "household": made.household.id,
        "given": [[one.volunteer, one.day.isoformat(), str(one.slot)] for one in made.given],
        "open": made.open,
        "why": str(made.why) if made.why else None,
        "plan": {
            "rhythm": band,
            "volunteer": visitor,
            "telephone": caller or (visitor is not None and band != "weekly"),
            "starts_on": period.first.isoformat(),
        },
    }


def _next_drafts(unit: Unit, key: str) -> list[Doc]:
    """As many as make at most 200 events, one at least."""
    found: list[Doc] = []
    events = 0
    for draft in unit.collection(store.DRAFTS).find({"key": key}, sort=[("_id", 1)], limit=EVENTS_AT_ONCE):
        events += len(draft["given"]) + 2
        if events > EVENTS_AT_ONCE and found:
            break
        found.append(draft)
    return found


def _tell_plan(unit: Unit, household: Doc, draft: Doc, known: Doc | None) -> Doc | None:
    """Tell the household's plan when it is new or another than before. Returns a new one, still to be put in."""
    fresh = draft["plan"]
    if known is not None and all(known[name] == fresh[name] for name in ("rhythm", "volunteer", "telephone")):
        return None
    head = {"household": household["_id"], "number": household["number"], "branch": household["branch"]}
    row = {"_id": new_id(), "revision": 1, **head, **fresh}
    if known is not None:
        row |= {"_id": known["_id"], "revision": known["revision"] + 1}
        unit.collection(store.PLANS).replace(row, was=known["revision"])
    data = {"household": household["_id"], **{name: value for name, value in fresh.items() if value is not None}}
    unit.tell("plan.made.v1", subject=row["_id"], revision=row["revision"], branch=row["branch"], actor=ACTOR, data=data)
    return row if known is None else None


def _visit(desk: Desk, household: Doc, given: list[str], id_: str) -> Doc:
    volunteer, day, slot = given
    return visits.new_visit(desk, household, volunteer, date.fromisoformat(day), slot, _id=id_)


def _not_told_yet(unit: Unit, fresh: list[Doc]) -> list[Doc]:
    """Less those that a restored backup has as drafts, and the log as told."""
    ids = [visit["_id"] for visit in fresh]
    known = {row["_id"] for row in unit.collection(store.VISITS).find({"_id": {"$in": ids}}, projection=["_id"])}
    return [visit for visit in fresh if visit["_id"] not in known]


def _pending(unit: Unit, month: str) -> bool:
    return unit.collection(timers.NAME).find_one({"_id": month_timer(month)}) is not None


def _by_id(unit: Unit, name: str, filter: Doc) -> dict[str, Doc]:
    return {row["_id"]: row for row in unit.collection(name).find(filter)}


def _of(unit: Unit, name: str, households: dict[str, Doc]) -> list[Doc]:
    return unit.collection(name).find({"household": {"$in": list(households)}})


def _by_household(unit: Unit, name: str, households: dict[str, Doc]) -> dict[str, Doc]:
    return {row["household"]: row for row in _of(unit, name, households)}
