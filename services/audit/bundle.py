"""Export: the log as an inspector takes it away, one file that the offline verifier reads in one pass.

The layout is that of tlog-tiles, in the order of `from_the_top`. Reads the folder only and holds one bundle in memory.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.audit.folder import TileFolder
from services.audit.model import tar
from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.note import parse_note
from services.audit.model.tiles import ENTRIES, Name, from_the_top, pack


def bundle_parts(folder: TileFolder, checkpoint: bytes, verifier_key: str) -> Iterator[bytes]:
    """The bundle's bytes piece by piece, for a file or an HTTP answer.

    The checkpoint must be one the folder's tiles are durable for. Raises LogStopped when a tile is missing or cut short.
    """
    said = parse_checkpoint(parse_note(checkpoint).text)
    yield from _file(tar.CHECKPOINT, checkpoint)
    yield from _file(tar.ABOUT, tar.about(said.origin, said.size, verifier_key))
    for name in from_the_top(said.size):
        yield from _file(name.path, _bytes_of(folder, name))
    yield tar.END


def write_bundle(target: Path, folder: TileFolder, checkpoint: bytes, verifier_key: str) -> Checkpoint:
    """Write the bundle to a file, which is there whole or not at all. Returns what the bundle holds."""
    draft = target.with_name(target.name + ".part")
    try:
        with draft.open("wb") as file:
            _write(file, bundle_parts(folder, checkpoint, verifier_key))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return parse_checkpoint(parse_note(checkpoint).text)


def _write(file: BinaryIO, parts: Iterator[bytes]) -> None:
    for part in parts:
        file.write(part)
    file.flush()
    os.fsync(file.fileno())


def _file(path: str, data: bytes) -> Iterator[bytes]:
    yield tar.header(path, len(data))
    yield data
    yield tar.padding(len(data))


def _bytes_of(folder: TileFolder, name: Name) -> bytes:
    return pack(folder.bundle(name)) if name.level == ENTRIES else folder.hashes(name)
