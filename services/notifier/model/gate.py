"""The last look before a message goes: may it still, may it not yet, or never? Pure; facts are as of this moment.

A message may lie in the queue for a night. Whatever was said meanwhile (`9`, `TD`, barred, erased, parked) is obeyed here.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifier.model.audience import OCCASIONS, Whom
from services.notifier.model.contact import usable
from services.notifier.model.hours import next_allowed


class May(StrEnum):
    """What the gate says."""

    GO = "go"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known now. `known`: recipients of whom the receiver may know; `barred`: of whom anybody behind the number
    must never know; `quiet_about`: people with a parked event; `in_alarm`: people on the red path."""

    contact: str
    unreachable: str
    fresh: bool
    shared: bool
    gone: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = field(default_factory=frozenset)
    barred: frozenset[str] = field(default_factory=frozenset)
    without_consent: frozenset[str] = field(default_factory=frozenset)
    parked: frozenset[str] = field(default_factory=frozenset)
    in_alarm: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` of a NEVER; `at` of a LATER; `about`: of whom it still may speak."""

    may: May
    why: str = ""
    at: datetime | None = None
    about: tuple[str, ...] = ()


def judge(occasion: str, person: str, about: tuple[str, ...], made_at: datetime, facts: Facts, now: datetime) -> Verdict:
    """Whether a message may go now. Speaks of fewer people rather than not at all, when some are closed to it."""
    rule = OCCASIONS[occasion]
    if person in facts.gone:
        return Verdict(May.NEVER, "erased")
    if not usable(facts.contact, facts.unreachable if not rule.urgent else ""):
        return Verdict(May.NEVER, facts.contact if facts.contact in ("wrong", "stopped") else "no_such_number")
    if rule.fresh and (not facts.fresh or facts.shared):
        return Verdict(May.NEVER, "not_fresh")
    left = tuple(one for one in about if _open(one, person, rule.whom, facts))
    if rule.consent:
        left = tuple(one for one in left if one not in facts.without_consent)
    if about and not left:
        return Verdict(May.NEVER, "nobody_to_speak_of")
    if rule.urgent:
        return Verdict(May.GO, about=left)
    return _in_its_time(rule.keeps, (person, *left), left, made_at, facts, now)


def _open(recipient: str, person: str, whom: Whom, facts: Facts) -> bool:
    if recipient in facts.gone or recipient in facts.barred:
        return False
    return recipient == person or recipient in facts.known or whom is Whom.NEW


def _in_its_time(
    keeps: int, people: tuple[str, ...], left: tuple[str, ...], made_at: datetime, facts: Facts, now: datetime
) -> Verdict:
    if now - made_at > timedelta(hours=keeps):
        return Verdict(May.NEVER, "too_late")
    if facts.in_alarm & set(people):
        return Verdict(May.NEVER, "red_path")
    if facts.parked & set(people):
        return Verdict(May.LATER, at=next_allowed(now + timedelta(minutes=30)))
    if (allowed := next_allowed(now)) > now:
        return Verdict(May.LATER, at=allowed)
    return Verdict(May.GO, about=left)
