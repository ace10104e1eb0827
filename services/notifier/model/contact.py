"""A number somebody is said to have, and how far it can be trusted (docs/domain.md, rules 10 and 11). Pure.

A number from a roster is unproven. It becomes fresh by answering, and stale by keeping silent for months. A number that
two families gave is never fresh for either: no data is shown to it.
"""

import re
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta
from enum import StrEnum

MOBILE = re.compile(r"1[3-9][0-9]{9}")
FRESH_FOR = timedelta(days=180)


class State(StrEnum):
    """What is known of a number."""

    UNPROVEN = "unproven"
    PROVEN = "proven"
    WRONG = "wrong"
    """`9`: somebody else's. For ever."""
    STOPPED = "stopped"
    """`TD`: wants no messages. Nothing but an answer of its own opens it again, and that is a person's work."""


CLOSED = frozenset({State.WRONG, State.STOPPED})


def plain_number(address: str) -> str:
    """A number as it is kept: digits, without the country's code. Empty when there are none."""
    digits = re.sub(r"\D", "", address).removeprefix("00")
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def is_mobile(number: str) -> bool:
    """Whether an SMS can reach it. A landline is called."""
    return MOBILE.fullmatch(number) is not None


def is_fresh(state: str, until: datetime | None, now: datetime) -> bool:
    """Whether names may be sent to it now."""
    return state == State.PROVEN and until is not None and now < until


def families(homes: Mapping[str, Set[str]]) -> int:
    """How many families share a number, given who is said to have it and the homes each belongs to.

    Who has a home in common is one family: father and mother with one phone. A person without any home counts alone.
    """
    groups: list[set[str]] = []
    for person, belongs in sorted(homes.items()):
        joined = set(belongs) or {person}
        apart = [group for group in groups if not group & joined]
        for group in groups:
            if group & joined:
                joined |= group
        groups = [*apart, joined]
    return len(groups)


def usable(state: str, unreachable: str) -> bool:
    """Whether routine messages go to it at all: not closed, and not known to be no number."""
    return state not in CLOSED and unreachable != "no_such_number"


def mobiles(phones: Iterable[str]) -> list[str]:
    """The mobile numbers among these, plain, each once, in their order."""
    return list(dict.fromkeys(number for number in map(plain_number, phones) if is_mobile(number)))
