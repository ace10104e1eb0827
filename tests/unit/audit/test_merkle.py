"""The fast tree against the literal one, and against numbers others published."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.model.merkle import EMPTY_ROOT, Edge, HashReader, leaf_hash, leaf_hashes, root_at
from services.audit.model.proof import (
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
)
from services.audit.model.tiles import HASH, Name, edge
from services.audit.model.wrong import Wrong
from tests.unit.audit import reference
from tests.unit.audit.logs import Memory

SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 700)

# certificate-transparency-go and transparency-dev/merkle, testonly/constants.go
GOLDEN_LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
GOLDEN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


@pytest.mark.parametrize("size", range(len(GOLDEN_ROOTS)))
def test_roots_are_those_the_field_agreed_on(size: int) -> None:
    grown = Edge()
    grown.extend(leaf_hashes(GOLDEN_LEAVES[:size]))
    assert grown.root().hex() == GOLDEN_ROOTS[size]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Edge().root() == EMPTY_ROOT == reference.mth([])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=5))
def test_a_tree_grown_in_any_batches_has_the_literal_root(batches: list[int]) -> None:
    entries = entries_of(sum(batches))
    grown, at = Edge(), 0
    for batch in batches:
        grown.extend(leaf_hashes(entries[at : at + batch]))
        at += batch
    assert (grown.size, grown.root()) == (len(entries), reference.mth(entries))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_proofs_from_tiles_are_the_literal_ones_and_hold(data: st.DataObject) -> None:
    newest = data.draw(st.integers(1, 700))
    size = data.draw(st.integers(1, newest))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    entries = entries_of(newest)
    log = Memory(entries)
    root, old_root = root_at(log, size), root_at(log, old)
    assert root == reference.mth(entries[:size])
    inclusion, consistency = prove_inclusion(log, index, size), prove_consistency(log, old, size)
    assert inclusion == reference.path(index, entries[:size])
    assert consistency == reference.proof(old, entries[:size])
    check_inclusion(leaf_hash(entries[index]), index, size, inclusion, root)
    check_consistency(old, size, old_root, root, consistency)


@pytest.mark.parametrize("size", SIZES)
def test_an_edge_loaded_from_tiles_grows_as_if_it_had_never_gone(size: int) -> None:
    entries = entries_of(size + 300)
    loaded = Edge.load(Memory(entries[:size]), size)
    loaded.extend(leaf_hashes(entries[size:]))
    assert loaded.root() == reference.mth(entries)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_proof_with_anything_changed_does_not_hold(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    entries = entries_of(size)
    log = Memory(entries)
    proof, root, leaf = prove_inclusion(log, index, size), root_at(log, size), leaf_hash(entries[index])
    at, bit = data.draw(st.integers(0, len(proof) * HASH - 1)), 1 << data.draw(st.integers(0, 7))
    flat = bytearray(b"".join(proof))
    flat[at] ^= bit
    flipped = [bytes(flat[cut : cut + HASH]) for cut in range(0, len(flat), HASH)]
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    wrong = [
        (leaf, index, size, flipped, root),
        (leaf, index, size, proof[:-1], root),
        (leaf, index, size, [*proof, proof[0]], root),
        (leaf, index, size, [*proof[:-1], proof[-1][:31]], root),
        (leaf, other, size, proof, root),
        (leaf, size, size, proof, root),
        (leaf, -1, size, proof, root),
        (leaf_hash(b"other"), index, size, proof, root),
        (leaf, index, size, proof, EMPTY_ROOT),
    ]
    for case in wrong:
        with pytest.raises(Wrong):
            check_inclusion(*case)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_rewritten_beginning_is_not_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    log = Memory(entries_of(new))
    proof, root, before = prove_consistency(log, old, new), root_at(log, new), root_at(log, old)
    wrong = [
        (old, new, leaf_hash(b"other"), root, proof),
        (old, new, before, leaf_hash(b"other"), proof),
        (old, new, before, root, proof[:-1]),
        (old, new, before, root, [*proof, before]),
        (new, old, root, before, proof),
        (0, new, before, root, proof),
        (0, new, EMPTY_ROOT, root, proof),
        (new, new, before, root, []),
        (-1, new, before, root, proof),
    ]
    for case in wrong:
        with pytest.raises(Wrong):
            check_consistency(*case)
    check_consistency(0, new, EMPTY_ROOT, root, [])
    check_consistency(new, new, root, root, [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_nothing_is_proven_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(Wrong):
        prove_inclusion(Memory(entries_of(size)), index, size)


class Everything:
    """Every hash of a boundless log is the same: enough to count what is read."""

    def __init__(self) -> None:
        self.read: list[Name] = []

    def hashes(self, name: Name) -> bytes:
        self.read.append(name)
        return bytes(name.width * HASH)


def tiles_read(size: int) -> int:
    log = Everything()
    reader: HashReader = log
    prove_inclusion(reader, size // 3, size)
    prove_consistency(reader, size // 3, size)
    Edge.load(reader, size)
    return len(log.read)


def test_ten_million_entries_cost_one_more_tile_level_than_ten_thousand() -> None:
    assert len(edge(10_000_000)) == 3
    assert tiles_read(10_000_000) <= tiles_read(10_000) + 8
