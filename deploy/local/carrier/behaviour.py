"""Decides what a phone and a family do with a message, from the table and the seed alone. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.local.carrier import table
from shared.clock import SHANGHAI

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one message: its final state and when; the answer and when, or None. Instants are county time."""

    state: str
    settles_at: datetime
    answer: str | None
    answers_at: datetime | None


class Behaviour:
    """The families of one seed. `at_once` (without county time): everything happens the moment the message comes."""

    def __init__(self, seed: str, characters: Mapping[str, str], at_once: bool) -> None:
        self._seed = seed.encode()
        self._characters = characters
        self._at_once = at_once

    def character(self, number: str) -> str:
        """What this number is: a key of `table.NUMBERS`, or `family`."""
        return self._characters.get(number) or _pick(table.NUMBERS, self._draw(number, "number")) or "family"

    def fate(self, number: str, kind: str, nth: int, now: datetime, came: bool) -> Fate:
        """What becomes of the `nth` (from 0) message of this kind to this number. `came`: whether somebody visited."""
        character = self.character(number)
        if character == "gone":
            return Fate("UNDELIV", now, None, None)
        if character == "off":
            return Fate("EXPIRED", self._after(now, table.EXPIRES_HALF_HOURS), None, None)
        arrives = now
        if self._draw(number, kind, nth, "off") < table.PHONE_OFF:
            arrives = self._after(now, self._between(table.LATE_HALF_HOURS, number, kind, nth, "late"))
        answer = self._answer(character, number, kind, nth, came)
        wait = self._between(table.ANSWER_HALF_HOURS.get(kind, (1, 4)), number, kind, nth, "wait")
        return Fate("DELIVRD", arrives, answer, self._awake(self._after(arrives, wait)) if answer else None)

    def _answer(self, character: str, number: str, kind: str, nth: int, came: bool) -> str | None:
        thanks = table.THANKS[self._draw(number, kind, nth, "thanks") % len(table.THANKS)]
        fixed = {"stranger": "9", "stopper": "TD", "chatty": thanks}.get(character)
        if kind == "code" or character == "silent":
            return None
        if fixed is not None:
            return fixed if character == "chatty" or nth == 0 else None
        said = _pick(table.ANSWERS.get(kind, {}), self._draw(number, kind, nth, "answer"))
        meant = {"truth": "1" if came else "2", "reverse": "2" if came else "1", "thanks": thanks}
        return meant.get(said, said) if said else None

    def _draw(self, *what: object) -> int:
        """0..9999, the same for the same seed and words."""
        words = "|".join(map(str, what)).encode()
        return int.from_bytes(hmac.digest(self._seed, words, hashlib.sha256)[:8], "big") % 10_000

    def _between(self, bounds: tuple[int, int], *what: object) -> int:
        return bounds[0] + self._draw(*what) % (bounds[1] - bounds[0] + 1)

    def _after(self, now: datetime, half_hours: int) -> datetime:
        """So many half hours later, on the next full half hour: the conductor moves in few steps."""
        if self._at_once:
            return now
        later = now + half_hours * HALF_HOUR
        return later + (datetime.min.replace(tzinfo=later.tzinfo) - later) % HALF_HOUR

    def _awake(self, instant: datetime) -> datetime:
        local = instant.astimezone(SHANGHAI)
        if self._at_once or table.AWAKE[0] <= local.hour < table.AWAKE[1]:
            return instant
        morning = local.replace(hour=table.AWAKE[0], minute=30, second=0, microsecond=0)
        morning += timedelta(days=1 if local.hour >= table.AWAKE[1] else 0)
        return morning.astimezone(instant.tzinfo)


def kind_of(text: str) -> str:
    """The kind of a message by its words."""
    return next((kind for kind, words in table.KINDS if words in text), "other")


def _pick(shares: Mapping[str, int], draw: int) -> str | None:
    for name, share in shares.items():
        if draw < share:
            return name
        draw -= share
    return None
