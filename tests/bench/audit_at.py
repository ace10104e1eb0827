"""`python -m tests.bench.audit_at MANY`: a process that writes one county's log and proves out of it; prints figures as JSON.

A process of its own, so that the memory told is the log's writer's alone. Settings come from the environment.
"""

import json
import os
import random
import resource
import sys
import time

from services.audit.export.proving import prove
from services.audit.log.folder import TileFolder
from services.audit.store import LogStore
from services.audit.wiring import opening_of, place_of
from shared.config import load_settings
from shared.runtime import Runtime, open_runtime
from tests.bench.audit_bodies import bodies

BATCH = 500
SIGN_EVERY = 4_000
PROOFS = 1_000
SEED = 7


def appended(runtime: Runtime, many: int) -> dict[str, float]:
    """Entries a second, committed, in tiles and signed; how long the log took to open; the writer's greatest memory."""
    fresh = bodies(runtime.settings.county, many)
    began = time.monotonic()
    book = opening_of(runtime).open()
    opened = time.monotonic()
    for start in range(0, many, BATCH):
        book.take(fresh[start : start + BATCH])
        if start % SIGN_EVERY == 0:
            book.sign()
    book.sign()
    ended = time.monotonic()
    book.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"open": opened - began, "rate": many / (ended - opened), "memory": memory}


def proven(runtime: Runtime) -> dict[str, float]:
    """Milliseconds for a proof made of the tiles and checked, of entries picked from all over: 99 of 100 are faster."""
    store, folder, took = LogStore(runtime.database), TileFolder(place_of(runtime).tiles), []
    state = store.state()
    assert state is not None
    drawn = random.Random(SEED)
    for _ in range(PROOFS):
        index = drawn.randrange(state["signed"])
        began = time.perf_counter()
        (row,) = store.rows(index, index + 1).values()
        prove(row, state, folder)
        took.append(time.perf_counter() - began)
    return {"proof_p99": sorted(took)[PROOFS * 99 // 100] * 1000}


def main(many: int) -> None:
    """Measure, once."""
    runtime = open_runtime(load_settings(os.environ), "audit")
    print(json.dumps({**appended(runtime, many), **proven(runtime)}))
    runtime.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
