"""Reads the signed log again and again, a bundle at a time: a flipped bit is found before anybody asks (docs/faults.md).

Compares database, bundle, tile and the path to the signed root, what an entry is looked up by, and the counters. Changes
nothing but notes of what it found: what is damaged has to be looked at by a person, since another copy of it is right.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from services.audit.log.folder import LogStopped, TileFolder
from services.audit.log.leaf import document, read_leaf
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.merkle import Edge, fold, leaf_hash
from services.audit.model.note import parse_verifier
from services.audit.model.tiles import ENTRIES, HASH, WIDTH, Name, full_tiles, name_at
from services.audit.model.wrong import Wrong
from services.audit.store import LogStore
from shared.clock import MachineClock

log = structlog.get_logger()
PAUSE_SECONDS = 0.25
"""Between two bundles: some 900 entries a second, ten million in three hours, for a twentieth of one core."""
MOST_NOTED = 20
DATABASE, MISSING, LOOKED_UP_BY, BUNDLE, TILE, FOLDER = "database", "missing", "lookup", "bundle", "tile", "folder"
CHECKPOINT, COUNTS = "checkpoint", "counts"
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry that is not as signed, and where; without an index the log's row: its checkpoint, or its counts."""

    index: int | None
    where: str


@dataclass
class Round:
    """One pass over the log as it was signed when the pass began."""

    size: int = 0
    root: bytes = b""
    began: float = 0.0
    counts: Mapping[str, int] | None = None
    """What the row said of how many events each service told; None when entries lay beyond the checkpoint just then."""
    seen: Counter[str] = field(default_factory=Counter)
    next: int = 0
    found: list[Damage] = field(default_factory=list)


class Scrub:
    """One pass after the other. For one thread. `county`: whose branches and services the entries name."""

    def __init__(self, store: LogStore, folder: TileFolder, county: str, clock: MachineClock) -> None:
        self._store, self._folder, self._county, self._clock = store, folder, county, clock
        self._round = Round()
        self._before: list[Damage] | None = None
        """What the last pass found: said until this one has ended, so that nothing seems mended for a while."""

    def run(self, stop: threading.Event) -> None:
        """Read on until stopped."""
        while not stop.wait(PAUSE_SECONDS):
            try:
                self.step()
            except PyMongoError as error:
                log.warning("scrub_waits", error=type(error).__name__)

    def step(self) -> bool:
        """Check the next bundle. True when a pass over the whole log ended with it."""
        state = self._store.state()
        if state is None or not state["signed"]:
            return True
        if not self._round.next:
            self._begin(state)
        if self._round.next * WIDTH >= self._round.size:
            self._end()
            return True
        try:
            name = name_at(ENTRIES, self._round.next, state["signed"])
            fresh = self.check(name, state["signed"])
        except Wrong:  # the row says that less is signed than when the pass began
            fresh = [Damage(None, CHECKPOINT)]
        self._add(fresh)
        self._round.next += 1
        return False

    def check(self, name: Name, size: int) -> list[Damage]:
        """What is damaged in one bundle, or in the tile that holds the hash of its tile."""
        first = name.first_entry
        try:
            bundle, hashes = self._folder.bundle(name), self._folder.hashes(Name(0, name.index, name.width))
            fits = name.width < WIDTH or _fits_above(self._folder, name.index, hashes, size)
        except LogStopped:
            return [Damage(first, FOLDER)]
        kept = self._store.rows(first, first + name.width)
        found = [self._look(first + at, body, hashes, kept.get(first + at)) for at, body in enumerate(bundle)]
        damaged = [damage for damage in found if damage is not None]
        return damaged or ([] if fits else [Damage(first, TILE)])

    def _begin(self, state: Doc) -> None:
        if self._before is None:
            self._before = [Damage(**each) for each in state.get("damaged", ())]
        whole = state["size"] == state["signed"]
        self._round = Round(state["signed"], bytes(state["root"]), self._clock.monotonic(), state["counts"] if whole else None)
        if not self._is_signed(state):
            self._add([Damage(None, CHECKPOINT)])

    def _end(self) -> None:
        ended = self._round
        if not ended.found and not self._gives(ended.root):
            self._add([Damage(None, CHECKPOINT)])
        if ended.counts is not None and not ended.found and ended.counts != ended.seen:
            self._add([Damage(None, COUNTS)])
        self._before = ended.found
        self._note()  # a clean pass takes an earlier note back
        self._store.note_round(ended.size, int(self._clock.monotonic() - ended.began), self._clock.now())
        self._round = Round()

    @staticmethod
    def _is_signed(state: Doc) -> bool:
        """Whether the row's size and root are those of its signed checkpoint, and no entry is uncounted."""
        try:
            said = open_checkpoint(bytes(state["note"]), [parse_verifier(state["key"])], state["origin"])
        except Wrong:
            return False
        return (said.size, said.root) == (state["signed"], bytes(state["root"])) and state["size"] >= said.size

    def _gives(self, root: bytes) -> bool:
        """Whether the tiles give the root that was signed when this pass began."""
        try:
            return Edge.load(self._folder, self._round.size).root() == root
        except LogStopped:
            return False

    def _look(self, index: int, body: bytes, hashes: bytes, kept: Doc | None) -> Damage | None:
        at = index % WIDTH
        right = leaf_hash(body) == hashes[at * HASH : (at + 1) * HASH]
        same = kept is not None and kept["body"] == body
        if not right:
            return Damage(index, TILE if same else BUNDLE)
        if kept is None:
            return Damage(index, MISSING)
        if not same:
            return Damage(index, DATABASE)
        return None if self._is_found_by_what_it_says(index, body, kept) else Damage(index, LOOKED_UP_BY)

    def _is_found_by_what_it_says(self, index: int, body: bytes, kept: Doc) -> bool:
        leaf = read_leaf(body)
        if "/" in kept["key"]:
            leaf = leaf.beside()
        if leaf.event is not None and not leaf.odd and index < self._round.size:
            self._round.seen[kept.get("service", "")] += 1
        said = document(leaf, index, self._county)
        odd = kept.get("odd", "")
        return {**said, "odd": odd} == {"odd": "", **kept} and odd in (leaf.odd, "other_body")

    def _add(self, fresh: list[Damage]) -> None:
        if fresh:
            self._round.found += fresh
            self._note()

    def _note(self) -> None:
        fresh = self._round.found
        for damage in fresh[-1:]:
            log.error("log_damaged", entry=damage.index, where=damage.where, count=len(fresh))
        found = [*fresh, *(each for each in self._before or () if each not in fresh)]
        self._store.note_damage([{"index": each.index, "where": each.where} for each in found[:MOST_NOTED]])


def _fits_above(folder: TileFolder, index: int, hashes: bytes, size: int) -> bool:
    """Whether a full tile's hash is what the tile above it holds; the first of 256 speaks for that one too, and so on."""
    level = 0
    while index < full_tiles(level, size):
        above, place = divmod(index, WIDTH)
        held = folder.hashes(name_at(level + 1, above, size))
        if fold(hashes) != held[place * HASH : (place + 1) * HASH]:
            return False
        if place:
            return True
        level, index, hashes = level + 1, above, held
    return True
