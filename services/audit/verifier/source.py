"""Where the verifier reads from: a bundle file, front to back, or a log's folder. Nothing in either is trusted.

What is read at once is bounded by what it can be, whatever a header says; no name in the file is ever used as a path.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from services.audit.model import tar
from services.audit.model.note import GREATEST_NOTE
from services.audit.model.selection import GREATEST_PICKED, Member, Picked, parse_picked_path
from services.audit.model.tiles import ENTRIES, GREATEST_ENTRY, HASH, pack, parse_path, unpack
from services.audit.model.wrong import Wrong
from services.audit.verifier.report import Finding, Report

GREATEST_ABOUT = 4096


class Source(Protocol):
    """Gives the files of a log in the order of `from_the_top`. Raises Wrong where it can go no further."""

    def checkpoint(self) -> bytes: ...

    def about(self) -> bytes | None: ...

    def members(self) -> Iterator[Member]:
        """What a part of the log holds, name by name: each must be read before the next is asked for. Raises Wrong."""
        ...

    def tile(self, name: Member) -> bytes:
        """The tile's bytes, or a bundle's, as they are: their length may be wrong."""
        ...

    def end(self) -> None:
        """Note what should not be there after the last file."""
        ...


class TarSource:
    """A bundle as `write_bundle` makes it: every byte of the container must be the one it has to be."""

    def __init__(self, file: BinaryIO, report: Report) -> None:
        self._file = file
        self._report = report
        self._at = 0
        self._ahead = b""

    def checkpoint(self) -> bytes:
        """The first file."""
        return self._take(tar.CHECKPOINT, None, GREATEST_NOTE)

    def about(self) -> bytes | None:
        """The second file."""
        return self._take(tar.ABOUT, None, GREATEST_ABOUT)

    def members(self) -> Iterator[Member]:
        """From the headers, until the zeros of the end."""
        while (head := self._peek()) != bytes(tar.BLOCK):
            yield self._member(tar.path_in(head))

    def tile(self, name: Member) -> bytes:
        """The next file, which must be this one."""
        if isinstance(name, Picked):
            return self._take(name.path, None, GREATEST_PICKED)
        if name.level == ENTRIES:
            return self._take(name.path, None, name.width * (GREATEST_ENTRY + 2))
        return self._take(name.path, name.width * HASH, name.width * HASH)

    def end(self) -> None:
        """Two blocks of zeros, then nothing."""
        if self._ahead + self._file.read(len(tar.END) + 1 - len(self._ahead)) != tar.END:
            self._report.damage(Finding("leftover", f"byte {self._at}"))

    def _peek(self) -> bytes:
        self._ahead = self._ahead or self._file.read(tar.BLOCK)
        if len(self._ahead) < tar.BLOCK:
            raise Wrong("cut_short", f"byte {self._at + len(self._ahead)}")
        return self._ahead

    def _member(self, path: str) -> Member:
        try:
            return Picked(parse_picked_path(path)) if path.startswith("picked/") else parse_path(path)
        except Wrong:
            raise Wrong("another_file", f"{self._at}|tile") from None

    def _take(self, path: str, exact: int | None, limit: int) -> bytes:
        start, head = self._at, self._read(tar.BLOCK, path)
        size = exact if exact is not None else tar.size_in(head)
        if size is None or _differing(head, tar.header(path, size)) > 1:
            raise Wrong("another_file", f"{start}|{path}")
        if size > limit:
            raise Wrong("too_large", path)
        self._same(head, tar.header(path, size), path, start)
        data = self._read(size, path)
        start = self._at
        self._same(self._read(-size % tar.BLOCK, path), tar.padding(size), path, start)
        return data

    def _read(self, count: int, path: str) -> bytes:
        data = self._ahead or self._file.read(count)  # what is ahead is one header, read whole
        self._ahead = b""
        self._at += len(data)
        if len(data) < count:
            raise Wrong("cut_short", f"{path}, byte {self._at}")
        return data

    def _same(self, found: bytes, right: bytes, path: str, start: int) -> None:
        if found != right:
            at = next(at for at, (one, other) in enumerate(zip(found, right, strict=True)) if one != other)
            self._report.damage(Finding("container", path, detail=f"byte {start + at}"))


class FolderSource:
    """A log's own folder, or a bundle unpacked. A full tile serves for a partial one that is gone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def checkpoint(self) -> bytes:
        """The checkpoint file."""
        return self._read(tar.CHECKPOINT, GREATEST_NOTE)

    def about(self) -> bytes | None:
        """The folder of a log has none."""
        return self._read(tar.ABOUT, GREATEST_ABOUT) if (self._root / tar.ABOUT).exists() else None

    def members(self) -> Iterator[Member]:
        """A part of the log is checked as the file it came in: a folder has no order."""
        raise Wrong("unpacked_part", tar.ABOUT)

    def tile(self, name: Member) -> bytes:
        """The file, or as much of the full one as this name covers."""
        if isinstance(name, Picked):
            raise Wrong("unpacked_part", name.path)
        limit = (GREATEST_ENTRY + 2 if name.level == ENTRIES else HASH) * 256
        if name == name.full or (self._root / name.path).exists():
            return self._read(name.path, limit)
        data = self._read(name.full.path, limit)
        return pack(list(_first(data, name.width))) if name.level == ENTRIES else data[: name.width * HASH]

    def end(self) -> None:
        """Other files in a folder say nothing of the log."""

    def _read(self, path: str, limit: int) -> bytes:
        try:
            with (self._root / path).open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Wrong("cut_short", path) from error
        if len(data) > limit:
            raise Wrong("too_large", path)
        return data


def _first(bundle: bytes, count: int) -> Iterator[bytes]:
    with suppress(Wrong):
        for entry, _ in zip(unpack(bundle), range(count), strict=False):
            yield entry


def _differing(one: bytes, other: bytes) -> int:
    return 0 if one == other else sum(left != right for left, right in zip(one, other, strict=True))
