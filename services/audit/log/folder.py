"""The log's folder: tiles and entry bundles at their public paths, durable before anybody may sign (docs/design.md, 5).

Files are a pure function of the entries and never change: an existing file with other bytes, or a write that fails,
stops the log until somebody has looked (docs/faults.md); a full disk only until there is room. Never signs, never knows
an event.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.audit.log.durable import Durable
from services.audit.model.checkpoint import parse_checkpoint
from services.audit.model.merkle import Edge, leaf_hashes
from services.audit.model.note import parse_note
from services.audit.model.tiles import (
    ENTRIES,
    HASH,
    WIDTH,
    Name,
    Tile,
    full_tiles,
    name_at,
    pack,
    parse_path,
    partial_width,
    unpack,
)
from services.audit.model.wrong import Wrong
from shared.errors import Busy, Conflict, NotFound, SpringrainError

FULL = (errno.ENOSPC, errno.EDQUOT)


class LogStopped(SpringrainError):
    """The folder does not hold what it must, or a write failed. Nothing may be signed until somebody has looked."""

    status = 503
    code = "log_stopped"


class TileFolder:
    """Reads the folder: for pages, proofs, export, self-check. Any number may read while one writes."""

    def __init__(self, root: Path, older: Path | None = None) -> None:
        """`older`: where full tiles were moved to (moving.py)."""
        self.root, self._older = root, older

    def read(self, path: str) -> bytes:
        """The file at a public path below the log's prefix, for serving. Raises NotFound for any other spelling."""
        try:
            return self._bytes(parse_path(path).path)
        except (Wrong, FileNotFoundError, NotADirectoryError):
            raise NotFound("no such tile") from None

    def hashes(self, name: Name) -> bytes:
        """As HashReader: from a wider tile when this one is not there. Raises LogStopped if damaged."""
        found = self._partial_or_full(name)
        if len(found) < name.width * HASH or len(found) % HASH:
            raise LogStopped(f"{name.path} is cut short")
        return found[: name.width * HASH]

    def bundle(self, name: Name) -> list[bytes]:
        """The entries of a bundle, `name.width` of them. Raises LogStopped if damaged."""
        try:
            found = list(unpack(self._partial_or_full(name)))
        except Wrong as error:
            raise LogStopped(f"{name.path}: {error}") from error
        if len(found) < name.width:
            raise LogStopped(f"{name.path} holds {len(found)} entries, not {name.width}")
        return found[: name.width]

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Entries start..end-1 of a log that has at least `end`, a bundle at a time."""
        while start < end:
            name = name_at(ENTRIES, start // WIDTH, end)
            yield from self.bundle(name)[start % WIDTH :]
            start = name.first_entry + name.width

    def entry(self, index: int, size: int) -> bytes:
        """One entry of a log of this size. Raises NotFound beyond it."""
        if not 0 <= index < size:
            raise NotFound("no such entry")
        return self.bundle(name_at(ENTRIES, index // WIDTH, size))[index % WIDTH]

    def checkpoint(self) -> bytes | None:
        """The last signed checkpoint kept here, or None: what a lost database is read back to."""
        try:
            return (self.root / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def _partial_or_full(self, name: Name) -> bytes:
        """The file, or one that begins with the same: the full one, or a wider partial one."""
        for path in (name.path, name.full.path, *self._wider(name)):
            try:
                return self._bytes(path)
            except FileNotFoundError:
                continue
        raise LogStopped(f"{name.path} is not there")

    def _bytes(self, path: str) -> bytes:
        """A file here, else where it was moved to: it is there before it goes here."""
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            if self._older is None:
                raise
            return (self._older / path).read_bytes()

    def _wider(self, name: Name) -> Iterator[str]:
        for each in (self.root / f"{name.full.path}.p").glob("*"):
            if each.name.isdecimal() and int(each.name) > name.width:
                yield f"{name.full.path}.p/{each.name}"


class LogFolder(TileFolder):
    """The one writer. `size` is how far it is durable; whoever signs, signs what `integrate` returned."""

    def __init__(self, root: Path, size: int, signed_root: bytes | None = None, older: Path | None = None) -> None:
        """Open at the last signed size (0 for a new log), with that checkpoint's root when there is one.

        What lies beyond it is left from a crash and is met again by `integrate`. Raises Conflict when another writes
        here, LogStopped when the stored tiles do not give the signed root.
        """
        super().__init__(root, older)
        root.mkdir(parents=True, exist_ok=True)
        self._lock = locked(root)
        self._stopped = ""
        try:
            self._durable = Durable(root)
            self._edge = Edge.load(self, size)
            if signed_root is not None and self._edge.root() != signed_root:
                raise LogStopped(f"the stored tiles do not give the signed root at size {size}")
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Entries that are durable here."""
        return self._edge.size

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def integrate(self, entries: Sequence[bytes], start: int) -> bytes:
        """Make entries start.. durable; returns the root at `size`. The same again changes nothing and gives the same.

        Raises Wrong for a hole or an entry over 65,535 bytes (nothing done), Busy when the disk is full, LogStopped when
        what is stored disagrees or a write fails: after either the folder must be opened anew.
        """
        if self._stopped or self._lock < 0:
            raise LogStopped(self._stopped or "the folder is closed")
        if not 0 <= start <= self.size:
            raise Wrong("hole", f"entries from {start} at size {self.size}")
        try:
            known = min(self.size - start, len(entries))
            self._same(entries[:known], start)
            self._append(entries[known:])
        except (OSError, LogStopped) as error:
            self._stopped = str(error)
            raise stopped_by(error) from error
        return self._edge.root()

    def keep_checkpoint(self, note: bytes) -> None:
        """Keep a copy of a signed checkpoint, after it was set in the database. Never an older one over a newer."""
        size, kept = _size_of(note), self.checkpoint()
        if size > self.size or (kept is not None and _size_of(kept) > size):
            raise Conflict("not a checkpoint that follows the one kept")
        try:
            self._durable.replace("checkpoint", note)
        except OSError as error:
            self._stopped = str(error)
            raise stopped_by(error) from error

    def _same(self, entries: Sequence[bytes], start: int) -> None:
        stored = self.entries(start, start + len(entries))
        for at, (ours, theirs) in enumerate(zip(entries, stored, strict=True)):
            if ours != theirs:
                raise LogStopped(f"entry {start + at} is stored with other bytes")

    def _append(self, fresh: Sequence[bytes]) -> None:
        if not fresh:
            return
        edge = self._edge.copy()
        bundles = self._bundles(fresh)
        self._durable.write([(name.path, data) for name, data in bundles])
        filled = edge.extend(self._leaves_read_back(bundles, len(fresh)))
        self._durable.write([(tile.name.path, tile.hashes) for tile in self._changed(edge, filled)])
        self._edge = edge
        self._prune(filled)

    def _bundles(self, fresh: Sequence[bytes]) -> list[tuple[Name, bytes]]:
        """The bundles these entries change, whole: with what stood in the last partial one."""
        done, rest = full_tiles(0, self.size), partial_width(0, self.size)
        entries = [*(self.bundle(Name(ENTRIES, done, rest)) if rest else []), *fresh]
        cuts = [entries[at : at + WIDTH] for at in range(0, len(entries), WIDTH)]
        return [(Name(ENTRIES, done + at, len(cut)), pack(cut)) for at, cut in enumerate(cuts)]

    def _leaves_read_back(self, bundles: list[tuple[Name, bytes]], count: int) -> bytes:
        """Leaf hashes of the last `count` entries, from what is read back (a bit flipped between ended Yeti 2022)."""
        leaves = b"".join([leaf_hashes(self.bundle(name)) for name, _ in bundles])
        return leaves[-count * HASH :]

    def _changed(self, edge: Edge, filled: list[Tile]) -> list[Tile]:
        """Full tiles, and the partial ones that are not as they were at the last size."""
        before = {tile.name for tile in self._edge.partials()}
        return filled + [tile for tile in edge.partials() if tile.name not in before]

    def _prune(self, filled: list[Tile]) -> None:
        """Partial tiles may go once the full one is durable (tlog-tiles); readers then take the full one."""
        for tile in filled:
            self._durable.drop(f"{tile.name.path}.p")
            if tile.name.level == 0:
                self._durable.drop(f"{Name(ENTRIES, tile.name.index).path}.p")


def stopped_by(error: OSError | LogStopped) -> SpringrainError:
    """What a failed write means: a full disk is waited out and everything opened anew; all else needs somebody to look."""
    if isinstance(error, OSError) and error.errno in FULL:
        return Busy("the log's disk is full")
    return LogStopped(str(error))


def locked(root: Path) -> int:
    """A lock for the writer's life; the kernel lets it go with the process, however that ends."""
    lock = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Conflict("another process writes this log") from error
    return lock


def _size_of(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size
