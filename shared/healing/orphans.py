"""Ends transactions whose process was killed in the middle of a unit of work.

The database keeps such a transaction, and the rows it touched locked, for a whole minute: without this a consumer that takes
over would stand still. A transaction is an orphan when the connection of its last statement is gone; should its process live
after all, its unit is merely run again.
"""

import threading
from typing import Any

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 1.0
OUTLIVED_SECONDS = 25.0
"""A unit of work ends after twenty: whoever holds one longer is asleep or hangs, and its unit is run again when it wakes."""
Doc = dict[str, Any]


class Orphans:
    """Looks after the transactions of one service (by the name its clients give themselves), of all its processes."""

    def __init__(self, client: MongoClient[Doc], service: str) -> None:
        self._admin, self._service = client.admin, service

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.end_all()
            except PyMongoError as error:
                log.warning("orphans_not_looked_for", error=type(error).__name__)

    def end_all(self) -> int:
        """End every orphan there is. Returns how many."""
        suspects = self._open_transactions()
        if not suspects:
            return 0
        living = self._connections()
        orphans = [row["lsid"]["id"] for row in suspects if row["connectionId"] not in living or _outlived(row)]
        if orphans:
            self._admin.command("killSessions", [{"id": session} for session in orphans])
            log.warning("orphans_ended", transactions=len(orphans))
        return len(orphans)

    def _open_transactions(self) -> list[Doc]:
        wanted = {"type": "idleSession", "appName": self._service, "transaction": {"$exists": True}}
        return self._current({"idleSessions": True}, wanted)

    def _connections(self) -> set[int]:
        rows = self._current({"idleConnections": True, "idleSessions": False}, {"connectionId": {"$exists": True}})
        return {row["connectionId"] for row in rows}

    def _current(self, what: Doc, wanted: Doc) -> list[Doc]:
        """Of our own user's only: that needs no right of the database's."""
        return list(self._admin.aggregate([{"$currentOp": {"allUsers": False, **what}}, {"$match": wanted}]))


def _outlived(row: Doc) -> bool:
    return int(row["transaction"].get("timeOpenMicros", 0)) > OUTLIVED_SECONDS * 1e6
