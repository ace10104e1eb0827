"""What an inspection goes through, and what may be said at each step: states, words, bounds. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from services.audit.inspections.draw import SECRET_BYTES, commitment
from shared.errors import Conflict, Refused

Doc = Mapping[str, Any]
OPENED, ANCHORED, DRAWN, CLOSED = "opened", "anchored", "drawn", "closed"
RECORDED, ANSWERED = "recorded", "answered"
REPORTED, GIVEN_UP = "reported", "given_up"
RESULTS = ("holds", "does_not_hold", "unknown")
"""What asking gave. Nobody to ask is unknown, and counts against nobody (docs/domain.md, rule 1)."""
WAYS = ("at_home", "by_call", "neighbour", "papers")
KINDS = (
    "nobody_came",
    "other_than_told",
    "not_followed_up",
    "ended_without_ground",
    "changed_without_ground",
    "record_wrong",
)
"""What a branch may have to answer for."""
TOLD_BY_PEOPLE = frozenset({"nobody_came", "other_than_told", "not_followed_up"})
"""Behind these stands what somebody said who was asked. The branch is not told which home it was, and nothing before all of
the sample was asked: it must not be able to tell who said so (docs/domain.md, rule 2). The others stand in its own papers."""
ANSWERS = ("accepted", "explained", "mended")
LONGEST_PERIOD, LONGEST_WAIT = timedelta(days=366), timedelta(days=180)
DRAW_WITHIN = timedelta(days=14)
"""How long after its checkpoint stands an inspection may stay undrawn before it is told: who computes a sample and keeps
silent, because it does not please, must show."""
_SECRET = re.compile(rf"[0-9a-f]{{{SECRET_BYTES * 2}}}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def period(first_day: str, last_day: str) -> None:
    """Raises Refused unless this is a period of at most a year."""
    first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
    if last < first:
        raise Refused.field("last_day", "invalid", "is before the first day", "choose a later day")
    if last - first > LONGEST_PERIOD:
        raise Refused.field("last_day", "range", "is more than a year after the first day", "inspect a year at most")


def committed(digest: str) -> str:
    """A SHA-256 in hex. Raises Refused for anything else."""
    if not _DIGEST.fullmatch(digest):
        raise Refused.field("commitment", "wrong_kind", "is no SHA-256", "64 signs 0-9 a-f: never the secret itself")
    return digest


def secret_of(text: str, digest: str) -> bytes:
    """The secret that was committed to; dashes and blanks between its signs are passed over. Raises Refused for another."""
    plain = re.sub(r"[\s-]", "", text).lower()
    if not _SECRET.fullmatch(plain):
        raise Refused.field("secret", "wrong_kind", "is no secret of ours", "32 signs 0-9 a-f")
    secret = bytes.fromhex(plain)
    if commitment(secret) != digest:
        raise Refused.field("secret", "invalid", "is not the one that was committed to", "look at what you wrote down")
    return secret


def due(day: str, today: date) -> None:
    """Raises Refused unless a branch has from a day to half a year to answer."""
    if not today < date.fromisoformat(day) <= today + LONGEST_WAIT:
        raise Refused.field("due", "range", "is not between tomorrow and half a year from now", "choose another day")


def must_be(row: Doc, *states: str) -> None:
    """Raises Conflict unless the inspection is in one of these states."""
    if row["state"] not in states:
        raise Conflict(f"this inspection is {row['state']}, not {' or '.join(states)}")


def may_draw(row: Doc) -> None:
    """Raises Conflict unless the checkpoint stands and what may be drawn below it was counted."""
    must_be(row, ANCHORED)
    if "counted" not in row:
        raise Conflict("what may be drawn is still being counted: try again in a minute, with the same secret")


def may_record(row: Doc, kind: str) -> None:
    """Raises Conflict for a finding that rests on what people said, while others of the sample are still to be asked."""
    left = len(row["sample"]) - len(row["checks"])
    if kind in TOLD_BY_PEOPLE and left:
        raise Conflict(f"{left} of the sample are still to be asked: a finding now would tell the branch who said so")


def may_close(row: Doc, findings: Iterable[Doc], today: date) -> None:
    """Raises Conflict while something drawn was not looked at, or a branch still has time to answer."""
    left = len(row["sample"]) - len(row["checks"])
    if left:
        raise Conflict(f"{left} of the sample were not looked at: say unknown where nobody could be asked")
    waiting = sum(each["state"] == RECORDED and each["due"] >= today.isoformat() for each in findings)
    if waiting:
        raise Conflict(f"{waiting} findings may still be answered")
