"""The two clocks (docs/design.md, section 4). County time says what is due; machine time says what is slow.

Nothing here is read by itself: clocks are passed in. In production county time is the host's; in the demo a
conductor writes it into a small file which all processes read.
"""

import re
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_WIRE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class CountyClock(Protocol):
    """Tells the county's time: due dates, quiet hours, when a thing was recorded."""

    def now(self) -> datetime:
        """The present county time, aware, in UTC."""
        ...


class SystemCountyClock:
    """The host's clock: county time in production."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileCountyClock:
    """County time as the demo's conductor wrote it (`to_wire` form). Read anew at each call: some microseconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return from_wire(self._path.read_text(encoding="ascii").strip())

    def move_to(self, instant: datetime) -> None:
        """Set county time for every process that reads this file. Only the conductor calls this."""
        fresh = self._path.with_suffix(".next")
        fresh.write_text(to_wire(instant), encoding="ascii")
        fresh.replace(self._path)


class ManualCountyClock:
    """A county clock a test moves by hand."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def forward(self, by: timedelta) -> None:
        """Move on by this much."""
        self._now += by


class MachineClock:
    """Machine time: leases, retries, time-outs. `monotonic` never jumps; `now` is the host's wall clock."""

    def now(self) -> datetime:
        """Wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an unknown start."""
        return time.monotonic()


def to_wire(instant: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`, the one form of an instant in events and documents on the wire."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def from_wire(text: str) -> datetime:
    """Read `to_wire` form. Raises ValueError for any other, 24:00 and 30 February included."""
    if _WIRE.fullmatch(text) is None or text[11:13] == "24":  # fromisoformat reads many more forms
        raise ValueError("not an instant as we write it")
    return datetime.fromisoformat(text)


@lru_cache(maxsize=1024)
def county_day_of_hour(hour: str) -> str:
    """The county day, as `2026-11-24`, of an hour of the wire form (`2026-11-23T17`): asked once for each event."""
    return county_day(from_wire(hour + ":00:00Z")).isoformat()


def county_day(instant: datetime) -> date:
    """The calendar day of this instant as the county counts it (Asia/Shanghai)."""
    return instant.astimezone(SHANGHAI).date()


def at_county(day: date, hour: int, minute: int = 0) -> datetime:
    """This hour of this county day, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)
