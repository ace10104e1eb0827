"""Runs a peer beside us: its worker and its callers as processes of its own environment, on the very same servers."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from deploy.local.stack import Management, Stack
from tests.bench.peers.environment import ROOT, environment
from tests.eventually import eventually

MODULE = "tests.bench.peers.with_"
CELERY = ["--pool", "threads", "--concurrency", "16", "--without-gossip", "--without-mingle", "--without-heartbeat"]
NAMEKO = str(Path(__file__).parent / "nameko.yaml")
WORKERS: Mapping[str, Sequence[str]] = {
    "dramatiq": ["dramatiq", "--processes", "2", "--threads", "8", MODULE + "dramatiq"],
    "nameko": ["nameko", "run", "--config", NAMEKO, MODULE + "nameko"],
    "celery": ["celery", "-A", MODULE + "celery", "worker", *CELERY, "--loglevel", "WARNING"],
}
"""The peers, and each one's worker: the fastest of those tried by hand on 2 cores. dramatiq with 2 processes of 8 threads
(beside 1 of 8, 1 of 16, 2 of 16), celery with 16 threads (beside 32, and 2 and 8 processes), nameko with 16 workers (beside
10 and 32)."""
QUEUES: Mapping[str, str] = {"dramatiq": "classic", "nameko": "classic", "celery": "quorum"}
"""The kind of queue each has: quorum where it lets one choose."""
WITHIN_SECONDS = 420


def measure_peer(stack: Stack, name: str, seconds: float) -> dict[str, float]:
    """A peer's figures: events a second with 8 callers, 32 and in bulk; p50 and p99 in ms from commit to effect."""
    programs, environ, management = environment(), _environ(stack), Management(stack.management_url)
    program, *words = WORKERS[name]
    worker = stack.children.start(f"{name}-worker", [str(programs / program), *words], env=environ, cwd=ROOT)
    try:
        worker.wait_ready(lambda: bool(management.ask("GET", "consumers", environ["PEER_DATABASE"])), 60)
        return _run(stack, f"{name}-caller", ["tests.bench.peers.caller", name], [str(seconds)], environ)
    finally:
        worker.stop(within=5)


def kombu_confirms(stack: Stack, seconds: float) -> float:
    """Messages a second that kombu alone brings to a quorum queue, each confirmed before the next."""
    return _run(stack, "raw-kombu", ["tests.bench.peers.raw_kombu"], [str(seconds)], _environ(stack))["confirmed"]


def _run(stack: Stack, name: str, module: Sequence[str], more: Sequence[str], environ: Mapping[str, str]) -> dict[str, float]:
    into = stack.directory / f"{name}.json"
    command = [str(environment() / "python"), "-m", *module, str(into), *more]
    child = stack.children.start(name, command, env=environ, cwd=ROOT)
    try:
        eventually(lambda: not child.running(), f"{name} is done", within=WITHIN_SECONDS)
        assert child.exit_status() == 0, child.log.read_text("utf-8", "replace")[-2000:]
        found: dict[str, float] = json.loads(into.read_text("utf-8"))
        return found
    finally:
        child.kill()


def _environ(stack: Stack) -> dict[str, str]:
    """A virtual host and a database nobody else has."""
    host = f"peer{uuid4().hex[:8]}"
    Management(stack.management_url).make_vhost(host)
    place = {"PEER_AMQP_URL": stack.rabbit.amqp_url_of(host), "PEER_MONGO_URL": stack.mongo_url, "PEER_DATABASE": host}
    return {**os.environ, "PYTHONPATH": str(ROOT), **place}
