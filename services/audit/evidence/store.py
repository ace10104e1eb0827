"""What the audit service keeps to assemble evidence and to see contradictions: its collections, indexes and marks.

visits   {_id: visit, branch, household, volunteer, kind, day, state, asked, checked_in_at?, checked_in_event?, at?, reported?,
          minutes?, actor?, event?, confirmed?: [{by, event, at}], proofs?: {channel: event},
          device?, weather?, renewed?: {event, at}, note?: mark, note_letters?, under?: person}
moves    {_id: event id, visit, household, volunteer, branch, from_day, day, why, at}   a date that was put off
endings  {_id: event id, thing, branch, household?, volunteer?, person?, kind, hard, day, event, at}
said     {_id: record, mark: of the visit, whose: mark of the volunteer, at, event, seconds?, sealed}   under the record's key
people   {_id: person, branch, care, band, phones: [mark], categories?: mark, renewed?: {event, at}, event, at}
accounts {_id: account, role}
looked   {_id: rule, upto: date}    how far the contradictions were looked for (runner.py)

A *mark* is a keyed hash. Its secret lies here wrapped by the county's master key: a copy of this database alone finds no
number and no text. Marks stand in no event; they go with the person's key, marks of notes after a quarter.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from shared.sealing import Master, own_secret

Doc = dict[str, Any]
VISITS, MOVES, ENDINGS, SAID, PEOPLE, ACCOUNTS, LOOKED = "visits", "moves", "endings", "said", "people", "accounts", "looked"
INDEXES: Mapping[str, Iterable[tuple[tuple[str, ...], bool]]] = {
    VISITS: [
        (("day", "_id"), False),
        (("branch", "day"), False),
        (("household", "at"), False),
        (("volunteer", "reported"), False),
        (("actor", "reported"), True),
        (("reported",), True),
        (("note", "reported"), True),
        (("device", "reported"), True),
        (("under",), True),
    ],
    MOVES: [(("household", "at"), False), (("at",), False)],
    ENDINGS: [(("day", "_id"), False), (("branch", "day"), False), (("at",), False)],
    SAID: [(("mark",), False), (("whose", "at"), False), (("at",), False)],
    PEOPLE: [(("phones",), False), (("at",), False)],
}
"""Fields of each index, and whether rows without the first field are left out of it."""
_DIGITS = re.compile(r"\D")


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. Harmless when they are there."""
    for name, indexes in INDEXES.items():
        for names, partial in indexes:
            options: Doc = {"partialFilterExpression": {names[0]: {"$exists": True}}} if partial else {}
            database[name].create_index([(field, ASCENDING) for field in names], **options)


class Marks:
    """Keyed hashes of numbers, texts and ids, for this service only."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of(cls, database: Database[Doc], master: Master) -> "Marks":
        """With this database's secret, made now if there is none. Outside any unit of work."""
        return cls(own_secret(database, master, "marks"))

    def thing(self, kind: str, word: str) -> str:
        """The mark of an id, of one kind."""
        return hmac.digest(self._secret, f"{kind}\n{word}".encode(), hashlib.sha256).hex()

    def number(self, number: str) -> str:
        """The mark of a telephone number in any spelling; numbers of this country without their prefix."""
        digits = _DIGITS.sub("", number)
        return self.thing("number", digits[2:] if len(digits) == 13 and digits.startswith("86") else digits)

    def text(self, text: str) -> str:
        """The mark of a text; what differs in blanks, signs, digits and width only is the same text."""
        return self.thing("text", letters(text))


def letters(text: str) -> str:
    """The letters of a text: no blanks, no signs, no digits, one width and case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalpha())
