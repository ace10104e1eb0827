"""A disk that fills up under the database: nothing acknowledged is lost, and freeing space is all a person has to do."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from deploy.local.stack.mongo import REPLICA_SET, mongod_binary
from deploy.local.stack.ports import LOOPBACK, free_port, listens
from shared.app import readiness
from shared.events import Event
from tests.eventually import eventually
from tests.faults.backbone import Backbone, backbone_on
from tests.faults.test_servers import telling
from tests.servers import Vhost

SIZE_MB = 800
pytestmark = pytest.mark.slow


class SmallDisk:
    """A file system of a few hundred megabytes that only its own processes see, and a mongod on it."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        folder.mkdir()
        self._stack, self._folder, self._port = stack, folder, free_port()
        mount = f"mount -t tmpfs -o size={SIZE_MB}m tmpfs {folder} && exec sleep infinity"
        self._room = stack.children.start("small-disk", ["unshare", "--mount", "sh", "-c", mount])
        self._inside = Path(f"/proc/{self._room.pid}/root{folder}")
        self._mongod: Child | None = None

    @property
    def url(self) -> str:
        """For MongoClient."""
        return f"mongodb://{LOOPBACK}:{self._port}/?replicaSet={REPLICA_SET}"

    def start(self) -> None:
        """Start mongod on what lies there, as whoever keeps processes up would do."""
        command = ["nsenter", f"--mount=/proc/{self._room.pid}/ns/mnt", str(mongod_binary()), "--nounixsocket", "--quiet"]
        command += ["--dbpath", str(self._folder), "--port", str(self._port), "--bind_ip", LOOPBACK, "--replSet", REPLICA_SET]
        command += ["--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
        self._mongod = self._stack.children.start("small-mongod", command)
        self._mongod.wait_ready(lambda: listens(self._port), 60)

    def is_mounted(self) -> bool:
        """Whether the small file system is there."""
        return os.statvfs(self._inside).f_blocks * os.statvfs(self._inside).f_frsize == SIZE_MB * 1024 * 1024

    def fill(self) -> None:
        """Take all the room there is. The journal's files stand already, so the database notices when it has filled those."""
        with suppress(OSError), (self._inside / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"\0" * 65_536):
                pass
        assert os.statvfs(self._inside).f_bavail == 0

    def make_room(self) -> None:
        """What a person does."""
        (self._inside / "filler").unlink()

    def fell(self) -> bool:
        """Whether mongod has ended: it does so rather than write half of something."""
        return self._mongod is not None and not self._mongod.running()

    def stop(self) -> None:
        """End mongod, then the file system with its last process."""
        for child in (self._mongod, self._room):
            if child is not None:
                child.kill()


@pytest.fixture
def small_disk(stack: Stack, tmp_path: Path) -> Iterator[SmallDisk]:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of the test's own needs root")
    disk = SmallDisk(stack, tmp_path / "disk")
    try:
        eventually(disk.is_mounted, "the small file system")
        disk.start()
        direct = f"{disk.url.partition('?')[0]}?directConnection=true"
        with MongoClient[dict[str, Any]](direct) as client:
            host = disk.url.split("/")[2]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
            eventually(lambda: client.admin.command("hello")["isWritablePrimary"], "it is primary", within=30)
        yield disk
    finally:
        disk.stop()


@pytest.fixture
def on_small_disk(small_disk: SmallDisk, stack: Stack, vhost: Vhost, tmp_path: Path) -> Iterator[Backbone]:
    with backbone_on(stack, vhost, "small", tmp_path, mongo_url=small_disk.url) as running:
        yield running


def test_a_full_disk_under_the_database_loses_nothing_acknowledged_and_needs_only_room(
    on_small_disk: Backbone, small_disk: SmallDisk
) -> None:
    registry = on_small_disk.registry
    told: list[Event] = []
    kept = 0
    with on_small_disk.running(on_small_disk.relay(registry), on_small_disk.consumer(), on_small_disk.orphans):
        with telling(on_small_disk, told):
            eventually(lambda: len(on_small_disk.effects()) > 20, "it works", within=30)
            small_disk.fill()
            with suppress(PyMongoError):
                while True:
                    registry.database["places"].insert_one({"weight": "x" * 20_000})
                    kept += 1
            eventually(small_disk.fell, "the database has stopped", within=60)
            assert readiness(registry)["database"].startswith("down")
            small_disk.make_room()
            small_disk.start()
            acknowledged = len(told)
            eventually(lambda: len(told) > acknowledged + 10, "commands go on", within=60)
        on_small_disk.count(told, within=60)
    assert registry.database["places"].count_documents({}) >= kept
