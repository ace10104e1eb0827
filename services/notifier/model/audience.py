"""Who is told what, as data: one row an occasion (docs/domain.md, rules 1, 6, 9 to 12).

A change of the programme's manners is a change of this table, not of code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Whom(StrEnum):
    """Who an occasion is for."""

    NEW = "new"
    """Whoever's number was just registered, at home or away."""
    HOME = "home"
    """One witness: somebody present, with a fresh number (rule 1). A mother far away is none."""
    AWAY = "away"
    """Relatives not at home who may know."""
    ASKER = "asker"
    """The relative who asked."""
    RELATIVES = "relatives"
    """All relatives who may know, in the order in which to call."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `urgent` goes at any hour and past what lies parked. `fresh` needs a number that has answered.

    `consent`: stops when consent is withdrawn; the rest rests on the duty of care. `names`: whether people may be named
    to a fresh number. `keeps`: hours of county time after which it has no sense any more and is dropped.
    """

    template: str
    whom: Whom
    urgent: bool = False
    fresh: bool = False
    consent: bool = False
    keeps: int = 72


OCCASIONS: Mapping[str, Rule] = {
    "number_registered": Rule("greeting", Whom.NEW, keeps=24 * 14),
    "greeting_not_understood": Rule("greeting_again", Whom.ASKER),
    "visit_completed": Rule("question", Whom.HOME, fresh=True, consent=True, keeps=48),
    "question_not_understood": Rule("question_again", Whom.ASKER, keeps=24),
    "visit_missed": Rule("missed", Whom.AWAY),
    "week_over": Rule("weekly", Whom.AWAY, consent=True, keeps=48),
    "look_in_asked": Rule("look_in_promised", Whom.ASKER, urgent=True),
    "look_in_done": Rule("look_in_told", Whom.ASKER, urgent=True),
    "look_in_missed": Rule("look_in_late", Whom.ASKER, urgent=True),
    "alarm_raised": Rule("alarm", Whom.RELATIVES, urgent=True),
    "alarm_heard": Rule("alarm_heard", Whom.ASKER, urgent=True),
}
VISITS_ASKED_ABOUT = frozenset({"care", "home_visit", "festival_visit", "look_in"})
"""Kinds of visit after which somebody at home is asked: those to which somebody comes."""
VISITS_TOLD_WHEN_MISSED = frozenset({"care", "home_visit", "festival_visit"})
