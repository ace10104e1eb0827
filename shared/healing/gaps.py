"""Watches for holes in the chains this listener follows: told when a minute old, asked for until filled, which is told too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.database import Database

from shared.clock import MachineClock
from shared.healing.again import PATIENCE, Ask, pause_after
from shared.ids import new_id
from shared.inbox import PROGRESS
from shared.inbox.progress import Progress
from shared.units import Unit, Units

log = structlog.get_logger()
NAME = "gaps"
Doc = dict[str, Any]


def prepare(database: Database[Doc]) -> None:
    """Make the index."""
    database[PROGRESS].create_index("gap_at", sparse=True)


class GapWatch:
    """Tells `gap.noticed.v1` once for each hole older than a minute of machine time, and asks its source to tell it again.

    When it is filled, or its front is, it tells `gap.filled.v1`.
    """

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        service: str,
        home: str,
        clock: MachineClock,
        ask: Callable[[str, Ask], object],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._units, self._progress, self._told = units, database[PROGRESS], database[NAME]
        self._home, self._service, self._clock, self._ask, self._patience = home, service, clock, ask, patience

    def look(self) -> int:
        """See to each hole that is old enough. Returns how many were told for the first time."""
        now = self._clock.now()
        for row in self._told.find():
            self._settle(row)
        old = self._progress.find({"gap_at": {"$lte": now - self._patience}})
        return sum(self._see_to(Progress.from_row(row), now) for row in old)

    def _see_to(self, progress: Progress, now: datetime) -> bool:
        if progress.hole is None:
            return False
        first, last = progress.hole
        key = f"{progress.subject}:{first}"
        known = self._told.find_one({"_id": key})
        if known is None:
            self._tell(key, progress.subject, first, last)
        elif known.get("ask_at", now) > now:
            return False
        self._ask(progress.source, Ask(f"{self._service}.events", progress.subject, first, last))
        times = (known or {}).get("times", 0)
        pause = pause_after(times, self._patience)
        self._told.update_one({"_id": key}, {"$set": {"ask_at": now + pause, "times": min(times + 1, 20)}})
        return known is None

    def _tell(self, key: str, thing: str, first: int, last: int) -> None:
        def work(unit: Unit) -> None:
            data = {"thing": thing, "first": first, "last": last}
            unit.collection(NAME).insert({"_id": key, "at": self._clock.now(), **data})
            self._say(unit, "gap.noticed.v1", data)

        self._units.run(work)
        log.error("gap_noticed", thing=thing, first=first, last=last)

    def _settle(self, row: Doc) -> None:
        found = self._progress.find_one({"_id": row["thing"]})
        if found is None or found["reached"] < row["first"]:
            return

        def work(unit: Unit) -> None:
            unit.collection(NAME).delete({"_id": row["_id"]})
            self._say(unit, "gap.filled.v1", {name: row[name] for name in ("thing", "first", "last")})

        self._units.run(work)
        log.info("gap_filled", thing=row["thing"], first=row["first"])

    def _say(self, unit: Unit, type_: str, data: Doc) -> None:
        unit.tell(type_, subject=new_id(), revision=1, branch=self._home, actor=f"system:{self._service}", data=data)
