"""A collection as a unit of work sees it: every call inside the transaction, writes gathered until somebody must see them.

A round trip each is what bounds an import, a batch of events or a group of commands; so inserts and replacements go to the
database together: before the next call on their collection, or with the commit. They are kept as they stood when made.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from shared.errors import Vanished

Doc = dict[str, Any]
AWARE: CodecOptions[Doc] = CodecOptions(tz_aware=True)
DUPLICATE_KEY = 11000


class Writes:
    """What was gathered and sent in one transaction, and whether one part of it can still be taken back."""

    def __init__(self, database: Database[Doc], session: ClientSession) -> None:
        self.database, self.session = database, session
        self._gathered: dict[str, list[Any]] = {}
        self._before: dict[str, int] = {}
        self._sent = False
        self._failed: PyMongoError | None = None

    def begin_part(self) -> None:
        """What is gathered from now on belongs to another part."""
        self._before = {name: len(writes) for name, writes in self._gathered.items()}
        self._sent = False

    def take_part_back(self) -> bool:
        """Forget what the present part gathered. False when some of it was sent already: only an abort undoes that."""
        for name, writes in self._gathered.items():
            del writes[self._before.get(name, 0) :]
        return not self._sent

    def gather(self, name: str, writes: Sequence[Any]) -> None:
        """Have these written later."""
        self._gathered.setdefault(name, []).extend(writes)

    def send_all(self) -> None:
        """Write all that was gathered. Raises the first error of the database again, should the work have passed it over."""
        for name in list(self._gathered):
            with self.call(name):
                pass

    @contextmanager
    def call(self, name: str, *, writes: bool = False) -> Iterator[Collection[Doc]]:
        """A call on a collection, after what was gathered for it.

        The server aborts a transaction at its first error: whoever catches one and goes on meets it again here.
        """
        if self._failed:
            raise self._failed
        self._sent = self._sent or writes
        try:
            collection = self.database[name]
            self._send(collection)
            yield collection
        except PyMongoError as error:
            self._failed = error
            raise

    def _send(self, collection: Collection[Doc]) -> None:
        writes = self._gathered.pop(collection.name, None)
        if not writes:
            return
        if len(writes) > self._before.pop(collection.name, 0):
            self._sent = True
        try:
            done = collection.bulk_write(writes, ordered=False, session=self.session)
        except BulkWriteError as error:
            raise _duplicate(error) or error from error
        must_match(done.matched_count + done.inserted_count, len(writes))


class Bound:
    """A collection bound to the unit's transaction, so that no call can forget it. A write that matches nothing raises."""

    def __init__(self, name: str, writes: Writes) -> None:
        self._name, self._writes, self._session = name, writes, writes.session

    def find_one(self, filter: Mapping[str, Any], **options: Any) -> Doc | None:
        """The first document that matches, as of the unit's snapshot."""
        with self._writes.call(self._name) as collection:
            return collection.find_one(filter, session=self._session, **options)

    def find(self, filter: Mapping[str, Any], **options: Any) -> list[Doc]:
        """All documents that match, as of the unit's snapshot."""
        with self._writes.call(self._name) as collection:
            return list(collection.find(filter, session=self._session, **options))

    def insert(self, document: Doc) -> None:
        """Add a document, which must have its `_id`. A duplicate raises DuplicateKeyError, later, and ends the unit."""
        self.insert_many([document])

    def insert_many(self, documents: Sequence[Doc]) -> None:
        """Add documents; as `insert`."""
        self._writes.gather(self._name, [InsertOne(_as_it_stands(document)) for document in documents])

    def replace(self, document: Doc, *, was: int) -> None:
        """Put a thing's new document in place of the one with revision `was`. Raises Vanished, later, if that is not there."""
        wanted = {"_id": document["_id"], "revision": was}
        self._writes.gather(self._name, [ReplaceOne(wanted, _as_it_stands(document))])

    def replace_rows(self, documents: Sequence[Doc]) -> None:
        """Put many rows in place of those with the same `_id`. Raises Vanished, later, if one is not there."""
        changes: list[Any] = [ReplaceOne({"_id": document["_id"]}, _as_it_stands(document)) for document in documents]
        self._writes.gather(self._name, changes)

    def increase(self, amounts: Mapping[str, Mapping[str, int]]) -> None:
        """Add to the numbers of rows by their `_id`, without reading them; a row that is not there yet begins with these."""
        if not amounts:
            return
        changes: list[Any] = [UpdateOne({"_id": key}, {"$inc": dict(numbers)}) for key, numbers in amounts.items()]
        with self._writes.call(self._name, writes=True) as collection:
            found = collection.bulk_write(changes, ordered=False, session=self._session)
        if found.matched_count < len(changes):
            known = {row["_id"] for row in self.find({"_id": {"$in": list(amounts)}}, projection=["_id"])}
            self.insert_many([{"_id": key, **numbers} for key, numbers in amounts.items() if key not in known])

    def update(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change exactly one document, or raise Vanished."""
        with self._writes.call(self._name, writes=True) as collection:
            found = collection.update_one(filter, change, session=self._session)
        must_match(found.matched_count, 1)

    def update_any(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """Change all that match; none is fine. Returns how many matched."""
        with self._writes.call(self._name, writes=True) as collection:
            return collection.update_many(filter, change, session=self._session).matched_count

    def delete(self, filter: Mapping[str, Any]) -> None:
        """Remove exactly one document, or raise Vanished."""
        must_match(self.delete_any(filter, most=1), 1)

    def delete_any(self, filter: Mapping[str, Any], most: int | None = None) -> int:
        """Remove all that match, or `most=1`; none is fine. Returns how many."""
        with self._writes.call(self._name, writes=True) as collection:
            delete = collection.delete_many if most is None else collection.delete_one
            return delete(filter, session=self._session).deleted_count


def must_match(found: int, wanted: int) -> None:
    """Raises Vanished when a write did not find what it was to change."""
    if found != wanted:
        raise Vanished(f"a write matched {found} of {wanted}")


def _as_it_stands(document: Doc) -> RawBSONDocument:
    return RawBSONDocument(bson.encode(document, codec_options=AWARE))


def _duplicate(error: BulkWriteError) -> DuplicateKeyError | None:
    """The same error as a single insert would raise."""
    first = error.details["writeErrors"][0] if error.details.get("writeErrors") else {}
    return DuplicateKeyError(first["errmsg"], first["code"], first) if first.get("code") == DUPLICATE_KEY else None
