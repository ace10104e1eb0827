"""Beside the log: pymerkle with sqlite, a hash chain in a MongoDB collection, and what Tessera has published.

The chain is what is written most where "tamper-evident" is asked for: each row holds the hash of the one before. It proves
an entry only to whoever reads all of it, and needs every writer to wait for the last one.
"""

import hashlib
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from deploy.local.stack import Stack
from tests.bench.audit_bodies import bodies
from tests.bench.peers.environment import ROOT, environment
from tests.bench.rows import Row

BATCH = 500
COUNTY = "01a00000-0000-7000-8000-000000000000"


def measure_beside(stack: Stack, quick: bool) -> Iterable[Row]:
    """The peers with the same bodies; then others' figures, named as such."""
    many = 5_000 if quick else 20_000
    yield from pymerkle(many)
    with MongoClient[dict[str, Any]](stack.mongo_url) as client:
        yield Row("peer: hash chain in a collection, one a commit", chained(client, many // 10, 1), "entries/s")
        yield Row(f"peer: hash chain in a collection, {BATCH} a commit", chained(client, many, BATCH), "entries/s")
    yield Row("published, not measured here: Tessera, POSIX, e2-micro", 1_500, "entries/s")
    yield Row("published, not measured here: Tessera, POSIX, NVMe, 7 cores", 10_000, "entries/s")


def pymerkle(many: int) -> Iterable[Row]:
    """In the peers' own environment: it is GPL, and nothing that ships may import it."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "bodies").write_bytes(b"\n".join(bodies(COUNTY, many)))
        command = [str(environment() / "python"), "-m", "tests.bench.peers.with_pymerkle", str(place)]
        told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    yield Row("peer: pymerkle 7.0.0 on sqlite, one a commit", float(told[0]), "entries/s")
    yield Row(f"peer: pymerkle 7.0.0 on sqlite, {BATCH} a commit", float(told[1]), "entries/s")
    yield Row(f"peer: pymerkle 7.0.0, inclusion proof at {many}, p99", float(told[2]), "ms")


def chained(client: MongoClient[dict[str, Any]], many: int, batch: int) -> float:
    """Entries a second, majority and journaled as ours."""
    name = f"bench{uuid4().hex[:8]}"
    fresh, rows, head, at = bodies(COUNTY, many), client[name]["chain"], b"", 0
    client[name].create_collection("chain")
    began = time.monotonic()
    with client.start_session() as session:
        for start in range(0, many, batch):
            with session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)):
                last = rows.find_one({}, sort=[("_id", -1)], session=session)
                head, at = (last["hash"], last["_id"] + 1) if last else (b"", 0)
                links = []
                for body in fresh[start : start + batch]:
                    head = hashlib.sha256(head + body).digest()
                    links.append({"_id": at, "hash": head, "body": body})
                    at += 1
                rows.insert_many(links, session=session)
    took = time.monotonic() - began
    client.drop_database(name)
    return many / took
