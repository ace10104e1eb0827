"""The store of the people's keys, `springrain_keys`: the one database that more than one service opens.

Registry makes and erases keys, the others only read. A key is made, and committed by a majority, before the unit of
work that first seals with it; no transaction spans two databases. Nothing here may ever take a lost key for an erased
person: the store answers a key, ERASED (there is a tombstone) or LOST (neither).

    keys        {_id: person or record id, key_id: 16 bytes, wrapped: bytes, of: person id or "", made_at: date}
    tombstones  {_id: person or record id, at: date}
    master      {_id: "check", wrapped: bytes}   tells a wrong master key before anything is sealed with it
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pymongo import MongoClient, ReadPreference, UpdateOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.clock import MachineClock
from shared.errors import ConfigError
from shared.sealing.cache import ERASED, LOST, Answer, KeyCache, State
from shared.sealing.errors import Erased, KeyLost
from shared.sealing.format import KEY_ID, DataKey
from shared.sealing.master import Master

_AT_ONCE = 1000
_CHECK = ("check", b"springrain")


class Keys:
    """Data keys by person or hidden record. Safe for several threads; make it after a fork, like its client.

    Reads and writes are majority and journaled. Everything read stays in memory, unwrapped, for 60 s at most, so that
    an erasure elsewhere is felt here within that time and here at once.
    """

    def __init__(
        self,
        client: MongoClient[dict[str, Any]],
        database: str,
        master: Master,
        clock: MachineClock,
        kept_for: float = 60.0,
    ) -> None:
        store = client.get_database(
            database,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", j=True),
        )
        self._keys, self._tombs, self._check = store["keys"], store["tombstones"], store["master"]
        self._master, self._clock = master, clock
        self._cache = KeyCache(clock, kept_for)

    def prepare(self) -> None:
        """Make the store ready (registry, at start): its index and the master's mark. Raises ConfigError as `check`."""
        self._keys.create_index("of", partialFilterExpression={"of": {"$gt": ""}})
        mark = {"wrapped": self._master.wrap(_CHECK[1], _CHECK[0])}
        self._check.update_one({"_id": _CHECK[0]}, {"$setOnInsert": mark}, upsert=True)
        self.check()

    def check(self) -> None:
        """Raise ConfigError unless this store was made with this master key. Every process calls it at start."""
        mark = self._check.find_one({"_id": _CHECK[0]})
        if mark is None:
            raise ConfigError("the key store is not prepared: start registry first")
        self._master.unwrap(mark["wrapped"], _CHECK[0])

    def make(self, person: str, of: str = "") -> DataKey:
        """The key of this person or record, made if there is none; durable on a majority before this returns.

        `of` is the person a hidden record speaks of: erasing the person erases the record's key too. Raises Erased
        when either has a tombstone, whenever it was set.
        """
        return self._made({person: of})[person]

    def make_many(self, persons: Iterable[str]) -> dict[str, DataKey]:
        """`make` for many people, in bulk: thousands a second. Raises Erased if one of them was erased."""
        wanted = list(dict.fromkeys(persons))
        made: dict[str, DataKey] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            made |= self._made(dict.fromkeys(wanted[start : start + _AT_ONCE], ""))
        return made

    def state(self, person: str) -> Answer:
        """The key, ERASED or LOST. LOST is never remembered: the key's event may have overtaken it by a moment."""
        return self.states([person])[person]

    def states(self, persons: Iterable[str]) -> dict[str, Answer]:
        """`state` for many in two reads. The keys are read before the tombstones, so that no erasure is missed."""
        wanted = set(persons)
        found = self._cache.get(wanted)
        missing = sorted(wanted - found.keys())
        if missing:
            since = self._clock.monotonic()
            fresh = self._read(missing)
            self._cache.put(fresh, since)
            found |= fresh
        return found

    def need(self, person: str) -> DataKey:
        """The key, or Erased or KeyLost raised."""
        found = self.state(person)
        if isinstance(found, DataKey):
            return found
        raise Erased(person) if found is ERASED else KeyLost(person)

    def erase(self, person: str) -> None:
        """Destroy the key for ever, and those of the records that belong to the person. May be called again.

        The tombstone comes first: from then on nobody gets the key, though a process that holds it does so for up to
        60 s more. A crash in between leaves a tombstone, and the next call ends the work. What the storage engine
        still holds of the wrapped key is overwritten in its own time; backups of this store live 30 days.
        """
        self._bury([person])
        while records := [row["_id"] for row in self._keys.find({"of": person}, {"_id": 1})]:
            self._bury(records)
            self._destroy(records)
        self._destroy([person])

    def tombstones(self) -> Iterator[tuple[str, datetime]]:
        """Who was erased, and when: the list that is kept apart from all backups and applied after a restore."""
        for row in self._tombs.find({}, sort=[("_id", 1)]):
            yield row["_id"], row["at"]

    def bury(self, persons: Iterable[str]) -> None:
        """Apply a list of tombstones to a restored store, before any service starts."""
        for person in persons:
            self.erase(person)

    def made_before(self, instant: datetime) -> Iterator[str]:
        """Whose keys are older than this (machine time): for the daily sweep of keys whose person never came to be."""
        for row in self._keys.find({"made_at": {"$lt": instant}}, {"_id": 1}):
            yield row["_id"]

    def discard(self, person: str) -> None:
        """Delete a key nothing was ever committed under, leaving no tombstone. Anything sealed with it is LOST."""
        self._destroy([person])

    def sweep(self) -> None:
        """Forget keys held longer than allowed; a process that may idle calls this every few seconds."""
        self._cache.sweep()

    def _made(self, wanted: dict[str, str]) -> dict[str, DataKey]:
        found = self._cache.get(wanted)
        missing = {person: of for person, of in wanted.items() if person not in found}
        if missing:
            since = self._clock.monotonic()
            self._keys.bulk_write([self._insert(person, of) for person, of in missing.items()], ordered=False)
            fresh = self._read(sorted(missing))
            self._unmake([person for person in missing if fresh[person] is ERASED])
            self._cache.put(fresh, since)
            found |= fresh
        return {person: self._usable(person, answer) for person, answer in found.items()}

    def _insert(self, person: str, of: str) -> UpdateOne:
        """One upsert outside any transaction. A key that is there stays; a majority holds it either way."""
        row = {
            "key_id": os.urandom(KEY_ID),
            "wrapped": self._master.wrap(os.urandom(32), person),
            "of": of,
            "made_at": self._clock.now(),
        }
        return UpdateOne({"_id": person}, {"$setOnInsert": row}, upsert=True)

    def _usable(self, person: str, answer: Answer) -> DataKey:
        if isinstance(answer, DataKey):
            return answer
        raise Erased(person) if answer is ERASED else KeyLost(person)

    def _read(self, persons: list[str]) -> dict[str, Answer]:
        rows = {row["_id"]: row for row in self._keys.find({"_id": {"$in": persons}})}
        asked = {*persons, *(row["of"] for row in rows.values() if row["of"])}
        buried = {row["_id"] for row in self._tombs.find({"_id": {"$in": sorted(asked)}}, {"_id": 1})}
        return {person: self._answer(person, rows.get(person), buried) for person in persons}

    def _answer(self, person: str, row: dict[str, Any] | None, buried: set[str]) -> Answer:
        if person in buried or (row is not None and row["of"] in buried):
            return ERASED
        if row is None:
            return LOST
        secret = self._master.unwrap(row["wrapped"], person)
        return DataKey(person, bytes(row["key_id"]), secret, row["of"])

    def _bury(self, persons: list[str]) -> None:
        at = self._clock.now()
        rows = [UpdateOne({"_id": person}, {"$setOnInsert": {"at": at}}, upsert=True) for person in persons]
        self._tombs.bulk_write(rows, ordered=False)
        self._cache.forget(persons)

    def _unmake(self, persons: list[str]) -> None:
        """A key made for somebody erased meanwhile goes at once; a record then has a tombstone as its person has."""
        if persons:
            self._bury(persons)
            self._destroy(persons)

    def _destroy(self, persons: list[str]) -> None:
        self._keys.delete_many({"_id": {"$in": persons}})
        self._cache.forget(persons)


__all__ = ["ERASED", "LOST", "Answer", "Keys", "State"]
