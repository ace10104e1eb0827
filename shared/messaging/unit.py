"""The unit of work: one MongoDB transaction that holds a change, the events it tells and, for a handler, its progress.

It commits or nothing happened. Majority, journaled, snapshot reads. Never a side effect inside: the work may run again.
Never an upsert, and never an error caught and passed over inside (docs/faults.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import bson
import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.errors import Vanished
from shared.events.envelope import Event
from shared.faultpoints import FaultPoints
from shared.messaging import outbox
from shared.messaging.teller import Teller

T = TypeVar("T")
Doc = dict[str, Any]
DEADLINE_SECONDS = 20.0
SNAPSHOT = ReadConcern("snapshot")
RAW: CodecOptions[Doc] = CodecOptions(tz_aware=True)
MAJORITY = WriteConcern("majority", j=True)


class Bound:
    """A collection bound to the unit's session, so that no call can forget it. A write that matches nothing raises.

    Inserts are gathered, as they stand when they are made, and go to the database together: before the next call on this
    collection, or with the commit. A round trip each is what bounds an import or a batch of events.
    """

    def __init__(
        self, collection: Collection[Doc], session: ClientSession, failed: list[PyMongoError], inserts: list[RawBSONDocument]
    ) -> None:
        self._collection, self._session, self._failed, self._inserts = collection, session, failed, inserts

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """The server aborts a transaction at its first error: whoever catches one and goes on meets it again at the next."""
        if self._failed:
            raise self._failed[0]
        try:
            self._write_inserts()
            yield
        except PyMongoError as error:
            self._failed.append(error)
            raise

    def _write_inserts(self) -> None:
        if self._inserts:
            gathered, self._inserts[:] = list(self._inserts), []
            try:
                self._collection.insert_many(gathered, session=self._session)
            except BulkWriteError as error:
                raise _duplicate(error) or error from error

    def find_one(self, filter: Mapping[str, Any], **options: Any) -> Doc | None:
        """The first document that matches, as of the unit's snapshot."""
        with self._noting_failure():
            return self._collection.find_one(filter, session=self._session, **options)

    def find(self, filter: Mapping[str, Any], **options: Any) -> list[Doc]:
        """All documents that match, as of the unit's snapshot."""
        with self._noting_failure():
            return list(self._collection.find(filter, session=self._session, **options))

    def insert(self, document: Doc) -> None:
        """Add a document, which must have its `_id`. A duplicate raises DuplicateKeyError, now or later, and ends the unit."""
        self.insert_many([document])

    def insert_many(self, documents: Sequence[Doc]) -> None:
        """Add documents; as `insert`."""
        self._inserts += [RawBSONDocument(bson.encode(document, codec_options=RAW)) for document in documents]

    def write_inserts(self) -> None:
        """Send what was gathered. Called by `Unit.flush`."""
        with self._noting_failure():
            pass

    def replace(self, document: Doc, *, was: int) -> None:
        """Put a thing's new document in place of the one with revision `was`. Raises Vanished if that is not there."""
        wanted = {"_id": document["_id"], "revision": was}
        with self._noting_failure():
            found = self._collection.replace_one(wanted, document, session=self._session)
        _must_match(found.matched_count, 1)

    def replace_rows(self, documents: Sequence[Doc]) -> None:
        """Put many rows in place of those with the same `_id`, in one call. Raises Vanished if one is not there."""
        if documents:
            changes = [pymongo.ReplaceOne({"_id": document["_id"]}, document) for document in documents]
            with self._noting_failure():
                result = self._collection.bulk_write(changes, ordered=False, session=self._session)
            _must_match(result.matched_count, len(documents))

    def increase(self, amounts: Mapping[str, Mapping[str, int]]) -> None:
        """Add to the numbers of rows by their `_id`, without reading them; a row that is not there yet begins with these."""
        if not amounts:
            return
        changes = [pymongo.UpdateOne({"_id": key}, {"$inc": dict(numbers)}) for key, numbers in amounts.items()]
        with self._noting_failure():
            found = self._collection.bulk_write(changes, ordered=False, session=self._session)
        if found.matched_count < len(changes):
            known = {row["_id"] for row in self.find({"_id": {"$in": list(amounts)}}, projection=["_id"])}
            self.insert_many([{"_id": key, **numbers} for key, numbers in amounts.items() if key not in known])

    def update(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change exactly one document, or raise Vanished."""
        with self._noting_failure():
            found = self._collection.update_one(filter, change, session=self._session)
        _must_match(found.matched_count, 1)

    def update_any(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """Change all that match; none is fine. Returns how many matched."""
        with self._noting_failure():
            return self._collection.update_many(filter, change, session=self._session).matched_count

    def delete(self, filter: Mapping[str, Any]) -> None:
        """Remove exactly one document, or raise Vanished."""
        with self._noting_failure():
            found = self._collection.delete_one(filter, session=self._session)
        _must_match(found.deleted_count, 1)

    def delete_any(self, filter: Mapping[str, Any]) -> int:
        """Remove all that match; none is fine. Returns how many."""
        with self._noting_failure():
            return self._collection.delete_many(filter, session=self._session).deleted_count


class Unit:
    """One unit of work under way. Use it in one thread, inside `Units.run` only."""

    def __init__(self, database: Database[Doc], session: ClientSession, teller: Teller) -> None:
        self._database, self._session, self._teller = database, session, teller
        self._told: list[Event] = []
        self._failed: list[PyMongoError] = []
        self._inserts: dict[str, list[RawBSONDocument]] = {}
        self.handling: Event | None = None

    def collection(self, name: str) -> Bound:
        """A collection of this service, bound to this unit."""
        return Bound(self._database[name], self._session, self._failed, self._inserts.setdefault(name, []))

    def tell(
        self,
        type_: str,
        *,
        subject: str,
        revision: int,
        branch: str,
        actor: str,
        data: Mapping[str, Any] | None = None,
        closed: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Event:
        """Tell an event with this change. `closed` maps an id (person or record) to the fields sealed under it.

        Raises Malformed when the event breaks its contract. Inside a handler the event handled is named as its cause.
        """
        opened = dict(data or {})
        if self.handling is not None:
            opened["cause"] = self.handling.id
        event = self._teller.make(
            type_, subject=subject, revision=revision, branch=branch, actor=actor, data=opened, closed=closed or {}
        )
        self._told.append(event)
        return event

    def flush(self) -> None:
        """Write what was told into the outbox. Called by `Units.run`, once, before the commit.

        Raises the first error of the database again, should the work have passed it over.
        """
        self.collection(outbox.NAME).insert_many(outbox.rows(self._told))
        for name in list(self._inserts):
            self.collection(name).write_inserts()


class Units:
    """Runs units of work against one service's database. Safe to share between threads; make it after a fork."""

    def __init__(self, client: MongoClient[Doc], database: str, teller: Teller, faults: FaultPoints | None = None) -> None:
        self._client, self._teller = client, teller
        self._database = client[database]
        self._faults = faults or FaultPoints()

    def run(self, work: Callable[[Unit], T]) -> T:
        """Run `work` in one transaction and return its result after the commit.

        Run again as a whole on write conflicts and transient errors, for at most 20 s of machine time; then the error is
        raised and nothing was written, or, when the commit's answer was lost for good, the outcome is unknown.
        """

        def attempt(session: ClientSession) -> T:
            unit = Unit(self._database, session, self._teller)
            result = work(unit)
            unit.flush()
            self._faults.passing("before_commit")
            return result

        with pymongo.timeout(DEADLINE_SECONDS), self._client.start_session() as session:
            result = session.with_transaction(attempt, read_concern=SNAPSHOT, write_concern=MAJORITY)
        self._faults.passing("after_commit")
        return result


def _duplicate(error: BulkWriteError) -> DuplicateKeyError | None:
    """The same error as a single insert would raise."""
    first = error.details["writeErrors"][0] if error.details.get("writeErrors") else {}
    return DuplicateKeyError(first["errmsg"], first["code"], first) if first.get("code") == 11000 else None


def _must_match(found: int, wanted: int) -> None:
    if found != wanted:
        raise Vanished(f"a write matched {found} of {wanted}")
