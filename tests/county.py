"""A small county for tests: settings, keys and runtimes of services on the real servers, each in a place of its own."""

import importlib
import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from deploy.local.stack import Stack
from shared.config import Settings, load_settings
from shared.ids import new_id
from shared.inbox import Handler
from shared.messaging.topology import Topology
from shared.runtime import Runtime, open_runtime
from shared.sealing import create_master
from shared.tokens import create_token_keys
from shared.worker import Duties, loops_of
from tests.servers import Vhost

SEPTEMBER = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
"""Nine in the morning in the county."""


class County:
    """One test's county. Databases begin with `prefix`; all that is opened here is closed by `close`."""

    def __init__(self, stack: Stack, vhost: Vhost, prefix: str, folder: Path, **more: str) -> None:
        create_master(folder / "master.key")
        create_master(folder / "border.key")
        (folder / "tokens").mkdir()
        create_token_keys(folder / "tokens")
        environ = {
            "SPRINGRAIN_COUNTY_ID": new_id(),
            "SPRINGRAIN_MONGO_URL": stack.mongo_url,
            "SPRINGRAIN_AMQP_URL": vhost.amqp_url,
            "SPRINGRAIN_MANAGEMENT_URL": stack.management_url,
            "SPRINGRAIN_DATA": str(folder),
            "SPRINGRAIN_DATABASE_PREFIX": prefix + "_",
            **{f"SPRINGRAIN_{name.upper()}": value for name, value in more.items()},
        }
        self.environ: Mapping[str, str] = environ
        self.settings: Settings = load_settings(environ)
        self._runtimes: list[Runtime] = []
        self._apps: list[Flask] = []
        self.service("registry")

    def service(self, name: str, **changed: Any) -> Runtime:
        """A runtime of a service, as one of its processes would open it."""
        runtime = open_runtime(replace(self.settings, **changed), name)
        self._runtimes.append(runtime)
        return runtime

    def app(self, service: str, settings: Settings | None = None) -> Flask:
        """A service's HTTP side, as one of its processes would make it; with settings of its own where some are given."""
        made: Flask = importlib.import_module(f"services.{service}.app").create_app(settings or self.settings)
        self._apps.append(made)
        return made

    @contextmanager
    def working(
        self,
        runtime: Runtime,
        topology: Topology,
        handlers: Mapping[str, Handler] | None = None,
        roles: tuple[str, ...] = ("relay", "consumer", "timers"),
        **duties: Any,
    ) -> Any:
        """Run a service's worker in threads while the block lasts."""
        stop = threading.Event()
        loops = loops_of(runtime, Duties(handlers or {}, **duties), topology, roles)
        loops.pop("beats", None)
        loops.pop("keys", None)
        threads = [threading.Thread(target=loop, args=(stop,), name=name, daemon=True) for name, loop in loops.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)

    def close(self) -> None:
        """Close what was opened, while the servers still answer."""
        for app in self._apps:
            app.extensions["runtime"].close()
            for limiter in app.extensions.get("limiter", ()):
                limiter._storage.storage.close()
        for runtime in self._runtimes:
            runtime.close()


def tell_branch(runtime: Runtime, subject: str, revision: int, name: str = "新坪村") -> Callable[..., Any]:
    """A unit of work that tells one plain event."""

    def work(unit: Any) -> Any:
        return unit.tell(
            "branch.registered.v1",
            subject=subject,
            revision=revision,
            branch=runtime.home,
            actor="system:registry",
            data={"level": "village", "code": "360124103201", "name": name},
        )

    return work


def tell_roster(runtime: Runtime, subject: str, revision: int) -> Callable[..., Any]:
    """A unit of work that tells one event that is no whole state, so that order matters."""
    figures = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}

    def work(unit: Any) -> Any:
        return unit.tell(
            "roster.imported.v1",
            subject=subject,
            revision=revision,
            branch=runtime.home,
            actor="system:registry",
            data=figures,
        )

    return work
