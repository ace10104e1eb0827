"""Reads the signed log again and again, a bundle at a time: a flipped bit is found before anybody asks (docs/faults.md).

Compares database, bundle, tile and the path to the signed root. Changes nothing but a note in the log's row: what is
damaged has to be looked at by a person, since another copy of it is right.
"""

import threading
from dataclasses import dataclass

import structlog
from pymongo.errors import PyMongoError

from services.audit.folder import LogStopped, TileFolder
from services.audit.model.merkle import leaf_hash
from services.audit.model.proof import check_inclusion, prove_inclusion
from services.audit.model.tiles import ENTRIES, HASH, WIDTH, Name, name_at
from services.audit.model.wrong import Wrong
from services.audit.store import LogStore

log = structlog.get_logger()
PAUSE_SECONDS = 0.25
"""Between two bundles: a thousand entries a second, ten million in three hours, for a small share of one core."""
MOST_NOTED = 20
DATABASE, BUNDLE, TILE, FOLDER = "database", "bundle", "tile", "folder"


@dataclass(frozen=True, slots=True)
class Damage:
    """One entry that is not as signed, and where."""

    index: int
    where: str


class Scrub:
    """One pass after the other. For one thread."""

    def __init__(self, store: LogStore, folder: TileFolder) -> None:
        self._store, self._folder = store, folder
        self._next = 0
        self._found: list[Damage] = []

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
        if self._next * WIDTH >= state["signed"]:
            self._note(self._found)  # a clean pass takes an earlier note back
            self._next, self._found = 0, []
            return True
        name = name_at(ENTRIES, self._next, state["signed"])
        fresh = self.check(name, state["signed"], bytes(state["root"]))
        if fresh:
            self._found += fresh
            self._note(self._found)
        self._next += 1
        return False

    def check(self, name: Name, size: int, root: bytes) -> list[Damage]:
        """What is damaged in one bundle and above it."""
        first = name.first_entry
        try:
            bundle, hashes = self._folder.bundle(name), self._folder.hashes(Name(0, name.index, name.width))
            path = prove_inclusion(self._folder, first, size)
        except LogStopped:
            return [Damage(first, FOLDER)]
        kept = self._store.bodies(first, first + name.width)
        found = [_look(first + at, body, hashes, kept) for at, body in enumerate(bundle)]
        damaged = [damage for damage in found if damage is not None]
        return damaged or _above(first, hashes, size, root, path)

    def _note(self, found: list[Damage]) -> None:
        for damage in found[-1:]:
            log.error("log_damaged", entry=damage.index, where=damage.where, count=len(found))
        self._store.note_damage([{"index": each.index, "where": each.where} for each in found[:MOST_NOTED]])


def _look(index: int, body: bytes, hashes: bytes, kept: list[bytes]) -> Damage | None:
    at = index % WIDTH
    right = leaf_hash(body) == hashes[at * HASH : (at + 1) * HASH]
    same = at < len(kept) and kept[at] == body
    if right and same:
        return None
    if right:
        return Damage(index, DATABASE)
    return Damage(index, TILE if same else BUNDLE)


def _above(first: int, hashes: bytes, size: int, root: bytes, path: list[bytes]) -> list[Damage]:
    try:
        check_inclusion(hashes[:HASH], first, size, path, root)
    except Wrong:
        return [Damage(first, TILE)]
    return []
