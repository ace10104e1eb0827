"""The log as code nobody here wrote sees it: pymerkle (GPL, in tests only) builds the same tree from the same entries."""

from pathlib import Path

import pytest
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from services.audit.log.folder import LogFolder
from services.audit.model.merkle import leaf_hash, root_at
from services.audit.model.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from tests.unit.audit.logs import month

SIZE = 700
PAIRS = [(1, 1), (1, 2), (3, 7), (4, 8), (255, 256), (256, 257), (256, 512), (300, 700), (512, 700), (700, 700)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    """The same month in our folder."""
    where: Path = tmp_path_factory.mktemp("others")
    ours = LogFolder(where / "log", 0)
    for start in range(0, SIZE, 90):
        ours.integrate(month(SIZE)[start : start + 90], start)
    return ours


@pytest.fixture(scope="module")
def theirs() -> InmemoryTree:
    """The same month in theirs."""
    tree = InmemoryTree(algorithm="sha256")
    for entry in month(SIZE):
        tree.append_entry(entry)
    return tree


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 700])
def test_they_find_the_same_root(log: LogFolder, theirs: InmemoryTree, size: int) -> None:
    assert root_at(log, size) == theirs.get_root(size)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 700), (255, 256), (256, 700), (699, 700), (511, 513)])
def test_their_inclusion_proof_is_ours(log: LogFolder, theirs: InmemoryTree, index: int, size: int) -> None:
    proof = theirs.prove_inclusion(index + 1, size)
    leaf, root = leaf_hash(month(SIZE)[index]), root_at(log, size)
    verify_inclusion(leaf, root, proof)
    ours = prove_inclusion(log, index, size)
    assert sorted(proof.path[1:] if proof.path[:1] == [leaf] else proof.path) == sorted(ours)
    check_inclusion(leaf, index, size, ours, root)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_each_accepts_that_the_log_only_grew(log: LogFolder, theirs: InmemoryTree, old: int, new: int) -> None:
    proof = theirs.prove_consistency(old, new)
    verify_consistency(root_at(log, old), root_at(log, new), proof)
    check_consistency(old, new, theirs.get_root(old), theirs.get_root(new), prove_consistency(log, old, new))
