"""Export: the log as an inspector takes it away, one file that the offline verifier reads in one pass.

The layout is that of tlog-tiles, in the order of `from_the_top`; a part of the log has the files that prove it and no more.
Reads the folder only and holds one bundle in memory.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from services.audit.log.folder import TileFolder
from services.audit.model import tar
from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.note import parse_note
from services.audit.model.selection import Member, Picked, Selection, members, pack_picked
from services.audit.model.tiles import ENTRIES, from_the_top, name_at, pack


def bundle_parts(folder: TileFolder, checkpoint: bytes, verifier_key: str) -> Iterator[bytes]:
    """The bundle's bytes piece by piece, for a file or an HTTP answer.

    The checkpoint must be one the folder's tiles are durable for. Raises LogStopped when a tile is missing or cut short.
    """
    return _parts(folder, checkpoint, verifier_key, None, from_the_top(checkpoint_in(checkpoint).size))


def selected_parts(
    folder: TileFolder, checkpoint: bytes, verifier_key: str, asked: Selection, indexes: Sequence[int]
) -> Iterator[bytes]:
    """The same for a part of the log: the entries at these places (ascending, each once) below the checkpoint's size."""
    size = checkpoint_in(checkpoint).size
    first, last = (indexes[0], indexes[-1]) if indexes else (0, 0)
    selection = replace(asked, entries=len(indexes), first=first, last=last, earlier=min(asked.earlier, size))
    return _parts(folder, checkpoint, verifier_key, selection, members(size, indexes, selection.earlier))


def write_bundle(target: Path, parts: Iterator[bytes]) -> None:
    """Write a bundle to a file, which is there whole or not at all."""
    draft = target.with_name(target.name + ".part")
    try:
        with draft.open("wb") as file:
            _write(file, parts)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def checkpoint_in(note: bytes) -> Checkpoint:
    """What a checkpoint says. Whether it is signed was asked when it was made."""
    return parse_checkpoint(parse_note(note).text)


def _parts(
    folder: TileFolder, checkpoint: bytes, key: str, selection: Selection | None, names: Iterator[Member]
) -> Iterator[bytes]:
    said = checkpoint_in(checkpoint)
    yield from _file(tar.CHECKPOINT, checkpoint)
    yield from _file(tar.ABOUT, tar.about(said.origin, said.size, key, selection))
    for name in names:
        yield from _file(name.path, _bytes_of(folder, name, said.size))
    yield tar.END


def _write(file: BinaryIO, parts: Iterator[bytes]) -> None:
    for part in parts:
        file.write(part)
    file.flush()
    os.fsync(file.fileno())


def _file(path: str, data: bytes) -> Iterator[bytes]:
    yield tar.header(path, len(data))
    yield data
    yield tar.padding(len(data))


def _bytes_of(folder: TileFolder, name: Member, size: int) -> bytes:
    if isinstance(name, Picked):
        entries = folder.bundle(name_at(ENTRIES, name.index, size))
        return pack_picked({slot: entries[slot] for slot in name.slots})
    return pack(folder.bundle(name)) if name.level == ENTRIES else folder.hashes(name)
