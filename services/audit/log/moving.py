"""Moves full old tiles and bundles to a cheaper folder, where they are served from: each is durable there before it goes here.

May be killed at any moment and begun again, while the log goes on: what is written is never moved, and the log's writer
never writes a full tile twice. A damaged file is not carried away, so that nobody takes it for a copy.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.audit.log.durable import Durable
from services.audit.log.folder import LogStopped, TileFolder, locked
from services.audit.model.checkpoint import parse_checkpoint
from services.audit.model.merkle import leaf_hashes
from services.audit.model.note import parse_note
from services.audit.model.tiles import ENTRIES, WIDTH, Name, pack

AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class Moved:
    """`upto`: entries below this one lie in the archive now; `files` and `size` (bytes) were moved by this run."""

    upto: int
    files: int
    size: int


def move(tiles: Path, archive: Path, before: int, unchanged_since: float) -> Moved:
    """Move full tiles of level 0 and their bundles with entries below `before`, as long as they are old enough.

    `unchanged_since`: POSIX seconds; the first younger file ends it. Raises Conflict while another process moves,
    LogStopped when an entry does not fit its hash: it and what follows stays. Higher tiles stay: they are small.
    """
    archive.mkdir(parents=True, exist_ok=True)
    lock = locked(archive)
    try:
        return _move(TileFolder(tiles, archive), archive, _full(tiles, before), unchanged_since)
    finally:
        os.close(lock)


def _move(folder: TileFolder, archive: Path, end: int, unchanged_since: float) -> Moved:
    durable, files, size, index = Durable(archive), 0, 0, 0
    while index < end:
        batch = range(index, min(end, index + AT_A_TIME))
        old = [each for each in batch if _older(folder.root, each, unchanged_since)]
        found = [(path, data) for each in old for path, data in _checked(folder, each)]
        here = [(path, data) for path, data in found if (folder.root / path).exists()]
        durable.write(here)
        for path, data in here:
            (folder.root / path).unlink()
            files, size = files + 1, size + len(data)
        index += len(old)
        if len(old) < len(batch):
            break
    return Moved(index * WIDTH, files, size)


def _full(tiles: Path, before: int) -> int:
    """How many full tiles the log's last checkpoint covers, below an entry."""
    note = TileFolder(tiles).checkpoint()
    signed = parse_checkpoint(parse_note(note).text).size if note else 0
    return min(before, signed) // WIDTH


def _older(tiles: Path, index: int, unchanged_since: float) -> bool:
    """Whether both files of this place are gone from here, or old enough."""
    paths = [tiles / Name(level, index).path for level in (0, ENTRIES)]
    return all(path.stat().st_mtime <= unchanged_since for path in paths if path.exists())


def _checked(folder: TileFolder, index: int) -> Iterator[tuple[str, bytes]]:
    """The tile and the bundle of one place, after the entries were hashed once more."""
    tile, bundle = Name(0, index), Name(ENTRIES, index)
    hashes, entries = folder.hashes(tile), folder.bundle(bundle)
    if leaf_hashes(entries) != hashes:
        raise LogStopped(f"{bundle.path} does not fit {tile.path}: nothing from there on was moved")
    yield tile.path, hashes
    yield bundle.path, pack(entries)
