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


class Tiles:
    """A log's folder that grows by writing its files straight down."""

    def __init__(self, root: Path) -> None:
        self.root, self.edge = root, Edge()
        self._made: set[Path] = set()

    def add(self, bodies: Sequence[bytes]) -> None:
        """Entries after those there; all but the last call a multiple of 256."""
        for at in range(0, len(bodies), WIDTH):
            bundle = bodies[at : at + WIDTH]
            self.write(Name(ENTRIES, self.edge.size // WIDTH, len(bundle)).path, pack(bundle))
            for tile in self.edge.extend(leaf_hashes(bundle)):
                self.write(tile.name.path, tile.hashes)

    def end(self) -> bytes:
        """Write the partial tiles. Returns the root."""
        for tile in self.edge.partials():
            self.write(tile.name.path, tile.hashes)
        return self.edge.root()

    def write(self, path: str, data: bytes) -> None:
        """One file."""
        target = self.root / path
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        target.write_bytes(data)


class Filler:
    """One county's log, filled once: folder and database."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._place = runtime, place_of(runtime)
        self._tiles = Tiles(self._place.tiles)

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
                self._tiles.add([row["body"] for row in fresh])
            inserted.result()
        self._sign(size, self._tiles.end())

    def _sign(self, size: int, root: bytes) -> None:
        self._place.keys.mkdir(parents=True, exist_ok=True)
        ring, now = self._place.ring(1), datetime.now(UTC)
        ring.begin()
        note = ring.note(size, root, now)
        self._tiles.write("checkpoint", note)
        row: dict[str, Any] = {"_id": "log", "origin": ring.origin, **ring.public(now), "size": size, "counts": {}, "fence": 0}
        row |= {"signed": size, "root": root, "note": note, "signed_at": now}
        self._runtime.database["log"].insert_one(row)
