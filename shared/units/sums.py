"""Counts of events and the sums of the SHA-256 of their ids modulo 2^256: equal pairs mean that nothing is missing or double.

A source keeps them of what it told, by noun and county day; a listener of what it heard, by source, noun, day and consumer.
The sum outgrows any number of the database, so it is kept in eight parts of 32 bits, each added to without being read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pymongo.database import Database

from shared.events import Event
from shared.units.bound import Bound

TOLD, HEARD = "told", "heard"
MODULUS = 2**256
LIMBS = 8
Doc = dict[str, Any]


class Sum(NamedTuple):
    """How many events, and the sum of the hashes of their ids."""

    events: int = 0
    total: int = 0

    def plus(self, other: "Sum") -> "Sum":
        """Both together."""
        return Sum(self.events + other.events, (self.total + other.total) % MODULUS)

    @property
    def hexadecimal(self) -> str:
        """The sum as 64 digits, as events and reports carry it."""
        return f"{self.total:064x}"


def one(event_id: str) -> Sum:
    """What one event adds."""
    return Sum(1, int.from_bytes(hashlib.sha256(event_id.encode("ascii")).digest(), "big"))


def told_key(noun: str, day: str) -> str:
    """The key of a source's own sum."""
    return f"{noun}|{day}"


def heard_key(event: Event, shard: str) -> str:
    """The key of a listener's sum; each consumer adds to rows of its own, so that two never meet."""
    return f"{event.service}|{event.noun}|{event.day}|{shard}"


def summed(keyed: Iterable[tuple[str, str]]) -> dict[str, Sum]:
    """Sums by key, from pairs of key and event id."""
    found: dict[str, Sum] = defaultdict(Sum)
    for key, event_id in keyed:
        found[key] = found[key].plus(one(event_id))
    return dict(found)


def told_on(day: str) -> Doc:
    """Matches a source's rows of this day."""
    return {"_id": {"$regex": rf"^[a-z_]+\|{day}$"}}


def heard_on(source: str, day: str) -> Doc:
    """Matches a listener's rows of what this source told on this day."""
    return {"_id": {"$regex": rf"^{source}\|[a-z_]+\|{day}(\||$)"}}


def add(rows: Bound, sums: dict[str, Sum]) -> None:
    """Add to the rows, in the unit that makes it true."""
    rows.increase({key: _parts(found) for key, found in sums.items()})


def read_sums(database: Database[Doc], name: str, key: Callable[[list[str]], str]) -> dict[str, Sum]:
    """All sums of TOLD or HEARD, folded as `fold` does."""
    return fold(database[name].find(), key)


def fold(rows: Iterable[Doc], key: Callable[[list[str]], str]) -> dict[str, Sum]:
    """Sums of rows of TOLD or HEARD, folded by what `key` makes of the words of a row's key."""
    found: dict[str, Sum] = defaultdict(Sum)
    for row in rows:
        folded = key(row["_id"].split("|"))
        total = sum(row[f"sum{limb}"] << (32 * limb) for limb in range(LIMBS)) % MODULUS
        found[folded] = found[folded].plus(Sum(row["count"], total))
    return dict(found)


def _parts(found: Sum) -> dict[str, int]:
    limbs = {f"sum{limb}": (found.total >> (32 * limb)) & 0xFFFFFFFF for limb in range(LIMBS)}
    return {"count": found.events, **limbs}
