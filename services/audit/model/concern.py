"""What must not be forgotten, and at which level (docs/domain.md, "No one is forgotten"): the rules, as tables.

A concern is opened by an event, once for a thing, and closed by a later one or by a person with a word. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LEVELS: Mapping[str, int] = {"county": 1, "township": 2, "village": 3}
"""How many branches deep a level lies in a branch's path."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who must act on a kind of concern, and within how many days of the county (0: today; None: no day set)."""

    levels: tuple[str, ...]
    within: int | None = None
    hidden: bool = False
    pause: int = 0
    """Seconds of machine time in which the same one, once closed, is not opened again."""


ONE_HOUR = 3600
"""What ails the log and was closed by hand is said again when it is still so an hour later."""
RULES: Mapping[str, Rule] = {
    "not_covered": Rule(("county",)),
    "missed": Rule(("village",), 3),
    "disputed": Rule(("township",), 7, hidden=True),
    "unreachable": Rule(("village",), 7),
    "no_adult": Rule(("village", "township"), 0),
    "look_in_overdue": Rule(("township",), 0),
    "alarm": Rule(("village", "township", "county"), 0),
    "no_pairing": Rule(("township",), 7),
    "parked": Rule(("county",), 1, pause=60),
    "gap": Rule(("county",), 1),
    "silent_source": Rule(("county",), 0),
    "other_body": Rule(("county",), 0),
    "log_stopped": Rule(("county",), 0, pause=ONE_HOUR),
    "log_damaged": Rule(("county",), 0, pause=ONE_HOUR),
    "log_contradicted": Rule(("county",), 0, pause=ONE_HOUR),
    "log_late": Rule(("county",), 0, pause=ONE_HOUR),
    "log_hole": Rule(("county",), 1, pause=ONE_HOUR),
    "incomplete_day": Rule(("county",), 1, pause=ONE_HOUR),
    "broker_away": Rule(("county",), 0),
    "answers_differ": Rule(("township",), 14, hidden=True),
    "quick_answers": Rule(("township",), 14, hidden=True),
    "two_places": Rule(("township",), 14),
    "burst": Rule(("township",), 14),
    "copied_report": Rule(("township",), 14),
    "shared_number": Rule(("township",), 14),
    "shared_device": Rule(("township",), 14),
    "before_deadline": Rule(("township",), 14),
    "moved_often": Rule(("township",), 14),
    "hard_cases": Rule(("township",), 14),
    "finding_overdue": Rule(("township",), 7),
    "draw_overdue": Rule(("county",), 7),
}


@dataclass(frozen=True, slots=True)
class Opens:
    """An event that opens a concern about the thing in field `about`; `per` tells several about one thing apart.

    Beside fields of the event's data both know `subject`, and `source`: the service that told it.
    """

    type: str
    kind: str
    about: str
    per: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    unless: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closes:
    """An event that settles concerns of some kinds about the thing in field `about`; with `per` only that very one.

    `at`: not what came after it.
    """

    type: str
    kinds: tuple[str, ...]
    about: str
    when: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    per: tuple[str, ...] = ()


LOOK_IN: Mapping[str, Any] = {"kind": "look_in"}
COVERED: Mapping[str, Any] = {"visits": 0}
"""The scheduler's later word: somebody was found after all."""
DAY, HOLE = ("source", "service", "day"), ("source", "first", "last")
"""What one listener misses: of a source's day, of a thing's chain."""
OPENS: tuple[Opens, ...] = (
    Opens("care.not_covered.v1", "not_covered", "household", per=("month",), shown=("month", "visits", "why"), unless=COVERED),
    Opens("visit.missed.v1", "missed", "household", shown=("day", "why", "next_day"), unless=LOOK_IN),
    Opens("visit.missed.v1", "look_in_overdue", "household", shown=("day", "why"), when=LOOK_IN),
    Opens("contact.unreachable.v1", "unreachable", "person", shown=("why",)),
    Opens("person.registered.v1", "no_adult", "subject", when={"no_adult": True}),
    Opens("person.changed.v1", "no_adult", "subject", when={"no_adult": True}),
    Opens("alarm.raised.v1", "alarm", "recipient"),
    Opens("event.parked.v1", "parked", "", per=("event_type", "reason"), shown=("event_type", "reason", "event")),
    Opens("day.differs.v1", "gap", "", per=DAY, shown=("service", "day")),
    Opens("gap.noticed.v1", "gap", "thing", per=HOLE, shown=("first", "last")),
)
CLOSES: tuple[Closes, ...] = (
    Closes("care.not_covered.v1", ("not_covered",), "household", when=COVERED),
    Closes("visit.completed.v1", ("missed",), "household", at="at"),
    Closes("visit.completed.v1", ("look_in_overdue",), "household", when=LOOK_IN),
    Closes("contact.proven.v1", ("unreachable",), "person"),
    Closes("message.delivered.v1", ("unreachable",), "person"),
    Closes("person.registered.v1", ("no_adult",), "subject", when={"no_adult": False}),
    Closes("person.changed.v1", ("no_adult",), "subject", when={"no_adult": False}),
    Closes("pairing.formed.v1", ("no_pairing",), "household"),
    Closes("day.agreed.v1", ("gap",), "", per=DAY),
    Closes("gap.filled.v1", ("gap",), "thing", per=HOLE),
    Closes("person.erased.v1", ("no_adult", "unreachable", "alarm"), "subject"),
)
WORDS = ("handled", "visited", "reached", "passed_on", "not_needed", "explained", "found_untrue")
"""With which word a person may close one. A word and no free text: an open field of an event must not speak of a person."""
NO_PAIRING_AFTER_DAYS = 7


def above(branch: str) -> str:
    """The level that may look at what speaks against a branch: never that branch itself (docs/domain.md, rule 2)."""
    return "township" if branch.count("/") >= LEVELS["township"] else "county"


def acting(branch: str, level: str) -> str:
    """The branch of this level that must act on what happens at `branch`; the nearest above where there is none."""
    return "/".join(branch.split("/")[: LEVELS[level]])


def fits(data: Mapping[str, Any], when: Mapping[str, Any], unless: Mapping[str, Any] | None = None) -> bool:
    """Whether an event's data says all of `when`, and not all of `unless`."""
    said = all(data.get(name) == value for name, value in when.items())
    return said and not (unless and all(data.get(name) == value for name, value in unless.items()))


def key(kind: str, level: str, about: str, *per: str) -> str:
    """What makes two concerns the same one while it is open."""
    return "|".join((kind, level, about, *per))
