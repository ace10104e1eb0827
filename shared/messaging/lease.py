"""A lease in MongoDB, by the database's own clock: one holder at a time does what is better done by one.

Nothing goes wrong when two believe they hold it; order merely stops holding by itself. What must not be done by one who only
believes it asks for the `fence` inside its unit of work.
"""

from contextlib import suppress
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.ids import new_id
from shared.units import Unit

NAME = "leases"


class Lease:
    """A named lease of `seconds`. Call `hold` more often than that; `give_back` on a clean stop."""

    def __init__(self, database: Database[dict[str, Any]], name: str, holder: str, seconds: float = 6.0) -> None:
        self._rows: Collection[dict[str, Any]] = database[NAME]
        self._name, self._seconds = name, seconds
        self._holder = f"{holder}:{new_id()}"
        """Process ids repeat: every container's worker is number 1."""
        self.term = 0

    def hold(self) -> bool:
        """Take or renew the lease. Returns whether it is ours now; `term` grows whenever it was somebody else's meanwhile."""
        return self._take() or (self._first() and self._take())

    def give_back(self) -> None:
        """Let a stand-by take over at once."""
        self._rows.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"holder": ""}, "$unset": {"until": ""}})

    def fence(self, unit: Unit, term: int) -> bool:
        """In a unit: whether the lease is ours since this term began, and stays so until the unit has ended."""
        ours = {"_id": self._name, "holder": self._holder, "term": term}
        return unit.collection(NAME).update_any(ours, {"$inc": {"fenced": 1}}) == 1

    def _take(self) -> bool:
        ours = {"$eq": ["$holder", self._holder]}
        free_or_ours = {"$or": [ours, {"$lt": ["$until", "$$NOW"]}]}  # a missing instant is before any
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(self._seconds * 1000)}}
        term = {"$cond": [ours, "$term", {"$add": [{"$ifNull": ["$term", 0]}, 1]}]}
        change = [{"$set": {"holder": self._holder, "until": until, "term": term}}]
        row = self._rows.find_one_and_update({"_id": self._name, "$expr": free_or_ours}, change, return_document=True)
        self.term = row["term"] if row else 0
        return row is not None

    def _first(self) -> bool:
        """Make the row that all compete for: without an end it counts as run out."""
        if self._rows.find_one({"_id": self._name}) is not None:
            return False
        with suppress(DuplicateKeyError):
            self._rows.insert_one({"_id": self._name, "holder": ""})
        return True
