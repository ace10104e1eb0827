"""The audit log's suite: from the queue into the signed tree, whether it costs more when it is long, proofs, verification.

FULL=1 fills ten million entries (at most an hour and 30 GB, gone afterwards); QUICK=1 three hundred thousand.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pika

from deploy.local.stack import Stack
from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import LogFolder, TileFolder
from services.audit.log.logbook import AT_A_TIME
from services.audit.model.merkle import leaf_hash
from services.audit.model.proof import check_inclusion, prove_inclusion
from services.audit.verifier import verify_bundle
from services.audit.wiring import place_of
from shared.messaging.follows import county_topology
from shared.messaging.topology import EXCHANGE, declare
from tests.auditing import ROOT, log_worker
from tests.bench.audit_bodies import bodies, rows
from tests.bench.audit_filler import AT_ONCE, Filler, Tiles
from tests.bench.peers.audit_beside import measure_beside
from tests.bench.place import county_on, servers
from tests.bench.rows import Row
from tests.county import County

ROUNDS = 3
LOOK_SECONDS = 0.02
PROOFS = 2_000
GROWN = 10 * AT_A_TIME


def measure(quick: bool) -> Iterable[Row]:
    """All of it; each part on a county of its own."""
    full = os.environ.get("FULL", "") not in ("", "0")
    sizes = (10_000, 100_000, 300_000) if quick else (10_000, 1_000_000, 10_000_000) if full else (10_000, 100_000, 1_000_000)
    for size in (10_000, 1_000_000) if quick else (10_000, 1_000_000, 10_000_000):
        yield from tiles_alone(size)
    with servers() as stack:
        with county_on(stack) as made:
            yield from from_the_queue(made, 30_000 if quick else 150_000)
            yield from verified(made)
        yield from at_sizes(stack, sizes, 10_000 if quick else 20_000)
        yield from measure_beside(stack, quick)


def from_the_queue(made: County, many: int) -> Iterable[Row]:
    """A worker finds so many events in its queue: committed, in tiles and signed."""
    publish(made, bodies(made.settings.county, many))
    with log_worker(made):
        seen = list(watched(made, many))
    begun, first = next((at, size) for at, size, _ in seen if size)
    ended = seen[-1][0]
    yield Row("append from the queue, signed", (many - first) / (ended - begun), "entries/s", goal=4_000)
    yield Row("the same: slowest from commit to checkpoint", slowest(seen), "s", goal=2, better="less")


def publish(made: County, fresh: Sequence[bytes]) -> None:
    """Into the exchange, one a message."""
    declare(made.settings.amqp_url, county_topology())
    connection = pika.BlockingConnection(pika.URLParameters(made.settings.amqp_url))
    channel = connection.channel()
    for body in fresh:
        channel.basic_publish(EXCHANGE, "visit.checked_in.v1", body, pika.BasicProperties(delivery_mode=2))
    connection.close()


def watched(made: County, many: int) -> Iterator[tuple[float, int, int]]:
    """When the log had which size, and how much of it was signed, until all is."""
    log = made.service("audit").database["log"]
    while True:
        row: dict[str, Any] = log.find_one({"_id": "log"}, {"size": 1, "signed": 1}) or {"size": 0, "signed": 0}
        yield time.monotonic(), row["size"], row["signed"]
        if row["signed"] == many:
            return
        time.sleep(LOOK_SECONDS)


def slowest(seen: Sequence[tuple[float, int, int]]) -> float:
    """Of all sizes seen committed, the longest until that much was seen signed."""
    worst, at = 0.0, 0
    for when, size, _ in seen:
        while seen[at][2] < size:
            at += 1
        worst = max(worst, seen[at][0] - when)
    return worst


def verified(made: County) -> Iterable[Row]:
    """The log just made, exported and checked as an inspector does, on one core."""
    row = made.service("audit").database["log"].find_one({"_id": "log"})
    assert row is not None
    folder, target = TileFolder(place_of(made.service("audit")).tiles), made.settings.data / "log.tar"
    write_bundle(target, bundle_parts(folder, bytes(row["note"]), row["key"]))
    report = verify_bundle(target, row["key"])
    assert report.holds, report.lines("en")
    yield Row("verification of a bundle", report.size / report.seconds, "entries/s", goal=40_000)


class Grown:
    """A log with so many entries in it."""

    def __init__(self, made: County, size: int) -> None:
        self.size, self._made = size, made
        began = time.monotonic()
        Filler(made.service("audit")).fill(size)
        self.filled_in = time.monotonic() - began
        self.beyond = bytes_beyond_bodies(place_of(made.service("audit")).tiles, made.settings.county, size)
        self.found: list[dict[str, float]] = []

    def round(self, many: int) -> None:
        """Append, sign and prove, in a process of its own."""
        command = [sys.executable, "-m", "tests.bench.audit_at", str(many)]
        environ = {**os.environ, **self._made.environ}
        told = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True).stdout
        self.found.append(json.loads(told.splitlines()[-1]))

    def middle(self, name: str) -> float:
        """Of three rounds."""
        return sorted(each[name] for each in self.found)[ROUNDS // 2]


def bytes_beyond_bodies(tiles: Path, county: str, size: int) -> float:
    """What an entry costs in the folder beyond its own bytes."""
    body = len(next(rows(county, 0, 1))["body"])
    return sum(each.stat().st_size for each in tiles.rglob("*") if each.is_file()) / size - body


def at_sizes(stack: Stack, sizes: Sequence[int], many: int) -> Iterable[Row]:
    """The same work at each size, by turns, so that what else goes on hits all alike."""
    with ExitStack() as open_:
        logs = [Grown(open_.enter_context(county_on(stack)), size) for size in sizes]
        for _ in range(ROUNDS):
            for grown in logs:
                grown.round(many)
        for grown in logs:
            yield from figures(grown)
        rates = [grown.middle("rate") for grown in logs]
        yield Row("append: slowest size below fastest", 100 * (1 - min(rates) / max(rates)), "%", goal=20, better="less")
        memory = [grown.middle("memory") for grown in logs]
        yield Row("memory: largest log above smallest", memory[-1] - memory[0], "MiB", goal=32, better="less")
        p99 = logs[-1].middle("proof_p99")
        yield Row(f"inclusion proof at {sizes[-1]}, made and checked, p99", p99, "ms", goal=20, better="less")


def tiles_alone(size: int) -> Iterable[Row]:
    """The folder without a database: opened at its signed root, grown, and proven from, with entries of 128 bytes."""
    with TemporaryDirectory() as name:
        tiles = Tiles(Path(name))
        for start in range(0, size, AT_ONCE):
            tiles.add([b"%0128d" % index for index in range(start, min(size, start + AT_ONCE))])
        root = tiles.end()
        began = time.perf_counter()
        folder = LogFolder(tiles.root, size, root)
        took = sorted(proof_seconds(folder, random.Random(at).randrange(size), size, root) for at in range(PROOFS))
        opened = time.perf_counter()
        for start in range(0, GROWN, AT_A_TIME):
            folder.integrate([b"%01000d" % index for index in range(start, start + AT_A_TIME)], size + start)
        rate = GROWN / (time.perf_counter() - opened)
        folder.close()
    at = f"tiles alone at {size} entries"
    yield Row(f"{at}: made durable, read back and hashed", rate, "entries/s")
    yield Row(f"{at}: opened and {PROOFS} proofs", opened - began, "s")
    yield Row(f"{at}: a proof made and checked, p99", took[PROOFS * 99 // 100] * 1000, "ms", goal=20, better="less")


def proof_seconds(folder: LogFolder, index: int, size: int, root: bytes) -> float:
    """To read an entry, prove it and check that."""
    began = time.perf_counter()
    check_inclusion(leaf_hash(folder.entry(index, size)), index, size, prove_inclusion(folder, index, size), root)
    return time.perf_counter() - began


def figures(grown: Grown) -> Iterable[Row]:
    """What one size gives."""
    at = f"at {grown.size} entries"
    yield Row(f"{at}: append, signed, without a broker", grown.middle("rate"), "entries/s")
    yield Row(f"{at}: opening the log", grown.middle("open"), "s")
    yield Row(f"{at}: memory of its writer", grown.middle("memory"), "MiB")
    yield Row(f"{at}: on disk beyond its own bytes, an entry", grown.beyond, "bytes")
    yield Row(f"{at}: filled by the generator in", grown.filled_in, "s")
