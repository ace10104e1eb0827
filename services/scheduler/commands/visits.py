"""Writes visits and tells what became of them. The one place that keeps a visit's document and its events in step."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.scheduler import store
from services.scheduler.commands.desk import ACTOR, Desk
from services.scheduler.model.lots import drawn
from services.scheduler.model.stand_in import Found
from services.scheduler.model.visit import Move, Witness, after
from shared.clock import to_wire
from shared.ids import new_id
from shared.units import Unit

Doc = dict[str, Any]
STATE_FIELDS = ("household", "recipients", "volunteer", "kind", "day", "slot", "asked")


def new_visit(desk: Desk, household: Doc, volunteer: str, day: date, slot: str, **more: Any) -> Doc:
    """The document of a visit to plan. Whether somebody at home is asked afterwards is drawn here, by lot."""
    return {
        "_id": new_id(),
        "revision": 1,
        "branch": household["branch"],
        "household": household["_id"],
        "number": household["number"],
        "recipients": household["cared"],
        "volunteer": volunteer,
        "kind": "care",
        "day": day.isoformat(),
        "slot": slot,
        "state": "planned",
        "witness": Witness.UNKNOWN,
        "asked": drawn(desk.lots, "asked", household["number"], day),
        **more,
    }


def plan_visits(unit: Unit, visits: Sequence[Doc]) -> None:
    """Put visits into the plan."""
    unit.collection(store.VISITS).insert_many(list(visits))
    for visit in visits:
        tell(unit, "visit.planned.v1", visit, ACTOR, {**_state(visit), **promise(visit)})


def promise(visit: Doc) -> Doc:
    """The ask a look-in answers and the hour it is promised for; nothing for other visits."""
    found = {"look_in": visit["look_in"]} if visit.get("look_in") else {}
    return found | ({"due": to_wire(visit["due"])} if visit.get("due") else {})


def move(unit: Unit, visit: Doc, found: Found, why: str) -> Doc:
    """Give a visit another day or another visitor."""
    change = {"volunteer": found.volunteer.id, "day": found.day.isoformat(), "slot": str(found.slot)}
    moved = _step(unit, visit, Move.MOVE, **change)
    data = {**_state(moved), **promise(moved), "from_day": visit["day"], "why": why}
    tell(unit, "visit.moved.v1", moved, ACTOR, data)
    return moved


def miss(unit: Unit, visit: Doc, why: str, instead: Doc | None) -> Doc:
    """Say that a visit did not take place, and what comes instead."""
    missed = _step(unit, visit, Move.MISS, why=why, next_visit=instead["_id"] if instead else None)
    data = {name: visit[name] for name in ("household", "recipients", "volunteer", "kind", "day")} | {"why": why}
    if instead:
        data |= {"next_day": instead["day"], "next_visit": instead["_id"]}
    if visit.get("look_in"):
        data["look_in"] = visit["look_in"]
    tell(unit, "visit.missed.v1", missed, ACTOR, data)
    return missed


def cancel(unit: Unit, visit: Doc, why: str) -> None:
    """Say that a visit is not needed any more."""
    cancelled = _step(unit, visit, Move.CANCEL, why=why)
    tell(unit, "visit.cancelled.v1", cancelled, ACTOR, {"household": visit["household"], "why": why})


def decline(unit: Unit, visit: Doc, actor: str) -> Doc:
    """Note that the visitor cannot. Costs nothing."""
    declined = _step(unit, visit, Move.DECLINE)
    data = {name: visit[name] for name in ("household", "volunteer", "kind", "day")}
    tell(unit, "visit.declined.v1", declined, actor, data)
    return declined


def check_in(unit: Unit, visit: Doc, actor: str, at: datetime, proofs: Doc) -> Doc:
    """Note that the visitor is there now. `proofs`: what of it can be shown, told and not kept here."""
    there = _step(unit, visit, Move.CHECK_IN, checked_in_at=at)
    data = {"household": visit["household"], "volunteer": visit["volunteer"], "at": to_wire(at)}
    tell(unit, "visit.checked_in.v1", there, actor, data | proofs)
    return there


def complete(
    unit: Unit, visit: Doc, actor: str, at: datetime, minutes: int, closed: Mapping[str, Doc], proofs: Doc, **more: Any
) -> Doc:
    """Note that the visit took place, with what was seen and said, and when the household was last visited."""
    done = _step(unit, visit, Move.REPORT, at=at, minutes=minutes, **more)
    data = {name: visit[name] for name in ("household", "volunteer", "kind", "asked")}
    data |= {"at": to_wire(at), "minutes": minutes} | ({"look_in": visit["look_in"]} if visit.get("look_in") else {})
    tell(unit, "visit.completed.v1", done, actor, data | proofs, closed)
    unit.collection(store.HOUSEHOLDS).update_any({"_id": visit["household"]}, {"$set": {"last_visit": visit["day"]}})
    return done


def confirm(unit: Unit, visit: Doc, by: str) -> None:
    """Note that somebody present says it took place."""
    confirmed = {**visit, "revision": visit["revision"] + 1, "witness": Witness.CONFIRMED, "said_yes": True}
    unit.collection(store.VISITS).replace(confirmed, was=visit["revision"])
    tell(unit, "visit.confirmed.v1", confirmed, ACTOR, {"by": by})


def tell(unit: Unit, type_: str, visit: Doc, actor: str, data: Doc, closed: Mapping[str, Doc] | None = None) -> None:
    """Tell an event of this visit, with the revision its document has now."""
    unit.tell(
        type_,
        subject=visit["_id"],
        revision=visit["revision"],
        branch=visit["branch"],
        actor=actor,
        data=data,
        closed=closed,
    )


def _step(unit: Unit, visit: Doc, step: Move, **change: Any) -> Doc:
    stepped = {**visit, **change, "state": str(after(visit["state"], step)), "revision": visit["revision"] + 1}
    unit.collection(store.VISITS).replace(stepped, was=visit["revision"])
    return stepped


def _state(visit: Doc) -> Doc:
    return {name: visit[name] for name in STATE_FIELDS}
