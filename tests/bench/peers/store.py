"""Where a peer works, from its environment, and the two writes every command has: one by the caller, one by the worker.

Each is one acknowledged insert, majority and journaled, as our transactions are. Imports no framework and nothing of ours.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from pymongo import MongoClient
from pymongo.database import Database

AMQP_URL, MONGO_URL, DATABASE = "PEER_AMQP_URL", "PEER_MONGO_URL", "PEER_DATABASE"
THINGS, EFFECTS = "things", "effects"
Doc = dict[str, Any]


def amqp_url() -> str:
    """The peer's virtual host."""
    return os.environ[AMQP_URL]


class Store:
    """The peer's database. Make it in the process that uses it, after a fork."""

    def __init__(self) -> None:
        client: MongoClient[Doc] = MongoClient(os.environ[MONGO_URL], w="majority", journal=True)
        self._database: Database[Doc] = client[os.environ[DATABASE]]

    def prepare(self) -> None:
        """Make the collections, so that nobody has to on the way."""
        for name in (THINGS, EFFECTS):
            if name not in self._database.list_collection_names():
                self._database.create_collection(name)

    def change(self, many: int = 1) -> list[Doc]:
        """The caller's write: so many things. Returns what is to be told of each, about as large as an event of ours."""
        told = [_event(str(uuid4())) for _ in range(many)]
        rows = [{"_id": event["id"], "revision": 1} for event in told]
        if many == 1:
            self._database[THINGS].insert_one(rows[0])
        else:
            self._database[THINGS].insert_many(rows)
        return told

    def note(self, event: Mapping[str, Any]) -> None:
        """The worker's write: one effect. The event names itself, so a copy would raise."""
        row = {"_id": event["id"], "event": event["id"], "subject": event["subject"], "revision": event["revision"]}
        self._database[EFFECTS].insert_one(row)

    def handled(self) -> int:
        """Effects so far."""
        return self._database[EFFECTS].estimated_document_count()

    @contextmanager
    def effects(self) -> Iterator[Callable[[], Doc | None]]:
        """Effects as they are committed."""
        with watched(self._database, EFFECTS) as next_effect:
            yield next_effect


@contextmanager
def watched(database: Database[Doc], collection: str) -> Iterator[Callable[[], Doc | None]]:
    """Rows of a collection as they are committed, by its change stream."""
    with database[collection].watch([{"$match": {"operationType": "insert"}}], max_await_time_ms=100) as stream:

        def next_row() -> Doc | None:
            change = stream.try_next()
            return change["fullDocument"] if change is not None else None

        yield next_row


def _event(id_: str) -> Doc:
    data = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}
    branch, source = "01939f3a-5c1e-7000-8000-000000000001", "/springrain/01939f3a-5c1e-7000-8000-000000000001/registry"
    head = {"type": "roster.imported.v1", "time": "2026-11-24T01:02:03.456Z", "actor": "system:registry", "specversion": "1.0"}
    return {**head, "id": id_, "subject": id_, "revision": 1, "source": source, "branch": branch, "data": data}
