"""Through which day the log is complete, source by source: the log holds exactly the events which the source says it told.

From the sources' own counts (`day.counted.v1`, ten minutes after each county day) and the log's. A day that differs is
missing something, or holds what its source does not know of: then the source's database was restored, or it lies. A day
that was never counted is no complete one either. Reads the log alone; whatever a body says, this never raises.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from services.audit.store import ENTRIES, LOGGED
from shared.canonical import parse
from shared.healing.days import COUNTED, read_sums_of
from shared.units import sums

Doc = dict[str, Any]
Sums = Mapping[str, sums.Sum]
DAYS_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Differs:
    """A day that is not whole. `nouns`: of what kind of thing it misses or has too many events; empty: it was not counted."""

    day: str
    nouns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Complete:
    """One source. `through` is empty while not even its first counted day agrees; `counted`: the last day it counted."""

    source: str
    through: str
    differing: tuple[Differs, ...]
    counted: str = ""


class Completeness:
    """Reads one county's audit database."""

    def __init__(self, database: Database[Doc], sources: Sequence[str]) -> None:
        self._entries: Collection[Doc] = database[ENTRIES]
        self._logged: Collection[Doc] = database[LOGGED]
        self._sources = sources

    def of_all(self) -> list[Complete]:
        """Each source, by its last forty counted days."""
        return [self._of(source) for source in self._sources]

    def through(self) -> dict[str, str]:
        """Source -> the last day through which the log is complete (`2026-11-23`), empty while none is: for exports."""
        return {found.source: found.through for found in self.of_all()}

    def _of(self, source: str) -> Complete:
        said = dict(reversed(list(self._counted(source))))  # of two counts of a day the later one holds
        if not said:
            return Complete(source, "", ())
        days = list(_days(min(said), max(said)))
        heard = self._heard(source, days)
        through, differing = "", []
        for day in days:
            nouns = _differing(said[day], heard.get(day, {})) if day in said else ()
            if nouns or day not in said:
                differing.append(Differs(day, nouns))
            elif not differing:
                through = day
        return Complete(source, through, tuple(differing), days[-1])

    def _counted(self, source: str) -> Iterator[tuple[str, Sums]]:
        """What the source said of its days, the latest word first."""
        wanted = {"type": COUNTED, "service": source, "odd": {"$exists": False}}
        for row in self._entries.find(wanted, {"body": 1}, sort=[("_id", -1)], limit=DAYS_LOOKED_AT):
            data = parse(bytes(row["body"]))["data"]
            try:
                yield date.fromisoformat(data["day"]).isoformat(), read_sums_of(data["sums"])
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # it is in the log and says nothing: that day is not counted

    def _heard(self, source: str, days: Sequence[str]) -> dict[str, Sums]:
        """What the log holds of these days, by noun: one walk over the source's keys."""
        rows = self._logged.find({"_id": {"$regex": rf"^{source}\|[a-z_]+\|({'|'.join(days)})$"}})
        by_day: dict[str, list[Doc]] = {}
        for row in rows:
            by_day.setdefault(row["_id"].rsplit("|", 1)[1], []).append(row)
        return {day: sums.fold(found, lambda words: words[1]) for day, found in by_day.items()}


def _differing(said: Sums, heard: Sums) -> tuple[str, ...]:
    none = sums.Sum()
    return tuple(sorted(noun for noun in said.keys() | heard.keys() if said.get(noun, none) != heard.get(noun, none)))


def _days(first: str, last: str) -> Iterator[str]:
    """The days from one to another; no more than are looked at, whatever a source said."""
    end = date.fromisoformat(last)
    day = max(date.fromisoformat(first), end - timedelta(days=min(DAYS_LOOKED_AT - 1, end.toordinal() - 1)))
    while day <= end:
        yield day.isoformat()
        day += timedelta(days=1)
