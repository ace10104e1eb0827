"""Through the tree from the signed root down: each tile against the hash above it, each entry against its tile.

So whatever was changed shows at its own place: which entry, or which hash. Yields the entries that are what was signed.
"""

from collections.abc import Iterator
from itertools import islice

from services.audit.model.checkpoint import Checkpoint
from services.audit.model.merkle import Edge, fold, leaf_hash, leaf_hashes
from services.audit.model.selection import Picked, check_order, unpack_picked
from services.audit.model.tiles import ENTRIES, HASH, WIDTH, Name, edge, from_the_top, partial_width, unpack
from services.audit.model.wrong import Wrong
from services.audit.verifier.report import Finding, Report
from services.audit.verifier.source import Source

_FEW = 4


class Walk:
    """One pass over a bundle. `at` is the first entry not looked at. With `part` it holds what it says, not the whole log."""

    def __init__(
        self, source: Source, checkpoint: Checkpoint, report: Report, earlier_size: int = 0, part: bool = False
    ) -> None:
        self._source = source
        self._checkpoint = checkpoint
        self._report = report
        self._part = part
        self._tiles: dict[int, tuple[Name, bytes]] = {}
        self._edge: dict[int, tuple[Name, bytes]] = {}
        self._earlier_size = earlier_size
        self._earlier = Edge()
        self._earlier_tiles: dict[int, tuple[Name, bytes]] = {}
        self.at = 0

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of every good entry, in order. Raises Wrong where the bundle cannot be read further."""
        partial, size = edge(self._checkpoint.size), self._checkpoint.size
        for name in check_order(size, self._source.members()) if self._part else from_the_top(size):
            if isinstance(name, Picked):
                yield from self._picked(name)
            elif name.level == ENTRIES:
                yield from self._bundle(name)
                self.at = name.first_entry + name.width
            else:
                self._take_tile(name, name in partial)
            if partial and name == partial[-1]:
                self._judge_root()

    def earlier_root(self) -> bytes | None:
        """The root at `earlier_size`, after all entries; None when a part of the log does not hold what gives it."""
        if not self._part or not self._earlier_size:
            return self._earlier.root()
        if self._earlier_size == self._checkpoint.size:
            return self._checkpoint.root
        wanted = {name.level for name in edge(self._earlier_size)}
        if wanted - self._earlier_tiles.keys():
            return None
        return Edge.load(_Held(self._earlier_tiles), self._earlier_size).root()

    def _take_tile(self, name: Name, on_edge: bool) -> None:
        hashes = self._source.tile(name)
        right = name.width * HASH
        if len(hashes) != right:
            self._report.damage(Finding("tile_length", name.path, name.first_entry, f"{len(hashes)} / {right}"))
            hashes = hashes[:right].ljust(right, b"\0")
        self._keep_for_earlier(name, hashes)
        (self._edge if on_edge else self._tiles)[name.level] = name, hashes
        if (name.level > 0 or self._part) and not on_edge and fold(hashes) != self._above(name)[1]:
            last = name.first_entry + WIDTH ** (name.level + 1) - 1
            self._report.damage(Finding("tile", name.path, name.first_entry, f"{name.first_entry}-{last}"))

    def _judge_root(self) -> None:
        if self._edge_root(self._edge) != self._checkpoint.root:
            self._report.damage(Finding("root", "checkpoint"))

    def _edge_root(self, held: dict[int, tuple[Name, bytes]]) -> bytes:
        return Edge.load(_Held(held), self._checkpoint.size).root()

    def _above(self, name: Name) -> tuple[str, bytes]:
        """The path of the tile that holds this full tile's hash, and that hash."""
        index, slot = divmod(name.index, WIDTH)
        for held in (self._tiles, self._edge):
            above, hashes = held.get(name.level + 1, (None, b""))
            if above is not None and above.index == index:
                return above.path, _slot(hashes, slot)
        raise Wrong("cut_short", name.path)

    def _bundle(self, name: Name) -> Iterator[tuple[int, bytes]]:
        entries, cut = _entries(self._source.tile(name), name.width)
        leaves = leaf_hashes(entries)
        tile, hashes = self._above_entries(name.index)
        fits = self._fits(tile, hashes)
        if leaves != hashes or cut:
            hashes = self._differ(name, entries, leaves, fits)
        elif not fits and name == name.full:
            detail = f"{name.first_entry}-{name.first_entry + name.width - 1}"
            self._report.damage(Finding("parent_hash", self._above(tile)[0], name.first_entry, detail))
        self._extend_earlier(hashes)
        whole = leaves == hashes
        for at, entry in enumerate(entries[: name.width]):
            if whole or _slot(leaves, at) == _slot(hashes, at):
                yield name.first_entry + at, entry

    def _picked(self, name: Picked) -> Iterator[tuple[int, bytes]]:
        """Some entries of a bundle: each against its own hash in the tile above, which was judged when it came."""
        (tile, hashes), data = self._above_entries(name.index), self._source.tile(name)
        try:
            found = unpack_picked(data, tile.width)
        except Wrong as error:
            raise Wrong("picked_form", f"{name.path}, {error.detail}") from None
        for slot, entry in found.items():
            self.at = name.first_entry + slot + 1
            if leaf_hash(entry) == _slot(hashes, slot):
                yield name.first_entry + slot, entry
            else:
                self._report.damage(Finding("entry", name.path, name.first_entry + slot))

    def _above_entries(self, index: int) -> tuple[Name, bytes]:
        """The level-0 tile with the hashes of the bundle with this index."""
        held = self._edge.get(0)
        return held if held and held[0].index == index else self._tiles[0]

    def _keep_for_earlier(self, name: Name, hashes: bytes) -> None:
        """Of a part of the log: what the earlier tree's edge is made of, as far as this tile holds it."""
        width = partial_width(name.level, self._earlier_size)
        if self._part and width and name.index == self._earlier_size >> 8 * (name.level + 1) and len(hashes) >= width * HASH:
            self._earlier_tiles[name.level] = name, hashes[: width * HASH]

    def _fits(self, tile: Name, hashes: bytes) -> bool:
        """Whether these level-0 hashes are the signed ones, as far as what lies above is."""
        if len(hashes) != tile.width * HASH:
            return False
        if tile == tile.full:
            return fold(hashes) == self._above(tile)[1]
        return self._edge_root({**self._edge, 0: (tile, hashes)}) == self._checkpoint.root

    def _differ(self, name: Name, entries: list[bytes], leaves: bytes, fits: bool) -> bytes:
        """Entries and tile disagree: say which one is not what was signed. Returns the hashes to go on with."""
        tile, hashes = self._above_entries(name.index)
        bad = [at for at in range(name.width) if leaves[at * HASH : at * HASH + HASH] != hashes[at * HASH : at * HASH + HASH]]
        if not fits and self._fits(tile, leaves):
            self._name_each("tile_hash", tile, bad, entries)
            return leaves
        if not fits:
            self._report.damage(Finding("tile", tile.path, tile.first_entry, f"{len(bad)} / {tile.width}"))
        self._name_each("entry", name, bad, entries)
        if len(entries) != name.width or not bad:
            detail = f"{len(entries)} / {name.width}"
            self._report.damage(Finding("bundle_count", name.path, name.first_entry, detail))
        return hashes

    def _name_each(self, code: str, name: Name, bad: list[int], entries: list[bytes]) -> None:
        for at in bad if len(bad) <= _FEW else bad[:1]:
            place = name.path
            if code == "entry" and at < len(entries):
                start = sum(2 + len(each) for each in entries[:at])
                place = f"{name.path} {start}-{start + 1 + len(entries[at])}"
            rest = f" +{len(bad) - 1}" if len(bad) > _FEW else ""
            self._report.damage(Finding(code, place, name.first_entry + at, rest))

    def _extend_earlier(self, hashes: bytes) -> None:
        wanted = self._earlier_size - self._earlier.size
        if wanted > 0 and not self._part:
            self._earlier.extend(hashes[: wanted * HASH])


class _Held:
    """A HashReader of the edge's tiles alone."""

    def __init__(self, held: dict[int, tuple[Name, bytes]]) -> None:
        self._held = held

    def hashes(self, name: Name) -> bytes:
        return self._held[name.level][1]


def _slot(hashes: bytes, at: int) -> bytes:
    return hashes[at * HASH : (at + 1) * HASH]


def _entries(bundle: bytes, width: int) -> tuple[list[bytes], bool]:
    """The entries that can be read, one too many at most, and whether the last one is cut short."""
    found: list[bytes] = []
    try:
        found.extend(islice(unpack(bundle), width + 1))
    except Wrong:
        return found, True
    return found, False
