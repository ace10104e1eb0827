"""The Merkle tree of RFC 6962 with SHA-256, grown at its right edge and read through tiles.

Nothing here holds more than one tile a level, so that an append or a proof costs the same at ten million entries as at
ten thousand. Pure: where tiles lie is a HashReader's matter. In the tests a slow literal reading of the RFC judges it.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from services.audit.model.tiles import HASH, HEIGHT, WIDTH, Name, Tile, edge, levels, name_at
from services.audit.model.wrong import Wrong

EMPTY_ROOT = sha256(b"").digest()
_FULL = WIDTH * HASH


class HashReader(Protocol):
    """Where stored tiles are read from. Safe to call again; the bytes of a name never change."""

    def hashes(self, name: Name) -> bytes:
        """`name.width` hashes, from the partial tile or the full one in its place. Raises when neither is there."""
        ...


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as the tree holds it."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """The hashes of several entries, one after the other as a level-0 tile holds them."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes) -> bytes:
    """The root above 1, 2, 4, ... 256 hashes laid side by side."""
    while len(hashes) > HASH:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


class Edge:
    """The growing right edge of a tree: for each level the hashes that do not fill a tile yet."""

    def __init__(self) -> None:
        self.size = 0
        self._open: list[bytes] = []

    @classmethod
    def load(cls, reader: HashReader, size: int) -> "Edge":
        """The edge of a stored tree of this size: reads at most one tile a level."""
        found = cls()
        found.size = size
        found._open = [b""] * levels(size)
        for name in edge(size):
            found._open[name.level] = reader.hashes(name)
        return found

    def copy(self) -> "Edge":
        """Another edge that may grow while this one stays, for work that may fail."""
        twin = Edge()
        twin.size, twin._open = self.size, list(self._open)
        return twin

    def extend(self, leaves: bytes) -> list[Tile]:
        """Grow by these leaf hashes. Returns the tiles they filled, children before parents."""
        self.size += len(leaves) // HASH
        filled: list[Tile] = []
        level = 0
        while leaves:
            leaves = self._fill(level, leaves, filled)
            level += 1
        return filled

    def partials(self) -> list[Tile]:
        """The partial tiles a checkpoint of this size implies, from the top."""
        return [Tile(name, self._open[name.level]) for name in edge(self.size)]

    def root(self) -> bytes:
        """The root hash at this size."""
        right = b""
        for hashes in self._open:
            while hashes:
                count = len(hashes) // HASH
                cut = (count - (count & -count)) * HASH
                left = fold(hashes[cut:])
                right = node_hash(left, right) if right else left
                hashes = hashes[:cut]
        return right or EMPTY_ROOT

    def _fill(self, level: int, fresh: bytes, filled: list[Tile]) -> bytes:
        """Add hashes to one level; returns the hashes this brings to the level above."""
        if level == len(self._open):
            self._open.append(b"")
        hashes = self._open[level] + fresh
        whole = len(hashes) // _FULL
        index = (self.size >> HEIGHT * (level + 1)) - whole
        tiles = [Tile(Name(level, index + at), hashes[at * _FULL : (at + 1) * _FULL]) for at in range(whole)]
        self._open[level] = hashes[whole * _FULL :]
        filled += tiles
        return b"".join([fold(tile.hashes) for tile in tiles])


def subtree_root(reader: HashReader, start: int, end: int, size: int) -> bytes:
    """The root above entries start..end-1 of a tree of this size, for ranges RFC 6962 forms. Raises Wrong otherwise."""
    if not 0 <= start < end <= size:
        raise Wrong("beyond_tree", f"entries {start} to {end} at size {size}")
    count = end - start
    if count & (count - 1):
        half = split(count)
        left = subtree_root(reader, start, start + half, size)
        return node_hash(left, subtree_root(reader, start + half, end, size))
    if start % count:
        raise Wrong("no_such_subtree", f"entries {start} to {end}")
    level, rest = divmod(count.bit_length() - 1, HEIGHT)
    tile, offset = divmod(start >> HEIGHT * level, WIDTH)
    hashes = reader.hashes(name_at(level, tile, size))
    return fold(hashes[offset * HASH : (offset + (1 << rest)) * HASH])


def root_at(reader: HashReader, size: int) -> bytes:
    """The root of the stored tree when it had this size."""
    return subtree_root(reader, 0, size, size) if size else EMPTY_ROOT


def split(count: int) -> int:
    """The greatest power of two smaller than a count of at least 2: where RFC 6962 divides."""
    return 1 << (count - 1).bit_length() - 1
