"""Watches for holes in the chains this listener follows: a revision that did not come within a minute is told."""

import threading
from datetime import timedelta
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import MachineClock
from shared.ids import new_id
from shared.messaging.inbox import PROGRESS
from shared.messaging.progress import Progress
from shared.messaging.unit import Unit
from shared.messaging.units import Units

log = structlog.get_logger()
NAME = "gaps"
Doc = dict[str, Any]
PATIENCE = timedelta(seconds=60)
LOOK_EVERY_SECONDS = 5.0


def prepare(database: Database[Doc]) -> None:
    """Make the index."""
    database[PROGRESS].create_index("gap_at", sparse=True)


class GapWatch:
    """Tells `gap.noticed.v1` once for each hole older than a minute of machine time."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        home: str,
        service: str,
        clock: MachineClock,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._units, self._progress, self._told = units, database[PROGRESS], database[NAME]
        self._home, self._service, self._clock, self._patience = home, service, clock, patience

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
            except PyMongoError as error:
                log.warning("gaps_not_looked_for", error=type(error).__name__)

    def look(self) -> int:
        """Tell of each hole that is old enough and was not told. Returns how many."""
        old = self._progress.find({"gap_at": {"$lte": self._clock.now() - self._patience}})
        return sum(self._tell(Progress.from_row(row)) for row in old)

    def _tell(self, progress: Progress) -> int:
        if progress.hole is None:
            return 0
        first, last = progress.hole
        key = f"{progress.subject}:{first}"
        if self._told.find_one({"_id": key}) is not None:
            return 0

        def work(unit: Unit) -> None:
            unit.collection(NAME).insert({"_id": key, "at": self._clock.now()})
            data = {"thing": progress.subject, "first": first, "last": last}
            actor = f"system:{self._service}"
            unit.tell("gap.noticed.v1", subject=new_id(), revision=1, branch=self._home, actor=actor, data=data)

        self._units.run(work)
        log.error("gap_noticed", thing=progress.subject, first=first, last=last)
        return 1
