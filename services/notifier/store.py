"""The notifier's collections, their indexes, and how a number is kept: sealed under its owner, found by a keyed hash.

Projections of other services' things: `branches`, `people`, `kinships`, `households`, `visits`. Its own: `contacts`,
`messages`, `asks`, `answers`, `look_ins`, `receipts`. No collection holds a number or a name that is not sealed; the hash
of a number stands nowhere else and goes with the person (docs/design.md, section 6).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from services.notifier.model.contact import plain_number
from shared.clock import CountyClock
from shared.ids import derived_id
from shared.sealing import Keys, Master, Sealed, Sealer, lookup_hash, own_secret

BRANCHES, PEOPLE, KINSHIPS = "branches", "people", "kinships"
HOUSEHOLDS, VISITS = "households", "visits"
CONTACTS, MESSAGES, ASKS = "contacts", "messages", "asks"
ANSWERS, LOOK_INS, RECEIPTS = "answers", "look_ins", "receipts"
Doc = dict[str, Any]


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. Harmless when they are there."""
    database[PEOPLE].create_index([("kinds", UP), ("number", UP)])
    database[KINSHIPS].create_index("recipient")
    database[KINSHIPS].create_index("relative")
    database[HOUSEHOLDS].create_index("members")
    database[VISITS].create_index([("household", UP), ("completed_at", DOWN)])
    database[CONTACTS].create_index("hash")
    database[CONTACTS].create_index("person")
    _prepare_messages(database)
    database[ASKS].create_index([("hash", UP), ("state", UP)])
    database[ASKS].create_index("message")
    database[ANSWERS].create_index([("hash", UP), ("at", DOWN)])
    database[ANSWERS].create_index([("person", UP), ("at", DOWN)])
    database[ANSWERS].create_index([("about", UP), ("at", DOWN)])
    database[LOOK_INS].create_index([("household", UP), ("state", UP)])
    database[RECEIPTS].create_index("forms")
    database[RECEIPTS].create_index("hash")


def _prepare_messages(database: Database[Doc]) -> None:
    rows = database[MESSAGES]
    rows.create_index("key", unique=True)
    rows.create_index(
        [("state", UP), ("urgent", DOWN), ("not_before", UP), ("_id", UP)],
        partialFilterExpression={"state": {"$in": ["queued", "submitting", "unknown"]}},
    )
    rows.create_index("carrier_forms")
    for name in ("person", "about", "hash"):
        rows.create_index([(name, UP), ("made_at", DOWN), ("_id", DOWN)])


class Numbers:
    """Turns numbers into keyed hashes. The secret is made once, and lies wrapped by the county's master key."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of(cls, database: Database[Doc], master: Master) -> "Numbers":
        """With this database's secret, made now if there is none. Outside any unit of work."""
        return cls(own_secret(database, master, "lookup"))

    def hash(self, number: str) -> str:
        """The keyed hash of a number in any spelling."""
        return lookup_hash(self._secret, "phone", plain_number(number))

    def digest(self, number: str, text: str) -> str:
        """Tells a copy of the same text from the same number."""
        return hmac.digest(self._secret, f"{plain_number(number)}\n{text}".encode(), hashlib.sha256).hex()


@dataclass(frozen=True)
class Desk:
    """What every command works with. Holds no state; safe to share between threads."""

    sealer: Sealer
    keys: Keys
    numbers: Numbers
    clock: CountyClock
    home: str
    """Branch path of the county."""
    office: str
    """The office's one known number."""
    language: str = "zh-CN"
    actor: str = "system:notifier"
    restored_at: datetime | None = None
    """When this database was put back from a backup (county time): until then it may have done what it does not know of."""

    def may_be_done(self, occasion: datetime) -> bool:
        """Whether what is to be done for an occasion may have been done before this database was restored.

        Also for an occasion before the backup: its event may have waited, and been handled in the lost time.
        """
        return self.restored_at is not None and occasion <= self.restored_at

    def id_for(self, person: str, place: str, word: str) -> str:
        """The one id of what is made for this person by this word, so that a restored service finds it again.

        Worked out with the person's key: the word may hold the hash of a number, which must be guessed from no event.
        Raises Erased or KeyLost.
        """
        return derived_id(person, self.sealer.mark(person, place, word))

    def open_all(self, under: str, place: str, rows: Iterable[Doc]) -> list[tuple[Doc, Mapping[str, Any]]]:
        """Rows with the content of their `sealed` value, opened under the id in field `under`; erased ones left out."""
        listed = [row for row in rows if row.get("sealed")]
        opened = self.sealer.open_many(Sealed(row[under], place, row["_id"], row["sealed"]) for row in listed)
        return [(row, found) for row, found in zip(listed, opened, strict=True) if isinstance(found, dict)]
