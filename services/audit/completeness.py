"""Through which day the log is complete, source by source: the log holds exactly the events which the source says it told.

From the sources' own counts (`day.counted.v1`, ten minutes after each county day) and the log's. A day that differs is
missing something, or holds what its source does not know of: then the source's database was restored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from services.audit.store import ENTRIES, LOGGED
from shared.canonical import parse
from shared.healing.days import COUNTED, read_sums_of
from shared.messaging import sums

Doc = dict[str, Any]
DAYS_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Complete:
    """One source. `through` is empty while not even its first counted day agrees."""

    source: str
    through: str
    differing: tuple[str, ...]


class Completeness:
    """Reads one county's audit database."""

    def __init__(self, database: Database[Doc], sources: tuple[str, ...]) -> None:
        self._entries: Collection[Doc] = database[ENTRIES]
        self._logged: Collection[Doc] = database[LOGGED]
        self._sources = sources

    def of_all(self) -> list[Complete]:
        """Each source, by its last forty counted days."""
        return [self._of(source) for source in self._sources]

    def _of(self, source: str) -> Complete:
        through, differing = "", []
        for day, said in sorted(self._counted(source)):
            heard = sums.fold(self._logged.find(sums.heard_on(source, day)), lambda words: words[1])
            if said != heard:
                differing.append(day)
            elif not differing:
                through = day
        return Complete(source, through, tuple(differing))

    def _counted(self, source: str) -> Iterator[tuple[str, dict[str, sums.Sum]]]:
        wanted = {"type": COUNTED, "service": source, "odd": {"$exists": False}}
        for row in self._entries.find(wanted, {"body": 1}, sort=[("_id", -1)], limit=DAYS_LOOKED_AT):
            data = parse(bytes(row["body"]))["data"]
            yield data["day"], read_sums_of(data["sums"])
