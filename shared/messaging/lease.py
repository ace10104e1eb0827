"""A lease in MongoDB, by the database's own clock: one holder at a time does what is better done by one.

Nothing goes wrong when two believe they hold it; order merely stops holding by itself. So no fencing is needed here.
"""

from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

NAME = "leases"


class Lease:
    """A named lease of `seconds`. Call `hold` more often than that; `give_back` on a clean stop."""

    def __init__(self, database: Database[dict[str, Any]], name: str, holder: str, seconds: float = 6.0) -> None:
        self._rows: Collection[dict[str, Any]] = database[NAME]
        self._name, self._holder, self._seconds = name, holder, seconds

    def hold(self) -> bool:
        """Take or renew the lease. Returns whether it is ours now."""
        free_or_ours = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(self._seconds * 1000)}}
        taken = self._rows.update_one(
            {"_id": self._name, "$expr": free_or_ours}, [{"$set": {"holder": self._holder, "until": until}}]
        )
        return taken.matched_count == 1 or self._first()

    def give_back(self) -> None:
        """Let a stand-by take over at once."""
        self._rows.delete_one({"_id": self._name, "holder": self._holder})

    def _first(self) -> bool:
        if self._rows.find_one({"_id": self._name}) is not None:
            return False
        try:
            self._rows.insert_one({"_id": self._name, "holder": ""})
            self._rows.update_one({"_id": self._name, "holder": ""}, [{"$set": {"until": "$$NOW"}}])
        except DuplicateKeyError:
            return False
        return False
