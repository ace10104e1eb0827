"""A disk that fills up under the log's folder: intake stops before damage, reading goes on, room is all that is needed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from tests.auditing import Office, body_of, log_row, publish, signed
from tests.county import County
from tests.eventually import eventually
from tests.faults.backbone import ROOT

SIZE_MB = 70
"""A little more than the 64 MiB below which nothing is taken in."""
pytestmark = pytest.mark.slow


@contextmanager
def worker_on_small_disk(stack: Stack, county: County) -> Iterator[tuple[Path, Child]]:
    """The log's worker, which alone sees a small file system under the log's folder, and that folder as seen from outside."""
    folder = county.settings.data / "log"
    folder.mkdir()
    work = f"mount -t tmpfs -o size={SIZE_MB}m tmpfs {folder} && exec {sys.executable} -m services.audit.worker own"
    environ = {**os.environ, **county.environ, "PYTHONPATH": str(ROOT)}
    worker: Child = stack.children.start("small-log", ["unshare", "--mount", "sh", "-c", work], env=environ, cwd=ROOT)
    try:
        yield Path(f"/proc/{worker.pid}/root{folder}"), worker
    finally:
        worker.stop(within=10)


def test_a_full_disk_under_the_log_stops_intake_before_damage_and_needs_only_room(stack: Stack, county: County) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of the test's own needs root")
    office = Office(county)
    with worker_on_small_disk(stack, county) as (folder, worker):
        publish(county, [body_of(county) for _ in range(300)])
        signed(county, 300)
        (folder / "filler").write_bytes(bytes(12 * 1024 * 1024))
        eventually(lambda: "its disk is full" in office.get("/health/ready").json["parts"]["log"], within=30)
        bodies = [body_of(county) for _ in range(300)]
        publish(county, bodies)
        eventually(lambda: b"64 MiB" in worker.log.read_bytes(), within=30)
        before = log_row(county)["size"]
        assert before < 600
        assert office.get("/log/checkpoint").status_code == 200
        (folder / "filler").unlink()
        signed(county, 600)
        assert not log_row(county).get("stopped")
