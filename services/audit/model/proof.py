"""Inclusion and consistency proofs (RFC 6962, section 2.1): made from tiles, checked from nothing but hashes.

A check raises Wrong and never answers with a bool: a forgotten `if` must not make a proof good.
"""

from collections.abc import Sequence

from services.audit.model.merkle import EMPTY_ROOT, HashReader, node_hash, split, subtree_root
from services.audit.model.tiles import HASH, Name
from services.audit.model.wrong import Wrong


class Remembering:
    """A reader that asks for each tile once, for the length of one proof."""

    def __init__(self, reader: HashReader) -> None:
        self._reader = reader
        self._seen: dict[Name, bytes] = {}

    def hashes(self, name: Name) -> bytes:
        """The tile's hashes, read at most once."""
        if name not in self._seen:
            self._seen[name] = self._reader.hashes(name)
        return self._seen[name]


def prove_inclusion(reader: HashReader, index: int, size: int) -> list[bytes]:
    """The hashes from entry `index` up to the root at `size`, leaf's sibling first. Raises Wrong out of bounds."""
    if not 0 <= index < size:
        raise Wrong("beyond_tree", f"entry {index} at size {size}")
    reader, start, end, ranges = Remembering(reader), 0, size, []
    while end - start > 1:
        middle = start + split(end - start)
        ranges.append((middle, end) if index < middle else (start, middle))
        start, end = (start, middle) if index < middle else (middle, end)
    return [subtree_root(reader, low, high, size) for low, high in reversed(ranges)]


def prove_consistency(reader: HashReader, old: int, new: int) -> list[bytes]:
    """The hashes that show the tree at `old` to be a beginning of the tree at `new`. Empty when old is 0 or new."""
    if not 0 <= old <= new:
        raise Wrong("beyond_tree", f"sizes {old} and {new}")
    if old in (0, new):
        return []
    reader, start, end, ranges = Remembering(reader), 0, new, []
    while end != old:
        middle = start + split(end - start)
        ranges.append((middle, end) if old <= middle else (start, middle))
        start, end = (start, middle) if old <= middle else (middle, end)
    if start:
        ranges.append((start, end))
    return [subtree_root(reader, low, high, new) for low, high in reversed(ranges)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root this proof gives for a leaf hash at this place. Raises Wrong when its form cannot be right."""
    if not 0 <= index < size:
        raise Wrong("beyond_tree", f"entry {index} at size {size}")
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise Wrong("proof_length", f"{len(proof)} hashes")
    _all_hashes(leaf, *proof)
    found = leaf
    for height, sibling in enumerate(proof):
        right = height < inner and not index >> height & 1
        found = node_hash(found, sibling) if right else node_hash(sibling, found)
    return found


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises Wrong unless the tree with this size and root holds this leaf hash at this place."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise Wrong("proof_does_not_hold", f"entry {index}")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises Wrong unless the older tree is a beginning of the newer one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise Wrong("beyond_tree", f"sizes {old} and {new}")
    if old in (0, new):
        known = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != known:
            raise Wrong("proof_does_not_hold", f"sizes {old} and {new}")
        return
    if _roots(old, new, [old_root, *proof] if old & (old - 1) == 0 else list(proof)) != (old_root, new_root):
        raise Wrong("proof_does_not_hold", f"sizes {old} and {new}")


def _roots(old: int, new: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """The two roots a consistency proof gives, by the steps of RFC 9162."""
    _all_hashes(*path)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if len(path) != 1 + (place ^ last).bit_length() + (place >> (place ^ last).bit_length()).bit_count():
        raise Wrong("proof_length", f"{len(path)} hashes")
    older = newer = path[0]
    for sibling in path[1:]:
        if place & 1 or place == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        place, last = place >> 1, last >> 1
    return older, newer


def _all_hashes(*found: bytes) -> None:
    if any(len(each) != HASH for each in found):
        raise Wrong("proof_hash_length")
