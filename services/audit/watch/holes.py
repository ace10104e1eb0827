"""Asks for what the log itself never got: an event of a chain of which it has a later one, and a restored log's last second."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pymongo.database import Database

from services.audit.store import ENTRIES, HOLES
from shared.clock import MachineClock
from shared.healing.again import PATIENCE, Ask, pause_after
from shared.healing.recall import RESTORED, VITALS
from shared.messaging.follows import FOLLOWS, LOG_QUEUE

Doc = dict[str, Any]
AT_A_TIME = 100


class LogHoles:
    """The holes in the log's chains. One that closes is taken out by the intake."""

    def __init__(
        self,
        database: Database[Doc],
        clock: MachineClock,
        ask: Callable[[str, Ask], object],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._holes, self._entries = database[HOLES], database[ENTRIES]
        self._clock, self._ask, self._patience = clock, ask, patience

    def look(self) -> int:
        """Ask for each hole that did not close by itself, with growing pauses. Returns how many were asked for."""
        now = self._clock.now()
        due = self._holes.find({"$or": [{"ask_at": {"$exists": False}}, {"ask_at": {"$lte": now}}]}).limit(AT_A_TIME)
        asked = 0
        for row in due:
            times = row.get("times", 0)
            if times:
                self._ask_for(row)
                asked += 1
            pause = pause_after(max(times - 1, 0), self._patience)
            self._holes.update_one({"_id": row["_id"]}, {"$set": {"ask_at": now + pause, "times": min(times + 1, 20)}})
        return asked

    def _ask_for(self, hole: Doc) -> None:
        after = self._entries.find_one({"_id": hole["entry"]}, {"service": 1})
        if after is not None:
            self._ask(after["service"], Ask(LOG_QUEUE, hole["subject"], hole["revision"], hole["revision"]))


class LogTail:
    """What a lost database had taken from the queue and the folder had not got yet: every source is asked, once."""

    def __init__(self, database: Database[Doc], ask: Callable[[str, Ask], object]) -> None:
        self._vitals, self._ask = database[VITALS], ask

    def look(self) -> int:
        """Ask all services for what they told since the backup, if that was not done yet. Returns how many were asked."""
        row = self._vitals.find_one({"_id": RESTORED, "recalled": True, "tail_asked": {"$exists": False}})
        if row is None:
            return 0
        for service in FOLLOWS:
            self._ask(service, Ask(LOG_QUEUE, since=row["since"]))
        self._vitals.update_one({"_id": RESTORED, "mark": row["mark"]}, {"$set": {"tail_asked": True}})
        return len(FOLLOWS)
