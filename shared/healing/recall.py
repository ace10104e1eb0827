"""Brings a service whose database was restored back to what it told and heard since the backup.

As a source it first reads its own events back from the log: they become told rows of its outbox, and each is applied to the
thing it tells of, so that every chain goes on from where the world knows it. As a listener it is then told again what others
told meanwhile; what it knows already are copies. Until its own events are back it takes no command, handles nothing and tells
nothing: another event under a revision that was told once would be a fork for ever.

Begun by a person who restored a backup (`springrain restored`). What was committed and never left the service is lost with
the disk; what it sent outside in that time is "unknown, maybe sent" (docs/operating.md).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.clock import MachineClock, from_wire, to_wire
from shared.errors import Busy, Malformed
from shared.events import Event
from shared.events.envelope import read
from shared.healing.again import LOG, Ask, end_mark, send_ask
from shared.ids import new_id
from shared.inbox import Handler
from shared.messaging.connection import BROKEN
from shared.messaging.topology import Topology, ensure_queue, recalled_queue
from shared.messaging.wire import Haste, consuming
from shared.units import Unit, Units, outbox, sums

log = structlog.get_logger()
VITALS, RESTORED, CAME_BACK = "vitals", "restored", "recalled"
MARGIN = timedelta(hours=1)
BATCH = 100
HASTE = Haste(most=500, linger=0.01, idle=0.5)
AGAIN_SECONDS = 2.0
OF_NO_THING = frozenset(
    {
        "look.taken.v1",
        "event.parked.v1",
        "event.released.v1",
        "gap.noticed.v1",
        "gap.filled.v1",
        "day.counted.v1",
        "day.differs.v1",
        "day.agreed.v1",
    }
)
"""What every service tells once, as the first and last event of an id of its own: no document holds it."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """What a restored service does not know by itself: everything recorded from `since` to `until`, instants on the wire."""

    since: str
    until: str

    def holds(self, event: Event) -> bool:
        """Whether an event is of that time: it may have been handled before, with all its effects outside."""
        return self.since <= event.time <= self.until


def note_restored(database: Database[Doc], now: datetime) -> Window:
    """A person restored this database from a backup: have the service recall what came after. Returns what it will ask for.

    `now` is county time, as in the events: a demo's county has a time of its own.
    """
    newest = next(iter(database[outbox.NAME].find({}, {"events.body": 1}, sort=[("_id", -1)], limit=1)), None)
    began = from_wire(read(bytes(newest["events"][-1]["body"])).time) - MARGIN if newest else EVER
    found = Window(to_wire(began), to_wire(now))
    row: Doc = {"_id": RESTORED, "since": found.since, "until": found.until, "mark": new_id(), "recalled": False}
    database[VITALS].bulk_write([ReplaceOne({"_id": RESTORED}, row, upsert=True)])
    return found


def window(database: Database[Doc]) -> Window | None:
    """The time this service may have acted in without knowing of it; None when it was never restored."""
    row = database[VITALS].find_one({"_id": RESTORED})
    return Window(row["since"], row["until"]) if row else None


def recalling(database: Database[Doc]) -> bool:
    """Whether it still waits for its own events."""
    return database[VITALS].find_one({"_id": RESTORED, "recalled": False}) is not None


class RecallGate:
    """Knows, at most a second old, whether the service still waits for its own events. Safe to share between threads."""

    def __init__(self, database: Database[Doc], clock: MachineClock) -> None:
        self._database, self._clock = database, clock
        self._closed, self._looked = False, float("-inf")

    def closed(self) -> bool:
        """Whether no command may be taken now."""
        if self._clock.monotonic() - self._looked > 1.0:
            self._closed, self._looked = recalling(self._database), self._clock.monotonic()
        return self._closed

    def refuse_when_closed(self) -> None:
        """Raises Busy while a command would fork what the world knows."""
        if self.closed():
            raise Busy("this service was restored and reads back what it told; nothing was changed", retry_after=30)


class Recall:
    """Recalls one service's events. `apply`: by type, how an own event changes the thing it tells of.

    An application may come twice, and for things that are newer already: it compares revisions. `after` is run once at the end.
    """

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        amqp_url: str,
        service: str,
        topology: Topology,
        apply: Mapping[str, Handler],
        after: Callable[[Unit, Window], None] = lambda unit, window: None,
    ) -> None:
        self._units, self._database, self._amqp_url = units, database, amqp_url
        self._service, self._topology, self._apply, self._after = service, topology, apply, after

    def run(self, stop: threading.Event) -> None:
        """Recall if it must, and return when that is done or when stopped. Whatever is away is waited for."""
        while not stop.is_set():
            try:
                if not recalling(self._database):
                    return
                self._recall(stop)
            except (*BROKEN, PyMongoError, Busy) as error:
                log.warning("recall_waits", error=type(error).__name__)
                stop.wait(AGAIN_SECONDS)

    def _recall(self, stop: threading.Event) -> None:
        row = self._database[VITALS].find_one({"_id": RESTORED}) or {}
        ensure_queue(self._amqp_url, self._topology, recalled_queue(self._service))
        ask = Ask(recalled_queue(self._service), source=self._service, since=row["since"], mark=row["mark"])
        if not row.get("asked"):
            send_ask(self._amqp_url, LOG, ask)
            self._database[VITALS].update_one({"_id": RESTORED}, {"$set": {"asked": True}})
        if not row.get("collected") and not self._collect(row["mark"], stop):
            return
        back = self._apply_all(stop)
        if back is None:
            return
        nouns = self._topology.follows(f"{self._service}.events")
        send_ask(self._amqp_url, LOG, Ask(f"{self._service}.events", nouns=nouns, since=row["since"]))
        self._units.run(lambda unit: self._finish(unit, Window(row["since"], row["until"])))
        log.info("recalled", service=self._service, events=back, since=row["since"])

    def _collect(self, mark: str, stop: threading.Event) -> bool:
        """Lay what comes back into a collection, until the log says that this was all. False when stopped before."""
        rows = self._database[CAME_BACK]
        with consuming(self._amqp_url, recalled_queue(self._service), dead_letters=False) as line:
            while not stop.is_set():
                came = line.gather(HASTE)
                bodies = [body for delivery in came for body, _ in delivery.parts]
                found = [event for event in map(_event, bodies) if event is not None]
                if found:
                    rows.bulk_write([ReplaceOne({"_id": event.id}, _kept(event), upsert=True) for event in found])
                whole = end_mark(mark) in bodies
                if whole:
                    self._database[VITALS].update_one({"_id": RESTORED}, {"$set": {"collected": True}})
                if came:
                    line.ack(came[-1])
                if whole or self._collected():
                    return True
        return False

    def _collected(self) -> bool:
        """Another process of this service may have got the end."""
        return self._database[VITALS].find_one({"_id": RESTORED, "collected": True}) is not None

    def _apply_all(self, stop: threading.Event) -> int | None:
        """Apply what came back, oldest first. Returns how many were news; None when stopped before."""
        back = 0
        came_back = iter(self._database[CAME_BACK].find(sort=[("_id", 1)]))
        while rows := list(islice(came_back, BATCH)):
            if stop.is_set():
                return None
            events = [read(bytes(row["body"])) for row in rows]
            back += self._units.run(lambda unit, events=events: self._take_back(unit, events))  # type: ignore[misc]
        return back

    def _take_back(self, unit: Unit, events: Sequence[Event]) -> int:
        rows = unit.collection(outbox.NAME)
        subjects = sorted({event.subject for event in events})
        known = {
            e["id"] for row in rows.find({"events.subject": {"$in": subjects}}, projection=["events.id"]) for e in row["events"]
        }
        news = [event for event in events if event.id not in known]
        rows.insert_many([outbox.told_row(event) for event in news])
        told = sums.summed((sums.told_key(event.noun, event.day), event.id) for event in news)
        sums.add(unit.collection(sums.TOLD), told)
        for event in news:
            if apply := self._apply.get(event.type):
                apply(unit, event)
        return len(news)

    def _finish(self, unit: Unit, window: Window) -> None:
        self._after(unit, window)
        unit.collection(CAME_BACK).delete_any({})
        unit.collection(VITALS).update({"_id": RESTORED}, {"$set": {"recalled": True}})


def _kept(event: Event) -> Doc:
    return {"_id": event.id, "body": event.body}


def _event(body: bytes) -> Event | None:
    try:
        return read(body)
    except Malformed:
        return None
