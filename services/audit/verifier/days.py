"""Each day's counts: what a source says it told on a county day, against what the log holds of that day.

A source counts every county day ten minutes after it ended and tells it (`day.counted.v1`): events and the sum of the SHA-256
of their ids, by noun. So a lost tail shows, which no later revision would show. Written apart from the services' own code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from services.audit.model.wrong import Wrong
from services.audit.verifier.spill import Rows

COUNTED = "day.counted.v1"
MODULUS = 2**256
MOST_KINDS = 200_000
"""Sources times nouns times days: a county of four services tells some 40,000 in a year."""
MOST_HOURS = 50_000
_EAST = timedelta(hours=8)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SUM = re.compile(r"[a-z][a-z_]{0,39}\|(0|[1-9][0-9]{0,17})\|[0-9a-f]{64}", re.ASCII)
_MOST_SUMS = 1_000
Sums = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class DayDiffers:
    """A day whose count, told in `entry`, is not what the log holds. `nouns`: noun, said, held."""

    source: str
    day: str
    entry: int
    nouns: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Counted:
    """One source: its first counted day, through which day all agrees and none is left out, the days that stand in the way."""

    first: str
    through: str
    agreeing: int
    differing: tuple[str, ...]
    uncounted: tuple[str, ...]


class Days:
    """Adds up while the entries pass, then judges. Memory grows with kinds and days, never with entries."""

    def __init__(self, said: Rows) -> None:
        self._said = said
        self._day_of: dict[str, str] = {}
        self._slots: dict[tuple[str, str, str], int] = {}
        self._held: list[list[int]] = []

    @property
    def too_many(self) -> bool:
        """Whether there were more kinds and days than any county has, so that nothing is judged."""
        return len(self._held) > MOST_KINDS

    def add(self, event: Mapping[str, Any], entry: int) -> int:
        """One event; returns under which number it was added up, for `drop`. Raises Wrong for a count of no known form."""
        hour, type_ = event["time"][:13], event["type"]
        day = self._day_of.get(hour) or self._remember(hour)
        key = event["source"], type_[: type_.index(".")], day
        slot = self._slots.get(key)
        if slot is None:
            if self.too_many:
                return 0
            slot = self._slots[key] = len(self._held)
            self._held.append([0, 0])
        held = self._held[slot]
        held[0] += 1
        held[1] += _hash_of(event["id"])
        if type_ == COUNTED:
            self._take_count(event, entry)
        return slot

    def drop(self, slot: int, event_id: str) -> None:
        """Take one out again: a second body under an id is no event more."""
        self._held[slot][0] -= 1
        self._held[slot][1] -= _hash_of(event_id)

    def judge(self, first: str = "", last: str = "") -> Iterator[DayDiffers]:
        """Every count that the log does not bear out; with `first` and `last` only of these days (empty: no bound).

        Counts that agree are found by `sources` afterwards.
        """
        held: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
        for (source, noun, day), slot in self._slots.items():
            count, total = self._held[slot]
            if count:
                held.setdefault((source, day), {})[noun] = count, total % MODULUS
        self._outcome: dict[str, dict[str, bool]] = {}
        for rows in self._said.parts():
            for source, day, entry, *sums in rows:
                if day < first or (last and day > last):
                    continue
                differing = tuple(_differing(_read_sums(sums), held.get((source, day), {})))
                days = self._outcome.setdefault(source, {})
                days[day] = not differing and days.get(day, True)
                if differing:
                    yield DayDiffers(source, day, int(entry), differing)

    def sources(self) -> dict[str, Counted]:
        """What `judge`, run to its end, found for each source that counted a day, by name."""
        return {source: _counted(days) for source, days in sorted(self._outcome.items())}

    def _remember(self, hour: str) -> str:
        if len(self._day_of) > MOST_HOURS:
            self._day_of.clear()
        return self._day_of.setdefault(hour, _county_day(hour))

    def _take_count(self, event: Mapping[str, Any], entry: int) -> None:
        day, sums = event["data"].get("day"), event["data"].get("sums")
        if type(day) is not str or not _DAY.fullmatch(day) or type(sums) is not list or len(sums) > _MOST_SUMS:
            raise Wrong("count_form")
        if not all(type(each) is str and _SUM.fullmatch(each) for each in sums):
            raise Wrong("count_form")
        try:
            date.fromisoformat(day)
        except ValueError:
            raise Wrong("count_form") from None
        self._said.add(event["source"], "\t".join((day, str(entry), *sums)))


def _hash_of(event_id: str) -> int:
    return int.from_bytes(sha256(event_id.encode("ascii")).digest(), "big")


def _county_day(hour: str) -> str:
    """The day of an hour in UTC as the county counts it (Asia/Shanghai: eight hours ahead, all year)."""
    try:
        return (datetime.fromisoformat(hour + ":00:00") + _EAST).date().isoformat()
    except (ValueError, OverflowError):
        return "never"


def _read_sums(sums: list[str]) -> Sums:
    words = [each.split("|") for each in sums]
    return {noun: (int(count), int(total, 16)) for noun, count, total in words}


def _differing(said: Sums, held: Sums) -> Iterator[tuple[str, int, int]]:
    for noun in sorted(said.keys() | held.keys()):
        one, other = said.get(noun, (0, 0)), held.get(noun, (0, 0))
        if one != other:
            yield noun, one[0], other[0]


def _counted(days: Mapping[str, bool]) -> Counted:
    ordered = sorted(days)
    first, last = date.fromisoformat(ordered[0]), date.fromisoformat(ordered[-1])
    span = min((last - first).days, 40_000)
    uncounted = [day for at in range(span) if (day := (first + timedelta(at)).isoformat()) not in days]
    differing = [day for day in ordered if not days[day]]
    stop = min([*uncounted, *differing], default="")
    through = max((day for day in ordered if not stop or day < stop), default="")
    return Counted(first.isoformat(), through, len(ordered) - len(differing), tuple(differing), tuple(uncounted))
