"""What a witness must never forget: for each log the latest checkpoint it cosigned, one small file each.

Compared and set under a lock that holds between threads and processes, durable before anybody is answered. A file that is
gone or damaged is not an empty one: the witness then refuses that log, or the log could be rolled back unseen.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import parse_note
from services.audit.model.wrong import Wrong


class Forgotten(Exception):
    """The file of this log is not there or cannot be read. Somebody has to look; nothing is signed meanwhile."""


class Memory:
    """One log's file. `<hex sha256 of origin>`, as the page names it for monitors."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._origin = origin
        self._path = folder / sha256(origin.encode()).hexdigest()

    def begin(self) -> bool:
        """Make the empty file of a log seen for the first time. False, and nothing done, when there is one."""
        with self.held():
            if self._path.exists():
                return False
            self._write(b"")
            return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else reads or writes this log's file meanwhile. A dead process lets go."""
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def note(self) -> bytes:
        """The latest cosigned checkpoint with its signatures; empty when none was. Raises Forgotten."""
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise Forgotten(f"{self._path}: {error.strerror}") from error

    def latest(self) -> Checkpoint:
        """The latest cosigned checkpoint; of size 0 when none was. Raises Forgotten."""
        note = self.note()
        if not note:
            return Checkpoint(self._origin, 0, EMPTY_ROOT)
        try:
            found = parse_checkpoint(parse_note(note).text)
        except Wrong as error:
            raise Forgotten(f"{self._path}: {error}") from error
        if found.origin != self._origin:
            raise Forgotten(f"{self._path}: holds another log's checkpoint")
        return found

    def keep(self, note: bytes) -> None:
        """Put this one in its place, durable when this returns. Only while `held`."""
        self._write(note)

    def _write(self, note: bytes) -> None:
        draft = self._path.with_suffix(".next")
        write_durably(draft, note, 0o644)
        draft.rename(self._path)
        sync_folder(self._path.parent)


def write_durably(path: Path, data: bytes, mode: int, flags: int = os.O_TRUNC) -> None:
    """Write a file and have it on disk, but for its name in the folder. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
