"""What the person on duty must know of one service, read from its own database when asked for. Nothing here is personal.

The page, the API, /metrics and /health/ready show these same figures, so that they never contradict each other.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from shared.duty.heartbeats import Heard, Heartbeats
from shared.errors import Busy
from shared.events import catalogue
from shared.healing.broker_view import Length
from shared.inbox import PROGRESS, held
from shared.inbox.progress import Progress
from shared.messaging import lease
from shared.runtime import Runtime
from shared.units.outbox import Outbox

STATES = (held.AHEAD, held.AWAITS, held.RETRY, held.PARKED)
COUNTED_TO = 10_000
"""Beyond this nobody needs to know how many exactly, and no page waits for the count."""
HOLES_SHOWN = 20
LENGTHS_KEPT_SECONDS = 3.0
ASK_BROKER_SECONDS = 2.0
REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
OTHER = "other"
RELAY = "relay"
"""The lease without whose holder nothing is told."""
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hole:
    """Revisions of one subject that were told and never came. `since`: machine time."""

    subject: str
    first: int
    last: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease, by the database's own clock; `holder` is empty when it was given back or has run out."""

    name: str
    holder: str


@dataclass(frozen=True, slots=True)
class Parked:
    """How many events of a type are parked for a reason; both words out of the code, never out of a message."""

    type: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One service now. `queues` is None when the broker cannot be asked: unknown is not none."""

    service: str
    waiting: int
    bound: int
    oldest_seconds: int
    held: Mapping[str, int]
    parked: Sequence[Parked]
    holes: int
    first_holes: Sequence[Hole]
    leases: Sequence[Holder]
    beats: Sequence[Heard]
    queues: Mapping[str, Length] | None


class Lengths:
    """Queue lengths of one service, asked of the broker's management at most every three seconds. Thread-safe."""

    def __init__(self, runtime: Runtime) -> None:
        self._view, self._own = runtime.broker_view(ASK_BROKER_SECONDS), runtime.service + "."
        self._clock, self._lock = runtime.machine_clock, threading.Lock()
        self._asked = float("-inf")
        self._found: Mapping[str, Length] | None = None

    def now(self) -> Mapping[str, Length] | None:
        """By queue; None when it cannot be known."""
        with self._lock:
            if self._clock.monotonic() - self._asked > LENGTHS_KEPT_SECONDS:
                self._found, self._asked = self._ask(), self._clock.monotonic()
            return self._found

    def _ask(self) -> Mapping[str, Length] | None:
        if self._view is None:
            return None
        try:
            return {name: length for name, length in self._view.lengths().items() if name.startswith(self._own)}
        except Busy:
            return None


class Reader:
    """Reads the figures of one service. Raises PyMongoError; safe for several threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._service, self._database, self._clock = runtime.service, runtime.database, runtime.machine_clock
        self._bound, self._most = runtime.bound, runtime.settings.outbox_bound
        self._lengths, self._beats = Lengths(runtime), Heartbeats(runtime.database, runtime.machine_clock)

    def read(self) -> Figures:
        """The figures as of now."""
        holes = self._database[PROGRESS]
        return Figures(
            service=self._service,
            waiting=self._bound.waiting(),
            bound=self._most,
            oldest_seconds=Outbox(self._database).oldest_seconds(self._clock),
            held=count_held(self._database),
            parked=count_parked(self._database),
            holes=holes.count_documents({"gap_at": {"$exists": True}}, limit=COUNTED_TO),
            first_holes=first_holes(self._database),
            leases=holders(self._database),
            beats=self._beats.latest(),
            queues=self._lengths.now(),
        )


def count_held(database: Database[Doc]) -> dict[str, int]:
    """Held events by state, each counted up to 10,000."""
    return {state: database[held.NAME].count_documents({"state": state}, limit=COUNTED_TO) for state in STATES}


def count_parked(database: Database[Doc]) -> list[Parked]:
    """Parked events by type and reason, most first. A word no code of ours wrote counts as `other`."""
    steps: list[Doc] = [
        {"$match": {"state": held.PARKED}},
        {"$limit": COUNTED_TO},
        {"$group": {"_id": {"type": "$type", "reason": "$reason"}, "events": {"$sum": 1}}},
    ]
    counts: dict[tuple[str, str], int] = {}
    for row in database[held.NAME].aggregate(steps):
        key = (_type(row["_id"].get("type", "")), code_of(row["_id"].get("reason", "")))
        counts[key] = counts.get(key, 0) + row["events"]
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Parked(type_, reason, events) for (type_, reason), events in found]


def first_holes(database: Database[Doc]) -> list[Hole]:
    """The oldest holes, at most 20."""
    rows = database[PROGRESS].find({"gap_at": {"$exists": True}}, sort=[("gap_at", 1)], limit=HOLES_SHOWN)
    known = [(Progress.from_row(row), row["gap_at"]) for row in rows]
    return [Hole(progress.subject, *progress.hole, since) for progress, since in known if progress.hole]


def holders(database: Database[Doc]) -> list[Holder]:
    """Every lease of the service and who holds it; the relay's also when nobody ever took it."""
    holds = {"$cond": [{"$gt": ["$until", "$$NOW"]}, "$holder", ""]}
    rows = database[lease.NAME].aggregate([{"$project": {"holder": holds}}, {"$sort": {"_id": 1}}])
    held_by = {RELAY: ""} | {row["_id"]: row["holder"].rsplit(":", 1)[0] for row in rows}
    return [Holder(name, holder) for name, holder in held_by.items()]


def code_of(reason: str) -> str:
    """The machine word a reason begins with: the name of a fault or of an exception."""
    word = reason.split(" ", 1)[0]
    return word if REASON.fullmatch(word) else OTHER


def _type(told: str) -> str:
    return told if told in catalogue() else OTHER
