"""The families' handsets: what arrived on each number and what was answered. In memory only; gone with the process."""

import sys
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 50
"""Messages kept on one handset; older ones are forgotten."""
MOST = 40_000
"""Handsets kept; beyond, the one first reached is forgotten (a festival at full size must not fill the memory)."""


@dataclass(slots=True)
class Message:
    """One bubble. `state` of an arriving one is the network's (ENROUTE, DELIVRD, ...); of an answer SENT."""

    at: datetime
    own: bool
    text: str
    state: str


@dataclass(slots=True)
class Handset:
    """One number. `service` is the number that last wrote to it, `address` how it wrote the number."""

    number: str
    service: str
    address: str
    messages: list[Message] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    """The kind of each message that ever came."""

    def add(self, message: Message) -> None:
        """Lay it on the handset, and forget the oldest beyond `KEPT`."""
        self.messages.append(message)
        del self.messages[:-KEPT]

    def nth(self, kind: str) -> int:
        """How many messages of this kind came before this one; counts it."""
        before = self.kinds.count(kind)
        self.kinds.append(kind)
        return before


class Handsets:
    """All numbers that ever got a message."""

    def __init__(self) -> None:
        self._by_number: dict[str, Handset] = {}
        self._came: dict[str, bool] = {}

    def reached(self, address: str, service: str) -> Handset:
        """The handset behind a destination address, made when it is new."""
        number = plain_number(address)
        handset = self._by_number.get(number)
        if handset is None:
            handset = self._by_number[number] = Handset(number, service, address)
            if len(self._by_number) > MOST:
                del self._by_number[next(iter(self._by_number))]
        handset.service, handset.address = sys.intern(service), number if address == number else address
        return handset

    def find(self, number: str) -> Handset | None:
        """The handset of this number, if anything ever came to it."""
        return self._by_number.get(plain_number(number))

    def all(self) -> list[Handset]:
        """Every handset, the one with the newest message first."""
        return sorted(self._by_number.values(), key=lambda handset: handset.messages[-1].at, reverse=True)

    def saw(self, number: str, came: bool) -> None:
        """The family saw somebody come, or not; their next answer is the truth of that."""
        self._came[plain_number(number)] = came

    def came(self, number: str) -> bool:
        """What the family last saw; never told is: nobody came."""
        return self._came.get(number, False)


def plain_number(address: str) -> str:
    """A mobile number without country code, so that `+86 138...` and `138...` are one handset."""
    digits = "".join(letter for letter in address if letter.isdigit()).removeprefix("00")
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
