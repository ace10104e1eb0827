"""Counts days: each service says what it told on a county day, and each listener compares that with what it heard.

From these a lost tail is known, which no later revision would show. Counted ten minutes after the day's end by county time:
no unit of work takes that long, so nothing of that day is still to be committed. What differs for a minute is asked for again.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from pymongo import ASCENDING
from pymongo.database import Database

from shared.clock import CountyClock, MachineClock, at_county, county_day
from shared.events import Event
from shared.healing.again import PATIENCE, Ask, pause_after
from shared.ids import new_id
from shared.units import Unit, Units, outbox, sums
from shared.units.sums import Sum
from shared.units.timers import NAME as TIMERS
from shared.units.timers import Timer, set_timer

log = structlog.get_logger()
NAME = "days"
COUNT_THE_DAY = "count_the_day"
COUNTED, DIFFERS, AGREED = "day.counted.v1", "day.differs.v1", "day.agreed.v1"
AFTER_MIDNIGHT = 10
AGAIN = timedelta(minutes=1)
Doc = dict[str, Any]


def prepare(database: Database[Doc]) -> None:
    """Make the index."""
    database[NAME].create_index([("agreed", ASCENDING), ("look_at", ASCENDING)])


class DayCount:
    """Says, as a timer's handler, what this service told on the day that ended."""

    def __init__(self, service: str, home: str, clock: CountyClock) -> None:
        self._actor, self._home, self._clock = f"system:{service}", home, clock

    def begin(self, database: Database[Doc]) -> None:
        """See to it that the present day will be counted. Harmless when it is so already."""
        row = _timer(county_day(self._clock.now()))
        database[TIMERS].update_one({"_id": COUNT_THE_DAY}, {"$setOnInsert": row}, upsert=True)

    def count(self, unit: Unit, timer: Timer) -> None:
        """Tell the day's sums and wait for the next; while something of it is untold, look again in a minute."""
        day = timer.payload["day"]
        if unit.collection(outbox.NAME).find_one({"untold": True, "day": {"$lte": day}}, projection=["_id"]):
            set_timer(unit, COUNT_THE_DAY, self._clock.now() + AGAIN, timer.payload, COUNT_THE_DAY)
            return
        told = sums.fold(unit.collection(sums.TOLD).find(sums.told_on(day)), lambda words: words[0])
        said = [f"{noun}|{found.events}|{found.hexadecimal}" for noun, found in sorted(told.items())]
        data = {"day": day, "sums": said}
        unit.tell(COUNTED, subject=new_id(), revision=1, branch=self._home, actor=self._actor, data=data)
        row = _timer(date.fromisoformat(day) + timedelta(days=1))
        set_timer(unit, row["name"], row["due_at"], row["payload"], COUNT_THE_DAY)


def note_count(unit: Unit, event: Event) -> None:
    """A handler of every listener: a source has counted a day. Compared later, when all of it has been counted here too."""
    key = f"{event.service}|{event.data['day']}"
    rows = unit.collection(NAME)
    rows.delete_any({"_id": key})
    row = {"_id": key, "source": event.service, "day": event.data["day"], "sums": list(event.data["sums"])}
    rows.insert({**row, "agreed": False, "look_at": datetime.min, "times": 0})


class DayWatch:
    """Compares counted days with what was heard, tells once of each that differs, asks until it agrees, and tells that too."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        service: str,
        home: str,
        follows: Sequence[str],
        clock: MachineClock,
        ask: Callable[[str, Ask], object],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._units, self._days, self._heard = units, database[NAME], database[sums.HEARD]
        self._service, self._home, self._follows = service, home, set(follows)
        self._clock, self._ask, self._patience = clock, ask, patience

    def look(self) -> int:
        """Compare what is not agreed yet. Returns how many days differ."""
        now = self._clock.now()
        due = self._days.find({"agreed": False, "look_at": {"$lte": now}})
        return sum(self._compare(row, now) for row in due)

    def _compare(self, row: Doc, now: datetime) -> bool:
        differing = sorted(self._differing(row))
        if not differing:
            self._agree(row)
            return False
        if row["times"]:  # the first look may come before the last events of the day do
            self._say(row, differing)
            self._ask(row["source"], Ask(f"{self._service}.events", nouns=differing, day=row["day"]))
        pause = pause_after(row["times"], self._patience)
        change: Doc = {"look_at": now + pause, "times": min(row["times"] + 1, 20), "differing": differing}
        self._days.update_one({"_id": row["_id"], "agreed": False}, {"$set": change})
        return True

    def _differing(self, row: Doc) -> Iterator[str]:
        said = read_sums_of(row["sums"])
        heard = sums.fold(self._heard.find(sums.heard_on(row["source"], row["day"])), lambda words: words[1])
        for noun in (said.keys() | heard.keys()) & self._follows:
            if said.get(noun, Sum()) != heard.get(noun, Sum()):
                yield noun

    def _agree(self, row: Doc) -> None:
        change: Doc = {"$set": {"agreed": True}, "$unset": {"differing": ""}}

        def work(unit: Unit) -> None:
            if unit.collection(NAME).update_any({"_id": row["_id"], "agreed": False}, change) and "said" in row:
                self._tell(unit, AGREED, {"service": row["source"], "day": row["day"]})

        self._units.run(work)

    def _say(self, row: Doc, differing: list[str]) -> None:
        def work(unit: Unit) -> None:
            found = unit.collection(NAME).update_any({"_id": row["_id"], "said": {"$exists": False}}, {"$set": {"said": True}})
            if found:
                self._tell(unit, DIFFERS, {"service": row["source"], "day": row["day"], "nouns": differing})

        self._units.run(work)
        log.error("day_differs", source=row["source"], day=row["day"], nouns=differing)

    def _tell(self, unit: Unit, type_: str, data: Doc) -> None:
        unit.tell(type_, subject=new_id(), revision=1, branch=self._home, actor=f"system:{self._service}", data=data)


def _timer(day: date) -> Doc:
    due = at_county(day + timedelta(days=1), 0, AFTER_MIDNIGHT)
    return {"name": COUNT_THE_DAY, "due_at": due, "payload": {"day": day.isoformat()}}


def read_sums_of(said: Sequence[str]) -> dict[str, Sum]:
    """The sums of a counted day by noun, as its event says them."""
    return dict(_read_sum(text) for text in said)


def _read_sum(text: str) -> tuple[str, Sum]:
    noun, events, total = text.split("|")
    return noun, Sum(int(events), int(total, 16))
