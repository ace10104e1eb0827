"""The watch over the log itself: stopped, damaged, late, holes in its chains, days whose counts do not agree.

Each is said as a concern that closes by itself, and kept in one row for pages, health and metrics (condition.py). It
changes nothing of the log, and no rule can stop it: it reads what the log's writer and the self-check have noted.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.commands.concerns import Matter, name_of
from services.audit.store import ENTRIES, HEALTH, HOLES, LOG, THE_LOG
from services.audit.watch.backlog import Backlog
from services.audit.watch.completeness import Complete, Completeness
from services.audit.watch.standing import Standing
from shared.clock import CountyClock, MachineClock, county_day
from shared.messaging.connection import BROKEN, connected
from shared.messaging.follows import LOG_QUEUE

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 5.0
DAYS_EVERY_SECONDS = 60.0
LATE_SECONDS = 60
"""An event that waits longer than this for its place in the signed log is late (half of a witness's patience)."""
ASKED_TWICE = 2
"""A hole counts once it was asked for: most close by themselves before (holes.py)."""
MOST_SHOWN = 20
COUNTED_BY_HOUR = 1
"""The county's hour by which the day before must have been counted: a service does it ten minutes after midnight."""
Doc = dict[str, Any]


@dataclass(frozen=True)
class LogHealth:
    """Looks again and again. `waiting` gives the length of the log's queue, None when the broker is away."""

    database: Database[Doc]
    standing: Standing
    completeness: Completeness
    waiting: Callable[[], int | None]
    folder: Path
    county: CountyClock
    machine: MachineClock
    home: str
    backlog: Backlog

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        days_at = float("-inf")
        differed: set[tuple[str, str]] = set()
        while not stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
                if self.machine.monotonic() - days_at >= DAYS_EVERY_SECONDS:
                    differed = self.look_at_days(differed)
                    days_at = self.machine.monotonic()
            except PyMongoError as error:
                log.warning("log_health_not_noted", error=type(error).__name__)

    def look(self) -> None:
        """What the log's writer and the self-check say, how late the log is, and its holes."""
        row = self.database[LOG].find_one(THE_LOG) or {"size": 0, "signed": 0}
        waiting = self.waiting()
        late = int(self.backlog.age(self.machine.monotonic(), waiting or 0, row["size"], row["signed"]))
        self._note({"at": self.machine.now(), "waiting": waiting, "late_seconds": late, "free": self._free()})
        seen = self.database[HEALTH].find_one(THE_LOG) or {}
        why = row.get("stopped") or seen.get("stopped")
        stopped = [Matter("log_stopped", self.home, shown={"why": why})] if why else []
        self.standing.settle("log_stopped", stopped)
        if late > LATE_SECONDS:
            self.standing.settle("log_late", [Matter("log_late", self.home)])
        elif waiting == 0 and row["signed"] >= row["size"]:  # else it stays as it was: another worker may know more
            self.standing.settle("log_late", [])
        self.standing.settle("log_damaged", [_damage(self.home, each) for each in row.get("damaged", ())])
        self.standing.settle("log_hole", list(self._holes()))

    def look_at_days(self, differed: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Compare the sources' counts. A day becomes a concern when it differed at the look before too (`differed`)."""
        found = self.completeness.of_all()
        now = {(each.source, day) for each in found for day in (*_days_of(each), *self._uncounted(each))}
        self._note({"sources": [_source_row(each) for each in found], "days_at": self.machine.now()})
        matters = [_incomplete(self.home, *pair) for pair in sorted(now)]
        said = self.standing.open_now("incomplete_day")
        lasting = [each for each in matters if each.per in differed or name_of(each, "county") in said]
        self.standing.settle("incomplete_day", lasting[-MOST_SHOWN:])
        return now

    def _uncounted(self, found: Complete) -> Iterator[str]:
        """Yesterday, when a source that counts its days has not counted it."""
        clock = self.county.now() - timedelta(hours=COUNTED_BY_HOUR)
        yesterday = (county_day(clock) - timedelta(days=1)).isoformat()
        if found.counted and found.counted < yesterday:
            yield yesterday

    def _holes(self) -> Iterator[Matter]:
        """One a source: how many it left open, and the entry after the first of them."""
        holes = self.database[HOLES].find({"times": {"$gte": ASKED_TWICE}}, sort=[("_id", 1)], limit=1000)
        after = {hole["entry"] for hole in holes}
        entries = self.database[ENTRIES].find({"_id": {"$in": sorted(after)}}, {"service": 1, "event": 1}, sort=[("_id", 1)])
        first: dict[str, Doc] = {}
        for entry in entries:
            first.setdefault(entry["service"], entry)
        for source, entry in first.items():
            yield Matter("log_hole", self.home, per=(source,), shown={"service": source}, cause=entry["event"])

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self.folder).free
        except FileNotFoundError:
            return shutil.disk_usage(self.folder.parent).free

    def _note(self, change: Doc) -> None:
        self.database[HEALTH].update_one(THE_LOG, {"$set": change}, upsert=True)


def queue_length(amqp_url: str) -> int | None:
    """How many messages lie ready in the log's queue; None when the broker cannot be asked."""
    try:
        with connected(amqp_url) as connection:
            return int(connection.channel().queue_declare(LOG_QUEUE, passive=True).method.message_count)
    except BROKEN:
        return None


def _incomplete(home: str, source: str, day: str) -> Matter:
    return Matter("incomplete_day", home, per=(source, day), shown={"service": source, "day": day})


def _damage(home: str, found: Doc) -> Matter:
    place = "" if found["index"] is None else str(found["index"])
    return Matter("log_damaged", home, per=(place, found["where"]), shown={"entry": place, "where": found["where"]})


def _days_of(found: Complete) -> Sequence[str]:
    return [each.day for each in found.differing]


def _source_row(found: Complete) -> Doc:
    differing = [{"day": each.day, "nouns": list(each.nouns)} for each in found.differing[-MOST_SHOWN:]]
    return {"source": found.source, "through": found.through, "counted": found.counted, "differing": differing}
