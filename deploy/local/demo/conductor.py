"""The conductor: holds county time for all processes and moves it to the next due instant, only when all is quiet.

Quiet means, twice in a row with the same numbers: nothing untold, every listener's sums equal every source's, no retry,
no open request, no timer taken, the carrier idle (docs/design.md, section 4, "Two clocks"). Queue lengths are not asked.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from deploy.local.demo.processes import SERVICES, County
from shared.clock import from_wire
from shared.errors import SpringrainError
from shared.messaging.follows import FOLLOWS

LOOK_AGAIN_SECONDS = 0.02
PATIENCE_SECONDS = 60.0
Report = dict[str, Any]


class NeverQuiet(SpringrainError):
    """Something stays on its way for a minute: the message says what."""

    code = "never_quiet"


class Conductor:
    """Moves the county's time."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._asking = ThreadPoolExecutor(max_workers=len(SERVICES) + 1, thread_name_prefix="conductor")

    def now(self) -> datetime:
        """County time."""
        return self._county.clock.now()

    def move_to(self, instant: datetime) -> None:
        """Set county time; going back is refused."""
        if instant < self.now():
            raise ValueError("county time never goes back")
        self._county.clock.move_to(instant)

    def play_until(self, end: datetime, acts: Callable[[datetime], datetime | None], seen: Callable[[datetime], None]) -> None:
        """Go from due instant to due instant up to `end`.

        `acts` does what people do at this instant and returns when they act next; `seen` is told each instant.
        """
        while True:
            people = acts(self.now())
            due = self.wait_quiet()
            coming = [instant for instant in (due, people) if instant is not None]
            following = max(min(coming, default=end), self.now())
            if following >= end:
                self.move_to(end)
                return
            if following > self.now():
                self.move_to(following)
                seen(following)

    def wait_quiet(self) -> datetime | None:
        """Wait until all is quiet. Returns the next due instant of services and carrier, or None."""
        before: Any = None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            reports, carrier = self._ask()
            restless = unquiet(reports, carrier, self.now())
            numbers = [_numbers(report) for report in reports.values()]
            if not restless and numbers == before:
                return _next_due([*reports.values(), carrier])
            before = numbers if not restless else None
            if time.monotonic() > deadline:
                raise NeverQuiet(f"after {PATIENCE_SECONDS:g} s still on its way: {'; '.join(restless) or 'numbers move'}")
            if restless:
                time.sleep(LOOK_AGAIN_SECONDS)

    def reports(self) -> dict[str, Report]:
        """What each service says of itself now."""
        return self._ask()[0]

    def _ask(self) -> tuple[dict[str, Report], Report]:
        urls = {name: f"http://127.0.0.1:{self._county.ports[name]}/health/quiet" for name in SERVICES}
        urls["carrier"] = f"{self._county.carrier_url}/state"
        answers = dict(zip(urls, self._asking.map(_get, urls.values()), strict=True))
        return {name: answers[name] for name in SERVICES}, answers["carrier"]


def unquiet(reports: Mapping[str, Report], carrier: Report, now: datetime) -> list[str]:
    """What is still on its way, in words; empty when all is quiet."""
    found = [f"{name} {what}={report[what]}" for name, report in reports.items() for what in _MUST_BE_ZERO if report.get(what)]
    if not carrier["idle"]:
        found.append("carrier busy")
    for name, report in reports.items():
        if report["next_due"] and from_wire(report["next_due"]) <= now:
            found.append(f"{name} has a timer due")
        found += [f"{name} busy: {what}" for what in report.get("busy", ())]
    return found + [f"{listener} has not heard all {noun} of {source}" for listener, source, noun in _behind(reports)]


_MUST_BE_ZERO = ("untold", "retries", "awaits", "taken_timers", "open_requests", "jobs", "in_hand")


def _behind(reports: Mapping[str, Report]) -> list[tuple[str, str, str]]:
    behind = []
    for source, report in reports.items():
        for noun, figures in report["told"].items():
            listeners = [name for name, nouns in FOLLOWS.items() if noun in nouns]
            behind += [(n, source, noun) for n in listeners if reports[n]["heard"].get(f"{source}|{noun}") != figures]
        told = sum(count for count, _sum in report["told"].values())
        if reports["audit"].get("logged", {}).get(source, 0) != told:
            behind.append(("audit log", source, "#"))
    return behind


def _numbers(report: Report) -> Any:
    return {name: value for name, value in report.items() if name != "open_requests"}


def _next_due(reports: list[Report]) -> datetime | None:
    return min((from_wire(report["next_due"]) for report in reports if report.get("next_due")), default=None)


def _get(url: str) -> Report:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: Report = json.load(answer)
        return found
