"""The servers under a demo or a test run: MongoDB and RabbitMQ, real ones, as children of this process.

Knows no service. Every start begins empty; within its life each server can be killed and comes back with its data.
"""

import fcntl
import shutil
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from deploy.local.stack.children import Children, stop_together
from deploy.local.stack.mongo import Mongo, MongoSettings
from deploy.local.stack.ports import free_ports
from deploy.local.stack.rabbit import Rabbit, RabbitPorts
from deploy.local.stack.waiting import NotReady, wait_until

_GRACE = 2.0  # seconds: the next start begins empty, so nobody waits for an orderly end (6 s with RabbitMQ)


class Stack:
    """Made by `Stack.start`. A context manager that stops everything at the end.

    `directory` holds everything, the logs in `logs/`. `children` starts further processes that die with this one.
    """

    def __init__(self, directory: Path, settings: MongoSettings, *, mongo: bool, rabbit: bool) -> None:
        self.directory = directory.resolve()
        self._lock = _claim(self.directory)
        self.children = Children(self.directory / "logs")
        ports = list(islice(free_ports(), 6))
        self._mongo = Mongo(self.children, self.directory / "mongo", ports[0], settings) if mongo else None
        self._rabbit = Rabbit(self.children, self.directory / "rabbit", RabbitPorts(*ports[1:])) if rabbit else None

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        mongo: bool = True,
        rabbit: bool = True,
        test_commands: bool = False,
        oplog_mb: int = 1024,
        cache_gb: float = 0.25,
    ) -> Self:
        """Start what is asked for, all at once, and return when all of it answers (about 7 s with RabbitMQ).

        NotReady when a server does not come up, or when another run holds `directory`; nothing is left running then.
        """
        settings = MongoSettings(cache_gb=cache_gb, oplog_mb=oplog_mb, test_commands=test_commands)
        stack = cls(directory, settings, mongo=mongo, rabbit=rabbit)
        try:
            for server in stack._servers():
                server.start()
            for server in stack._servers():
                server.wait_ready()
        except BaseException:  # Ctrl-C too
            stack.stop()
            raise
        return stack

    @property
    def mongo(self) -> Mongo:
        """The database server."""
        if self._mongo is None:
            raise NotReady("this stack was started without MongoDB")
        return self._mongo

    @property
    def rabbit(self) -> Rabbit:
        """The broker."""
        if self._rabbit is None:
            raise NotReady("this stack was started without RabbitMQ")
        return self._rabbit

    @property
    def mongo_url(self) -> str:
        """For MongoClient."""
        return self.mongo.url

    @property
    def amqp_url(self) -> str:
        """The broker's own virtual host; `rabbit.amqp_url_of(vhost)` gives others."""
        return self.rabbit.amqp_url

    @property
    def management_url(self) -> str:
        """The broker's management API, with user and password; for `Management`."""
        return self.rabbit.management_url

    def kill_mongo(self) -> None:
        """SIGKILL mongod, as a crash would."""
        _kill(self.mongo)

    def start_mongo(self) -> None:
        """Start mongod again on the same port and data; returns when it is primary."""
        self.mongo.start()
        self.mongo.wait_ready()

    def kill_rabbit(self, *, at_once: bool = False) -> None:
        """SIGKILL the broker, as a crash would: once its new queues are on disk (`Rabbit.saved_its_queues`), or at once."""
        if not at_once:
            wait_until(self.rabbit.saved_its_queues, "the broker's queues on disk", 10.0)
        _kill(self.rabbit)

    def start_rabbit(self) -> None:
        """Start the broker again on the same ports and data; returns when it answers."""
        self.rabbit.start()
        self.rabbit.wait_ready()

    def stop(self) -> None:
        """Stop what `children` started besides, then the servers, and let go of the directory. Twice is fine."""
        servers = [server.child for server in self._servers() if server.child]
        epmd = [self._rabbit.epmd] if self._rabbit and self._rabbit.epmd else []
        stop_together(child for child in self.children.running() if child not in servers + epmd)
        stop_together(servers, _GRACE)
        self.children.stop()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _servers(self) -> list[Mongo | Rabbit]:
        return [server for server in (self._rabbit, self._mongo) if server]


def _kill(server: Mongo | Rabbit) -> None:
    if server.child is not None:
        server.child.kill()


def _claim(directory: Path) -> IO[str]:
    """Take the directory for this process and empty it of an earlier run. The lock ends with the process."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise NotReady(f"another Springrain runs in {directory}: stop it first") from None
    for part in ("mongo", "rabbit", "logs"):
        shutil.rmtree(directory / part, ignore_errors=not (directory / part).exists())
    return lock
