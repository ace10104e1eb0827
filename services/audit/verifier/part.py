"""Whether a part of the log is the part it says to be: no gap in a span, no stranger in a branch, as many entries as stated."""

from collections.abc import Mapping
from typing import Any

from services.audit.model import tar
from services.audit.model.selection import BRANCH, SPAN, THING
from services.audit.verifier.report import Finding, Report


class Part:
    """Whether a part of the log is the part it says to be. Does nothing for the whole log."""

    def __init__(self, report: Report) -> None:
        self._report, self._asked = report, report.selection
        self._first = self._last = -1

    def place(self, index: int) -> None:
        """An entry of the log, whatever it says."""
        if self._asked is None:
            return
        if self._asked.kind == SPAN and self._last >= 0 and index != self._last + 1:
            self._report.add(Finding("span_gap", entry=index, detail=f"{self._last + 1}-{index - 1}"))
        self._first, self._last = self._first if self._first >= 0 else index, index

    def entry(self, event: Mapping[str, Any], index: int) -> None:
        """One event."""
        if self._asked is None:
            return
        if self._asked.kind == BRANCH and not f"{event['branch']}/".startswith(f"{self._asked.of}/"):
            self._report.add(Finding("not_asked", entry=index, detail=event["branch"]))
        if self._asked.kind == THING:
            self._report.naming += _names(event, self._asked.of)

    def end(self) -> None:
        """After the last entry of a sound copy; in a damaged one the numbers are wrong for another reason."""
        asked, found = self._asked, (self._report.checked, max(self._first, 0), max(self._last, 0))
        if asked and self._report.sound and (asked.entries, asked.first, asked.last) != found:
            self._report.add(Finding("part_differs", tar.ABOUT, detail=f"{found[0]} / {asked.entries}"))


def _names(event: Mapping[str, Any], thing: str) -> bool:
    """Whether an event is about this thing, or names it in its open part."""
    return event["subject"] == thing or _within(event["data"], thing)


def _within(value: Any, thing: str) -> bool:
    if isinstance(value, dict):
        return any(_within(each, thing) for each in value.values())
    return any(_within(each, thing) for each in value) if isinstance(value, list) else bool(value == thing)
