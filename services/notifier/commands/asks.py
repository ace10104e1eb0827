"""Questions that wait for an answer: at most one open for a number, so that `1` can mean one thing only."""

from datetime import datetime
from typing import Any

from services.notifier.store import ASKS, Doc
from shared.ids import derived_id
from shared.units import Unit

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"


def open_ask(unit: Unit, kind: str, message: Doc, closes_at: datetime, **more: Any) -> None:
    """Wait for an answer to this message until `closes_at` (county time). `kind`: greeting or visit."""
    rows, row = unit.collection(ASKS), {name: message[name] for name in ("person", "hash", "branch")}
    ask = {"_id": ask_of(message["_id"]), "kind": kind, "message": message["_id"], "state": OPEN, "again": False}
    if message["revision"] and rows.find_one({"_id": ask["_id"]}):
        return  # a message that came back from the log, and so did its answer
    rows.insert(row | ask | {"closes_at": closes_at} | more)


def ask_of(message: str) -> str:
    """The id of what a message asks."""
    return derived_id(message, "ask")


def open_asks(unit: Unit, hash_: str, now: datetime) -> list[Doc]:
    """What this number is being asked; more than one is a fault that makes its answer mean nothing."""
    return unit.collection(ASKS).find({"hash": hash_, "state": OPEN, "closes_at": {"$gt": now}}, sort=[("_id", 1)])


def close_asks(unit: Unit, filter: dict[str, Any], state: str = CLOSED) -> None:
    """Wait no longer."""
    unit.collection(ASKS).update_any({**filter, "state": OPEN}, {"$set": {"state": state}})
