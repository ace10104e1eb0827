"""Timers: what is due lies in MongoDB by county time, is taken under a lease of the database's clock, and fires once in effect.

A timer is set and cancelled in the unit that decides it, and removed in the unit that handles it: ten workers may compete.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo import ASCENDING
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import CountyClock
from shared.faultpoints import FaultPoints
from shared.ids import new_id
from shared.logs import where_it_failed
from shared.units.runner import Units
from shared.units.unit import Unit

log = structlog.get_logger()
NAME = "timers"
TAKEN_FOR_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 3600.0
AT_A_TIME = 50
IDLE_SECONDS = 0.1
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is due. `due_at` is county time, in UTC."""

    id: str
    name: str
    due_at: datetime
    payload: Mapping[str, Any]


TimerHandler = Callable[[Unit, Timer], None]


def prepare(database: Database[Doc]) -> None:
    """Make the index."""
    database[NAME].create_index([("due_at", ASCENDING)])
    database[NAME].create_index([("tries", ASCENDING), ("due_at", ASCENDING)])


def set_timer(
    unit: Unit, name: str, due_at: datetime, payload: Mapping[str, Any] | None = None, timer_id: str | None = None
) -> str:
    """Have `name`'s handler run at or after `due_at` (county time). Returns the timer's id."""
    chosen = timer_id or new_id()
    unit.collection(NAME).insert({"_id": chosen, "name": name, "due_at": due_at, "payload": dict(payload or {})})
    return chosen


def cancel_timer(unit: Unit, timer_id: str) -> bool:
    """Take a timer back. False when it has fired or never was."""
    return unit.collection(NAME).delete_any({"_id": timer_id}) == 1


class TimerLoop:
    """Fires what is due. A handler that fails is tried again after its lease; the others go on."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        handlers: Mapping[str, TimerHandler],
        county: CountyClock,
        *,
        faults: FaultPoints | None = None,
        taken_for: float = TAKEN_FOR_SECONDS,
    ) -> None:
        self._units, self._rows, self._handlers = units, database[NAME], handlers
        self._county, self._taken_for = county, taken_for
        self._faults = faults or FaultPoints()

    def run(self, stop: threading.Event) -> None:
        """Fire until stopped."""
        while not stop.is_set():
            try:
                if not self.fire_due(1):
                    stop.wait(IDLE_SECONDS)
            except PyMongoError as error:
                log.warning("timers_interrupted", error=type(error).__name__)
                stop.wait(1.0)

    def fire_due(self, most: int = AT_A_TIME) -> int:
        """Fire what is due now, up to `most`, one after the other. Returns how many were taken."""
        taken = 0
        while taken < most and (row := self._take()) is not None:
            taken += 1
            self._fire(row)
        return taken

    def _take(self) -> Doc | None:
        free = {"$expr": {"$lt": ["$taken_until", "$$NOW"]}}  # never taken: a missing instant is before any
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(self._taken_for * 1000)}}
        return self._rows.find_one_and_update(
            {"due_at": {"$lte": self._county.now()}, **free},
            [{"$set": {"taken_until": until}}],
            sort=[("tries", ASCENDING), ("due_at", ASCENDING)],  # what failed waits behind what never did
        )

    def _fire(self, row: Doc) -> None:
        self._faults.passing("timer_taken")
        timer = Timer(row["_id"], row["name"], row["due_at"].replace(tzinfo=UTC), row["payload"])

        def work(unit: Unit) -> None:
            unit.collection(NAME).delete({"_id": timer.id})
            self._handlers[timer.name](unit, timer)

        try:
            self._units.run(work)
        except PyMongoError:
            raise
        except Exception as error:  # one handler's fault must not stop the others
            log.error("timer_failed", timer=timer.name, error=type(error).__name__, where=where_it_failed(error))
            self._rest(row, type(error).__name__)

    def _rest(self, row: Doc, why: str) -> None:
        """Try it again later, and later still: it stays until it succeeds or a person mends what it needs."""
        pause = min(self._taken_for * 2 ** row.get("tries", 0), LONGEST_PAUSE_SECONDS)
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(pause * 1000)}}
        change = {"taken_until": until, "tries": min(row.get("tries", 0) + 1, 20), "reason": why}
        self._rows.update_one({"_id": row["_id"]}, [{"$set": change}])


def next_due(database: Database[Doc]) -> datetime | None:
    """When the next timer is due (county time), for the conductor."""
    row = database[NAME].find_one(sort=[("due_at", ASCENDING)])
    return row["due_at"].replace(tzinfo=UTC) if row else None
