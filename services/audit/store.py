"""The audit service's collections, their indexes, and how the log's entries and its one row lie in them.

entries     {_id: index, key, body, odd?, event, type, subject, revision, link, service, branch, within, actor, time, about}
log         {_id: "log", origin, key, keys, retired, fence, size, counts: {service: n}, signed, root, note, signed_at,
             stopped?, damaged?}: `key` the newest, `keys` all that sign (keyring.py)
holes       {_id: link that is missing, subject, revision, entry: the one after it}
logged      {_id: source|noun|day, count, sum0..7}: what the log holds, to be compared with what sources say they told
health      {_id: "log", at, waiting, late_seconds, free, days_at, sources, round}: how the log was seen last (health, scrub)
oversize    {_id: sha256, size, body}: bodies no log can hold (tlog-tiles), which no service of ours can tell
concerns    see commands/concerns.py; houses, homes, pairings, branches, persons: what the rules must know
inspections, findings, reports: see inspections/rows.py
visits, moves, endings, said, people, accounts, looked: see evidence/store.py
exports     {_id, revision, note, size, key, origin, by, at, part?, agreed?, agreed_by?, complete: [{source, through}]}
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson.binary import Binary
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from services.audit.evidence import store as evidence
from services.audit.inspections import rows as inspections
from shared.units import Unit

Doc = dict[str, Any]
ENTRIES, LOG, HOLES, OVERSIZE, LOGGED, HEALTH = "entries", "log", "holes", "oversize", "logged", "health"
CONCERNS, EXPORTS, BRANCHES = "concerns", "exports", "branches"
HOUSES, HOMES, PAIRINGS, PERSONS = "houses", "homes", "pairings", "persons"
THE_LOG = {"_id": "log"}


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. Harmless when they are there."""
    entries = database[ENTRIES]
    entries.create_index("key", unique=True)
    entries.create_index("link", sparse=True)
    entries.create_index("odd", sparse=True)
    for name in ("about", "within", "actor", "type", "time"):
        entries.create_index([(name, ASCENDING), ("_id", DESCENDING)])
    concerns = database[CONCERNS]
    concerns.create_index("key", unique=True, partialFilterExpression={"state": "open"})
    concerns.create_index([("key", ASCENDING), ("_id", DESCENDING)])
    concerns.create_index([("state", ASCENDING), ("branch", ASCENDING), ("_id", DESCENDING)])
    concerns.create_index([("about", ASCENDING), ("state", ASCENDING)])
    database[HOUSES].create_index("members")
    for name in (HOUSES, PERSONS):
        database[name].create_index("number")
    database[PAIRINGS].create_index("household")
    evidence.prepare(database)
    inspections.prepare(database)


class LogStore:
    """The log's row and its entries outside any unit of work: what the writer and the pages read."""

    def __init__(self, database: Database[Doc]) -> None:
        self._log: Collection[Doc] = database[LOG]
        self._entries: Collection[Doc] = database[ENTRIES]
        self._holes: Collection[Doc] = database[HOLES]
        self._oversize: Collection[Doc] = database[OVERSIZE]
        self._health: Collection[Doc] = database[HEALTH]

    def state(self) -> Doc | None:
        """The log's row; None before the worker's first start."""
        return self._log.find_one(THE_LOG)

    def begin(self, row: Doc) -> None:
        """Write the row of a new log. Raises DuplicateKeyError when there is one."""
        self._log.insert_one({**THE_LOG, **row})

    def fence(self) -> Doc:
        """Take over as writer: whoever wrote before is refused from now on. Returns the row with our fence."""
        taken = self._log.find_one_and_update(THE_LOG, {"$inc": {"fence": 1}, "$unset": {"stopped": ""}}, return_document=True)
        assert taken is not None
        self._health.update_one(THE_LOG, {"$unset": {"stopped": ""}})
        return taken

    def set_checkpoint(self, fence: int, signed: Mapping[str, Any]) -> bool:
        """Compare and set: only by the present writer, only to a greater size. False when that was not so."""
        smaller = {**THE_LOG, "fence": fence, "signed": {"$lt": signed["signed"]}}
        return self._log.update_one(smaller, {"$set": dict(signed)}).matched_count == 1

    def stop(self, why: str) -> None:
        """Say that nothing is signed any more, for pages and operators; also where no log could begin."""
        self._log.update_one(THE_LOG, {"$set": {"stopped": why[:200]}})
        self._health.update_one(THE_LOG, {"$set": {"stopped": why[:200]}}, upsert=True)

    def note_damage(self, found: Sequence[Doc]) -> None:
        """Say what is not as signed; an empty list takes it back."""
        self._log.update_one(THE_LOG, {"$set": {"damaged": list(found)}} if found else {"$unset": {"damaged": ""}})

    def bodies(self, start: int, end: int) -> list[bytes]:
        """The bodies of entries start..end-1, as many as are there without a hole."""
        found = self._entries.find({"_id": {"$gte": start, "$lt": end}}, {"body": 1}, sort=[("_id", ASCENDING)])
        rows = [(row["_id"], bytes(row["body"])) for row in found]
        return [body for place, (index, body) in enumerate(rows) if index == start + place]

    def rows(self, start: int, end: int) -> dict[int, Doc]:
        """The documents of entries start..end-1, as many as are there."""
        return {row["_id"]: row for row in self._entries.find({"_id": {"$gte": start, "$lt": end}})}

    def note_round(self, entries: int, seconds: int, at: datetime) -> None:
        """Say that the self-check has read the whole log once more."""
        change = {"round": {"entries": entries, "seconds": seconds, "at": at}}
        self._health.update_one(THE_LOG, {"$set": change}, upsert=True)

    def put_aside(self, digest: str, body: bytes, kept: int) -> None:
        """Keep a body that is too large for any entry."""
        row = {"size": len(body), "body": Binary(body[:kept])}
        self._oversize.update_one({"_id": digest}, {"$setOnInsert": row}, upsert=True)

    def holes(self) -> int:
        """How many holes the log knows of."""
        return self._holes.count_documents({})

    def odd(self) -> int:
        """How many entries are no events of ours, or another body under a known id."""
        return self._entries.count_documents({"odd": {"$exists": True}})


class EntriesInUnit:
    """The log's entries inside the unit of work that gives them their index."""

    def __init__(self, unit: Unit) -> None:
        self._log, self._entries, self._holes = (unit.collection(name) for name in (LOG, ENTRIES, HOLES))

    def state(self) -> Doc | None:
        """The log's row as of this unit."""
        return self._log.find_one(THE_LOG)

    def bodies_by_key(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The bodies known under these keys."""
        found = self._entries.find({"key": {"$in": list(keys)}}, projection={"_id": 0, "key": 1, "body": 1})
        return {row["key"]: bytes(row["body"]) for row in found}

    def links(self, links: Iterable[str]) -> set[str]:
        """Which of these places of chains are told already."""
        found = self._entries.find({"link": {"$in": list(links)}}, projection={"_id": 0, "link": 1})
        return {row["link"] for row in found}

    def add(self, rows: Sequence[Doc], fence: int, size: int, counts: Mapping[str, int]) -> None:
        """Insert entries and move the log's size on. Raises Vanished when another writer was first."""
        self._entries.insert_many(rows)
        more = {f"counts.{service}": count for service, count in counts.items()}
        self._log.update({**THE_LOG, "fence": fence, "size": size}, {"$inc": {"size": len(rows), **more}})

    def settle_holes(self, closed: set[str], opened: Sequence[Doc]) -> None:
        """Note which holes closed with these entries, and which opened."""
        if closed:
            self._holes.delete_any({"_id": {"$in": list(closed)}})
        fresh = {row["_id"]: row for row in opened}
        for known in self._holes.find({"_id": {"$in": list(fresh)}}, projection={"_id": 1}) if fresh else ():
            del fresh[known["_id"]]
        self._holes.insert_many(list(fresh.values()))
