"""Held events as a person may see them: why, where, since when, and the open part of what they say.

Used by the page, the API and `springrain parked`. An event is often parked because it breaks its contract, so even a value
that stands open is shown only where its type's schema knows the field and accepts the value: elsewhere could be a name.
"""

from collections.abc import Sequence
from typing import Any

from pymongo.database import Database

from shared.errors import Malformed, NotFound
from shared.events import Event, catalogue
from shared.events.envelope import KEY
from shared.http.cursors import PAGE
from shared.ids import is_id
from shared.inbox import event_of, held

SHOWN = ("type", "subject", "revision", "reason", "field", "thing", "since", "tries", "due_at", "state")
ENVELOPE = ("id", "type", "source", "subject", "revision", "time", "branch", "actor")
NOT_SHOWN = "not shown: its type does not name it, or not with such a value"
Doc = dict[str, Any]


class HeldEvents:
    """The held rows of one service, for reading."""

    def __init__(self, database: Database[Doc]) -> None:
        self._rows = database[held.NAME]

    def page(self, state: str, after: str = "") -> list[Doc]:
        """Rows in this state without their events, in the order of their ids (oldest events first), 51 at most."""
        wanted: Doc = {"state": state} | ({"_id": {"$gt": after}} if after else {})
        return [summary(row) for row in self._rows.find(wanted, {"body": 0}, sort=[("_id", 1)], limit=PAGE + 1)]

    def waiting(self, most: int) -> list[Doc]:
        """What waits by itself, next try first."""
        wanted = {"state": {"$in": [held.RETRY, held.AWAITS]}}
        return [summary(row) for row in self._rows.find(wanted, {"body": 0}, sort=[("due_at", 1)], limit=most)]

    def parked(self, most: int) -> list[Doc]:
        """What is parked, longest first."""
        rows = self._rows.find({"state": held.PARKED}, {"body": 0}, sort=[("since", 1)], limit=most)
        return [summary(row) | {"trace": row.get("trace", "")} for row in rows]

    def one(self, key: str) -> Doc:
        """A held event in full. Raises NotFound."""
        row = self._rows.find_one({"_id": key})
        if row is None:
            raise NotFound("no event is held under this id: it was dealt with, or never held")
        return {**summary(row), "trace": row.get("trace", ""), "event": readable(row)}

    def is_held(self, key: str) -> bool:
        """Whether it is still held, in whatever state."""
        return self._rows.find_one({"_id": key}, {"_id": 1}) is not None


def summary(row: Doc) -> Doc:
    """A held row without the event itself."""
    told = {"id": row["_id"], **{name: row[name] for name in SHOWN if name in row}}
    if told.get("field") and not _plain(told["field"]):
        told["field"] = NOT_SHOWN
    return told


def readable(row: Doc) -> Any:
    """The event as JSON, sealed values named and not shown; for bytes that are no event of ours, how many they are."""
    try:
        event = event_of(row)
    except Malformed:
        return f"no event of ours: {len(row['body'])} bytes"
    return {**{name: getattr(event, name) for name in ENVELOPE}, "data": _open_part(event)}


def _open_part(event: Event) -> Doc:
    known = catalogue().get(event.type)
    faulty = {fault.field for fault in known.check_open(event.data)} if known else set(event.data)
    data: Doc = {name: NOT_SHOWN if name in faulty else value for name, value in event.data.items() if name != "sealed"}
    under = _sealed_under(event)
    return data | {"sealed": [f"sealed, under {id_}" for id_ in under]} if under else data


def _sealed_under(event: Event) -> Sequence[str]:
    """Under which ids; the form of the blocks is not to be relied on in an event that was parked."""
    blocks = event.data.get("sealed", ())
    named = (block.get("under") for block in blocks if isinstance(block, dict)) if isinstance(blocks, list) else ()
    return [str(id_) for id_ in named if is_id(id_)]


def _plain(field: str) -> bool:
    return all(KEY.fullmatch(part) for word in field.split(" ") for part in word.split("."))
