"""Fills a county's log as if so many events had been logged: the same files and rows, made by a generator, without fsync."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.write_concern import WriteConcern

from services.audit.model.merkle import Edge, leaf_hashes
from services.audit.model.tiles import ENTRIES, WIDTH, Name, pack
from services.audit.store import prepare
from services.audit.wiring import place_of
from shared.runtime import Runtime
from tests.bench.audit_bodies import rows

AT_ONCE = 40 * WIDTH
FAST = WriteConcern(w=1, j=False)


class Filler:
    """One county's log, filled once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._edge, self._place = runtime, Edge(), place_of(runtime)
        self._made: set[Path] = set()

    def fill(self, size: int) -> None:
        """So many entries, signed."""
        prepare(self._runtime.database)
        entries = self._runtime.database.get_collection("entries", write_concern=FAST)
        with ThreadPoolExecutor(1) as inserting:
            inserted: Future[Any] = inserting.submit(list)
            for start in range(0, size, AT_ONCE):
                fresh = list(rows(self._runtime.settings.county, start, min(size, start + AT_ONCE)))
                inserted.result()
                inserted = inserting.submit(entries.insert_many, fresh, ordered=False)
                self._tiles([row["body"] for row in fresh], start)
            inserted.result()
        for tile in self._edge.partials():
            self._write(tile.name.path, tile.hashes)
        self._sign(size)

    def _tiles(self, bodies: Sequence[bytes], start: int) -> None:
        for at in range(0, len(bodies), WIDTH):
            bundle = bodies[at : at + WIDTH]
            self._write(Name(ENTRIES, (start + at) // WIDTH, len(bundle)).path, pack(bundle))
            for tile in self._edge.extend(leaf_hashes(bundle)):
                self._write(tile.name.path, tile.hashes)

    def _sign(self, size: int) -> None:
        self._place.keys.mkdir(parents=True, exist_ok=True)
        ring, root, now = self._place.ring(1), self._edge.root(), datetime.now(UTC)
        ring.begin()
        note = ring.note(size, root, now)
        self._write("checkpoint", note)
        row: dict[str, Any] = {"_id": "log", "origin": ring.origin, **ring.public(now), "size": size, "counts": {}, "fence": 0}
        row |= {"signed": size, "root": root, "note": note, "signed_at": now}
        self._runtime.database["log"].insert_one(row)

    def _write(self, path: str, data: bytes) -> None:
        target = self._place.tiles / path
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        target.write_bytes(data)
