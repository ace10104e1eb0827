"""Three mongods of one replica set on loopback, for faults that one node cannot show. Slow to start; the test's own."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.stack.children import Child, Children
from deploy.local.stack.mongo import mongod_binary
from deploy.local.stack.ports import LOOPBACK, free_ports, listens
from deploy.local.stack.waiting import wait_until

NAME = "three"
ELECTION_MS = 2_000
"""How long a secondary waits for a silent primary. The default is 10 s."""
Doc = dict[str, Any]


class ReplicaSet:
    """Three nodes that elect among themselves. `prefix` goes before each command, such as `nsenter`."""

    def __init__(self, children: Children, folder: Path) -> None:
        self._children, self._folder = children, folder
        self._nodes: dict[int, Child] = {}
        self._ports: Sequence[int] = list(islice(free_ports(), 3))

    @property
    def url(self) -> str:
        """For MongoClient: names all three."""
        hosts = ",".join(f"{LOOPBACK}:{port}" for port in self._ports)
        return f"mongodb://{hosts}/?replicaSet={NAME}"

    def start(self) -> None:
        """Start all three and return once one is primary and the others follow it."""
        for port in self._ports:
            self.start_node(port)
        for port in self._ports:
            self._nodes[port].wait_ready(lambda port=port: listens(port), 60)  # type: ignore[misc]
        members = [{"_id": n, "host": f"{LOOPBACK}:{port}"} for n, port in enumerate(self._ports)]
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": 500}
        with self._direct(self._ports[0]) as client:
            client.admin.command("replSetInitiate", {"_id": NAME, "members": members, "settings": settings})
        wait_until(lambda: sorted(self._states()) == ["PRIMARY", "SECONDARY", "SECONDARY"], "a primary and two more", 60)

    def start_node(self, port: int) -> None:
        """Start one node, on what its folder holds."""
        folder = self._folder / str(port)
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(mongod_binary()), "--nounixsocket", "--quiet", "--replSet", NAME, "--bind_ip", LOOPBACK]
        command += ["--dbpath", str(folder), "--port", str(port), "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        self._nodes[port] = self._children.start(f"three-{port}", command)

    def primary(self) -> int:
        """The primary's port, waiting for one."""
        found: list[int] = []

        def known() -> bool:
            with MongoClient[Doc](self.url, serverSelectionTimeoutMS=1000) as client:
                found[:] = [address[1] for address in [self._primary_of(client)] if address]
            return bool(found)

        wait_until(known, "a primary", 30)
        return found[0]

    def step_down(self) -> None:
        """Have the primary give up its part for half a minute."""
        with self._direct(self.primary()) as client:
            client.admin.command("replSetStepDown", 30, secondaryCatchUpPeriodSecs=10)

    def kill(self, port: int) -> None:
        """SIGKILL one node."""
        self._nodes[port].kill()

    def stop(self) -> None:
        """End all nodes."""
        for node in self._nodes.values():
            node.kill()

    def _states(self) -> list[str]:
        return self._ask(self._ports[0], lambda client: client.admin.command("replSetGetStatus")["members"])

    def _ask(self, port: int, question: Callable[[MongoClient[Doc]], Any]) -> list[str]:
        try:
            with self._direct(port) as client:
                return [member["stateStr"] for member in question(client)]
        except PyMongoError:
            return []

    @staticmethod
    def _primary_of(client: MongoClient[Doc]) -> tuple[str, int] | None:
        try:
            client.admin.command("ping")
        except PyMongoError:
            return None
        return client.primary

    @staticmethod
    def _direct(port: int) -> MongoClient[Doc]:
        return MongoClient(f"mongodb://{LOOPBACK}:{port}/?directConnection=true", serverSelectionTimeoutMS=2000)
