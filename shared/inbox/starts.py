"""Who began with an event that came again, across restarts: how one that kills every process that takes it is found.

What was not acked is first taken together once more; when that process ended too, each event of it is taken alone.
"""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database

from shared.ids import new_id

STARTED = "started"
ENOUGH = 2
"""Processes that began with it alone, ours included: the fourth that gets it, at least, since two had it in company."""
Doc = dict[str, Any]


class Starts:
    """The starts of one process. The same process may begin again: only others that never ended count against an event."""

    def __init__(self, database: Database[Doc]) -> None:
        self._rows: Collection[Doc] = database[STARTED]
        self._me = new_id()

    def ask(self) -> None:
        """Raises when the database is away: without it each delivery would count as a failed one."""
        self._rows.find_one()

    def together(self, ids: Sequence[str]) -> bool:
        """Note that we begin with these. False when another process did before and did not end: then each goes alone."""
        self._rows.bulk_write([UpdateOne({"_id": key}, {"$addToSet": {"by": self._me}}, upsert=True) for key in ids])
        return all(row.get("by") == [self._me] for row in self._rows.find({"_id": {"$in": list(ids)}}))

    def kills(self, key: str) -> bool:
        """Note that we begin with this one alone. Whether it has ended a process before that did the same."""
        mine = {"$addToSet": {"alone": self._me}}
        row = self._rows.find_one_and_update({"_id": key}, mine, upsert=True, return_document=True)
        assert row is not None
        return len(row["alone"]) >= ENOUGH

    def forget(self, ids: Sequence[str]) -> None:
        """We ended well with these."""
        self._rows.delete_many({"_id": {"$in": list(ids)}})
