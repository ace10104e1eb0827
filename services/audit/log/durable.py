"""Files that are there whole and for good, or not at all: temporary file, fsync, link, fsync of the folder.

Never writes over a file, and never tries a failed fsync again: the kernel may have dropped the pages (docs/faults.md).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class OtherBytes(OSError):
    """A file that must never change is there with other bytes."""


class Durable:
    """Writes below one folder, for its one writer."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / ".draft"
        self._known: set[Path] = {root}
        self._drafts.mkdir(exist_ok=True)
        for left in self._drafts.iterdir():
            left.unlink()
        sync_folder(root)
        sync_folder(root.parent)

    def write(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Make these files durable. One that is there with the same bytes is left; with others, raises OtherBytes."""
        touched: dict[Path, None] = {}
        for path, data in files:
            target = self._root / path
            self._make(target.parent, touched)
            self._link(target, data)
            touched[target.parent] = None
        for folder in touched:
            sync_folder(folder)

    def replace(self, path: str, data: bytes) -> None:
        """Put these bytes in a file's place, at once for every reader."""
        with self._draft(data) as draft:
            draft.rename(self._root / path)
        sync_folder(self._root)

    def drop(self, path: str) -> None:
        """Delete a folder of files nobody needs any more. Not durable: what comes back harms nobody."""
        with suppress(FileNotFoundError):
            for each in os.scandir(self._root / path):
                os.unlink(each)
            (self._root / path).rmdir()
        self._known.discard(self._root / path)

    def _link(self, target: Path, data: bytes) -> None:
        with self._draft(data) as draft:
            with suppress(FileExistsError):
                os.link(draft, target)
            draft.unlink()
        if target.read_bytes() != data:
            raise OtherBytes(f"{target.relative_to(self._root)} is stored with other bytes")

    @contextmanager
    def _draft(self, data: bytes) -> Iterator[Path]:
        draft = self._drafts / "next"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        yield draft

    def _make(self, folder: Path, touched: dict[Path, None]) -> None:
        """Make a folder and those above it; each new name is synced with its parent."""
        if folder in self._known:
            return
        self._make(folder.parent, touched)
        folder.mkdir(exist_ok=True)
        touched[folder.parent] = None
        self._known.add(folder)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
