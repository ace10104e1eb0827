"""Puts a message's text together from template, version and parameters. Pure.

Parameters are plain data: `names` (list), `day`, `next_day`, `until` (wire form), `why`, `well` (words), `visits` (count),
`place`, `office`. Nothing that is not a parameter can get into a text.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.notifier.model.templates import TEMPLATES, WORDS
from shared.clock import SHANGHAI, from_wire

MOST_NAMES = 4
SAMPLE: Mapping[str, Any] = {
    "names": ("王秀英", "周桂花"),
    "day": "2026-09-03",
    "next_day": "2026-09-05",
    "until": "2026-09-03T06:00:00Z",
    "why": "cannot",
    "well": "well",
    "visits": 2,
    "place": "文港镇",
    "office": "0791-85600000",
}
"""Parameters to show a template with; people of no county."""


def render(name: str, version: int, language: str, parameters: Mapping[str, Any], *, named: bool) -> str:
    """The text. `named`: to a fresh number, with what it may hold; needs the names then, else the plain text is taken.

    Raises KeyError for a template, version or language there is none of.
    """
    text = TEMPLATES[name][version][language]
    form = text.named if named and (parameters.get("names") or "{names}" not in text.named) else text.plain
    return form.format_map(_words(parameters, language))


def _words(given: Mapping[str, Any], language: str) -> dict[str, str]:
    chinese = language.startswith("zh")
    words = {
        "place": str(given.get("place") or ("乡镇" if chinese else "the township")),
        "office": str(given.get("office", "")),
        "names": _names(given.get("names") or (), chinese),
        "day": _day(given.get("day"), chinese),
        "until": _hour(given.get("until"), chinese),
        "why": WORDS[language]["why"].get(str(given.get("why", "")), ""),
        "well": WORDS[language]["well"].get(str(given.get("well") or ""), ""),
        "visits": _visits(int(given.get("visits") or 0), chinese),
    }
    return words | {"next": _next(given.get("next_day"), chinese)}


def _names(names: Sequence[str], chinese: bool) -> str:
    shown = ("、" if chinese else ", ").join(names[:MOST_NAMES])
    if len(names) <= MOST_NAMES:
        return shown
    return f"{shown}等" if chinese else f"{shown} and others"


def _day(day: str | None, chinese: bool) -> str:
    if not day:
        return "最近" if chinese else "a recent day"
    read = date.fromisoformat(day)
    return f"{read.month}月{read.day}日" if chinese else f"{read:%d %B}".lstrip("0")


def _hour(instant: str | None, chinese: bool) -> str:
    if not instant:
        return ""
    local = from_wire(instant).astimezone(SHANGHAI)
    return f"{_day(local.date().isoformat(), chinese)} {local:%H:%M}"


def _visits(count: int, chinese: bool) -> str:
    if count == 0:
        return "没有安排上门看望" if chinese else "no visit was planned"
    return f"有志愿者来看望过{count}次" if chinese else f"{count} visit{'s' if count > 1 else ''} by a volunteer"


def _next(day: str | None, chinese: bool) -> str:
    if not day:
        return "新的日子定了就告诉您。" if chinese else "We will tell you the new day. "
    return f"已改在{_day(day, chinese)}。" if chinese else f"New day: {_day(day, chinese)}. "
