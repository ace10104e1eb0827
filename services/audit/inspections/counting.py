"""Counts what an inspection may draw from, once its checkpoint stands: the worker's, for no page can wait until a year is read.

Below a checkpoint nothing changes, so whoever counts again counts the same: a count cut off half way is simply done anew. The
rows serve the draw only and go when it is over.
"""

import threading
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.inspections.lookups import members_of
from services.audit.inspections.population import Member, Span
from services.audit.inspections.rows import INSPECTIONS, POPULATIONS
from services.audit.inspections.steps import ANCHORED

log = structlog.get_logger()
EVERY_SECONDS = 2.0
PART = 1000
"""Members in one row: some 250 KiB."""
Doc = dict[str, Any]


class Counting:
    """Looks every two seconds of machine time for inspections whose population is to be counted."""

    def __init__(self, database: Database[Doc], home: str) -> None:
        self._database, self._home = database, home

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        while not stop.is_set():
            try:
                self.look()
            except PyMongoError as error:
                log.warning("counting_interrupted", error=type(error).__name__)
            stop.wait(EVERY_SECONDS)

    def look(self) -> int:
        """Count for each inspection that waits to be drawn, and forget the rest. Returns how many were counted."""
        undrawn = list(self._database[INSPECTIONS].find({"state": ANCHORED}))
        self._database[POPULATIONS].delete_many({"inspection": {"$nin": [row["_id"] for row in undrawn]}})
        waiting = [row for row in undrawn if "counted" not in row]
        for row in waiting:
            self._count(row)
        return len(waiting)

    def _count(self, row: Doc) -> None:
        inspection = row["_id"]
        span = Span(self._home, row["branch"], row["first_day"], row["last_day"])
        members = members_of(self._database, span, row["anchor"]["size"])
        parts = [members[start : start + PART] for start in range(0, len(members), PART)]
        rows = self._database[POPULATIONS]
        rows.delete_many({"inspection": inspection})
        for number, part in enumerate(parts):
            rows.insert_one({"inspection": inspection, "part": number, "members": [astuple(member) for member in part]})
        self._database[INSPECTIONS].update_one({"_id": inspection}, {"$set": {"counted": len(members)}})


def members_in(parts: Iterable[Doc]) -> list[Member]:
    """The members kept in these rows."""
    return [Member(*fields) for row in parts for fields in row["members"]]
