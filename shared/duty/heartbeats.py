"""The last beat of each service as this one heard it: one row a service, written by who listens, read by page and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from shared.clock import MachineClock
from shared.healing.beats import SILENT_AFTER_SECONDS, Beat

NAME = "beats"
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """A service's last beat: how many seconds ago (machine time), and what it said was waiting then."""

    service: str
    seconds: int
    waiting: int
    oldest_seconds: int

    @property
    def silent(self) -> bool:
        """Whether it is time to look: the same bound by which a concern is opened."""
        return self.seconds > SILENT_AFTER_SECONDS


class Heartbeats:
    """The rows. A service that listens to no beats has none."""

    def __init__(self, database: Database[Doc], clock: MachineClock) -> None:
        self._rows, self._clock = database[NAME], clock

    def note(self, beat: Beat) -> None:
        """A service lives. Outside any unit of work: a beat that is lost is followed by the next. Raises PyMongoError."""
        row = {"_id": beat.service, "at": self._clock.now(), "waiting": beat.waiting, "oldest_seconds": beat.oldest_seconds}
        self._rows.replace_one({"_id": beat.service}, row, upsert=True)

    def latest(self) -> Sequence[Heard]:
        """All that were ever heard, by name."""
        now = self._clock.now()
        return [
            Heard(row["_id"], max(0, int((now - row["at"]).total_seconds())), row["waiting"], row["oldest_seconds"])
            for row in self._rows.find(sort=[("_id", 1)])
        ]
