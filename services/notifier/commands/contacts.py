"""What becomes of a number: proven, wrong, stopped, not reached. Each is told at once; `9` and `TD` also clear the queue."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from services.notifier.commands.asks import close_asks
from services.notifier.model.contact import CLOSED, FRESH_FOR, State, is_fresh
from services.notifier.model.message import State as Sending
from services.notifier.store import CONTACTS, MESSAGES, Desk, Doc
from shared.clock import to_wire
from shared.units import Unit

ANEW = timedelta(days=30)
"""A fresh number that answers is told anew at most this often."""


def prove(desk: Desk, unit: Unit, contacts: Iterable[Doc]) -> None:
    """These numbers answered: fresh for some months. One that said `9` or `TD` before stays closed."""
    now = desk.clock.now()
    until = now + FRESH_FOR
    for row in contacts:
        if row["state"] in CLOSED:
            continue
        if is_fresh(row["state"], row.get("fresh_until"), now) and row["fresh_until"] - now > FRESH_FOR - ANEW:
            continue
        _change(unit, row, state=State.PROVEN.value, fresh_until=until, unreachable="")
        _tell(desk, unit, row, "contact.proven.v1", until=to_wire(until))
    close_asks(unit, {"hash": {"$in": [row["hash"] for row in contacts]}, "kind": "greeting"}, "answered")


def close(desk: Desk, unit: Unit, contacts: Sequence[Doc], state: State) -> None:
    """`9` or `TD`: nothing is sent to this number any more, what is queued included."""
    told = {State.WRONG: "contact.wrong.v1", State.STOPPED: "contact.stopped.v1"}[state]
    for row in contacts:
        if row["state"] in (state, State.WRONG):
            continue
        _change(unit, row, state=state.value)
        _tell(desk, unit, row, told)
    hashes = sorted({row["hash"] for row in contacts})
    queued = {"hash": {"$in": hashes}, "state": Sending.QUEUED.value}
    unit.collection(MESSAGES).update_any(queued, {"$set": {"state": Sending.WITHDRAWN.value, "why": state.value}})
    close_asks(unit, {"hash": {"$in": hashes}})


def now_unreachable(desk: Desk, unit: Unit, contact: str, about: Sequence[str], why: str) -> None:
    """A message did not arrive: told once, until the number is reached again."""
    row = unit.collection(CONTACTS).find_one({"_id": contact})
    if row is None or row["unreachable"] in (why, "no_such_number"):
        return
    _change(unit, row, unreachable=why)
    data: dict[str, Any] = {"why": why} | ({"about": about[0]} if len(about) == 1 else {})
    _tell(desk, unit, row, "contact.unreachable.v1", **data)


def now_reached(unit: Unit, contacts: Iterable[str]) -> None:
    """The phones have it: whatever was wrong with them is over."""
    wanted = sorted(contacts)
    if wanted:
        unit.collection(CONTACTS).update_any(
            {"_id": {"$in": wanted}, "unreachable": {"$ne": ""}}, {"$set": {"unreachable": ""}}
        )


def _change(unit: Unit, row: Doc, **change: Any) -> None:
    row |= change
    row["revision"] += 1
    unit.collection(CONTACTS).replace(row, was=row["revision"] - 1)


def _tell(desk: Desk, unit: Unit, row: Doc, type_: str, **data: Any) -> None:
    told = {"person": row["person"], **data}
    unit.tell(type_, subject=row["_id"], revision=row["revision"], branch=row["branch"], actor=desk.actor, data=told)
