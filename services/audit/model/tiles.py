"""Names, widths and bytes of tiles and entry bundles (c2sp.org/tlog-tiles). For ever: other people's tools read these.

Pure arithmetic; never opens a file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.audit.model.wrong import Wrong

HEIGHT = 8
WIDTH = 256
HASH = 32
ENTRIES = -1
GREATEST_ENTRY = 65_535
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """A tile, or with level `ENTRIES` a bundle: which one, and how many hashes or entries it holds (1-256)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix; a full one has no `.p`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_groups(self.index)}{partial}"

    @property
    def full(self) -> "Name":
        """The full tile that takes this one's place once it is there."""
        return replace(self, width=WIDTH)

    @property
    def first_entry(self) -> int:
        """The first entry of the log below this tile."""
        return int(self.index << HEIGHT * (max(self.level, 0) + 1))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's name with its hashes, 32 bytes each."""

    name: Name
    hashes: bytes


def parse_path(path: str) -> Name:
    """The one name this path spells. Raises Wrong for anything else: `x1/067`, `.p/0`, `.p/256`, `.p/01`, level 64."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Wrong("no_such_path")
    level = ENTRIES if match[1] == "entries" else int(match[1])
    name = Name(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
    if name.path != path or level > 63 or name.index >= 1 << 56:
        raise Wrong("no_such_path")
    return name


def full_tiles(level: int, size: int) -> int:
    """How many full tiles this level has in a tree of this size."""
    return size >> HEIGHT * (level + 1)


def partial_width(level: int, size: int) -> int:
    """How many hashes the last tile of this level holds beyond the full ones, 0-255; 0 means there is no such tile."""
    return (size >> HEIGHT * level) % WIDTH


def name_at(level: int, index: int, size: int) -> Name:
    """The tile with this index as a tree of this size has it: full or partial. Raises Wrong when it would be empty."""
    width = min(WIDTH, (size >> HEIGHT * max(level, 0)) - index * WIDTH)
    if index < 0 or width < 1:
        raise Wrong("beyond_tree", f"tile {level}/{index} at size {size}")
    return Name(level, index, width)


def levels(size: int) -> int:
    """How many tile levels a tree of this size has; 0 for the empty one."""
    return (size.bit_length() + HEIGHT - 1) // HEIGHT


def edge(size: int) -> list[Name]:
    """The partial tiles of a tree of this size, from the top: from these alone follows its root."""
    widths = [(level, partial_width(level, size)) for level in reversed(range(levels(size)))]
    return [Name(level, full_tiles(level, size), width) for level, width in widths if width]


def from_the_top(size: int) -> Iterator[Name]:
    """Every tile and bundle of a tree, each after the tile that holds its hash: a reader checks all in one pass.

    First the edge, whose root stands in the checkpoint; then full tiles by place; a bundle follows its level-0 tile.
    """
    yield from edge(size)
    for index in range(full_tiles(0, size)):
        for level in reversed(range(1, levels(size))):
            above, rest = divmod(index, WIDTH**level)
            if not rest and above < full_tiles(level, size):
                yield Name(level, above)
        yield Name(0, index)
        yield Name(ENTRIES, index)
    if width := partial_width(0, size):
        yield Name(ENTRIES, full_tiles(0, size), width)


def pack(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length in two bytes, big-endian. Raises Wrong for one over 65,535 bytes."""
    for entry in entries:
        if len(entry) > GREATEST_ENTRY:
            raise Wrong("entry_too_long", f"{len(entry)} bytes, at most {GREATEST_ENTRY}")
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])


def unpack(bundle: bytes) -> Iterator[bytes]:
    """The entries of a bundle, one after the other. Raises Wrong at the entry that is cut short."""
    at, end = 0, len(bundle)
    while at < end:
        begin = at + 2
        at = begin + (bundle[at] << 8 | bundle[begin - 1]) if begin <= end else end + 1
        if at > end:
            raise Wrong("bundle_cut_short", f"byte {begin - 2}")
        yield bundle[begin:at]


def _groups(index: int) -> str:
    """`1234067` as `x001/x234/067`."""
    last, rest = f"{index % 1000:03d}", index // 1000
    while rest:
        last, rest = f"x{rest % 1000:03d}/{last}", rest // 1000
    return last
