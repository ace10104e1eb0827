"""pymerkle with its sqlite storage, in the peers' own environment: appends the bodies given and proves some of them.

`python -m tests.bench.peers.with_pymerkle FOLDER` reads FOLDER/bodies, a line each, and prints three figures.
"""

import random
import sys
import time
from pathlib import Path

from pymerkle import SqliteTree, verify_inclusion  # type: ignore[import-not-found,import-untyped,unused-ignore]

BATCH = 500
PROOFS = 200


def main(place: Path) -> None:
    """Entries a second, one and many a commit, and the slowest but one of a hundred proofs in milliseconds."""
    bodies = (place / "bodies").read_bytes().split(b"\n")
    with SqliteTree(str(place / "one.db")) as tree:
        began = time.perf_counter()
        for body in bodies[: len(bodies) // 10]:
            tree.append_entry(body)
        print(len(bodies) // 10 / (time.perf_counter() - began))
    with SqliteTree(str(place / "many.db")) as tree:
        began = time.perf_counter()
        for start in range(0, len(bodies), BATCH):
            tree.append_entries(bodies[start : start + BATCH])
        print(len(bodies) / (time.perf_counter() - began))
        print(sorted(proof(tree, len(bodies)) for _ in range(PROOFS))[PROOFS * 99 // 100] * 1000)


def proof(tree: SqliteTree, size: int) -> float:
    """Seconds to make one and check it."""
    index = random.randint(1, size)
    began = time.perf_counter()
    verify_inclusion(tree.get_leaf(index), tree.get_root(size), tree.prove_inclusion(index, size))
    return time.perf_counter() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]))
