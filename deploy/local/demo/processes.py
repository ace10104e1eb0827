"""All processes of the demo's county, on loopback and on free ports of their own, as children that never outlive us."""

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from deploy.local.stack.nginx import Nginx
from deploy.local.stack.ports import free_ports, listens
from deploy.nginx.table import front_table
from shared.clock import FileCountyClock
from shared.ids import new_id
from shared.sealing import create_master
from shared.tokens import create_token_keys

SERVICES = ("registry", "scheduler", "notifier", "audit")
THREADS = 8
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class County:
    """The running county: where its parts listen, and the clock all of them read."""

    folder: Path
    stack: Stack
    clock: FileCountyClock
    environ: Mapping[str, str]
    ports: Mapping[str, int]
    front_port: int

    @property
    def url(self) -> str:
        """The one front."""
        return f"http://127.0.0.1:{self.front_port}"

    @property
    def carrier_url(self) -> str:
        """The carrier's own HTTP side, for the conductor and the player."""
        return f"http://127.0.0.1:{self.ports['carrier_http']}"


def prepare_folder(run: Path) -> Path:
    """An empty folder for this county's keys, log and clock; an earlier run's is removed."""
    data = run / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    create_master(data / "master.key")
    create_master(data / "border.key")
    (data / "tokens").mkdir(mode=0o700)
    create_token_keys(data / "tokens")
    return data


def start_front(county: County) -> None:
    """The front first: the page is there, and says so, while the services still start."""
    addresses = {name: f"127.0.0.1:{county.ports[name]}" for name in SERVICES}
    table = {**front_table(addresses), "/demo/": f"127.0.0.1:{county.ports['carrier_http']}"}
    Nginx(county.stack.children, county.folder / "nginx", county.front_port).start(table)


def start_carrier(county: County, seed: str) -> None:
    """The carrier with the families' handsets behind it."""
    command = [sys.executable, "-m", "deploy.local.carrier"]
    command += ["--port", str(county.ports["carrier"]), "--http-port", str(county.ports["carrier_http"])]
    command += ["--county-time", str(county.folder / "data" / "county-time"), "--seed", seed]
    command += ["--system-id", "springrain", "--password", county.environ["SPRINGRAIN_SMPP_PASSWORD"]]
    child = county.stack.children.start("carrier", command, env=county.environ, cwd=ROOT)
    child.wait_ready(lambda: listens(county.ports["carrier_http"]), 20)


def start_services(county: County) -> None:
    """The four services and their workers, all at once; returns when each answers."""
    apps = [_start_app(county, name) for name in SERVICES]
    for name in SERVICES:
        command = [sys.executable, "-m", f"services.{name}.worker"]
        county.stack.children.start(f"{name}-worker", command, env=county.environ, cwd=ROOT)
    for name, child in zip(SERVICES, apps, strict=True):
        child.wait_ready(lambda name=name: listens(county.ports[name]), 60)  # type: ignore[misc]


def _start_app(county: County, name: str) -> Child:
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1"]
    command += ["--threads", str(THREADS), "--bind", f"127.0.0.1:{county.ports[name]}", "--timeout", "60"]
    command += ["--graceful-timeout", "5", "--no-control-socket", f"services.{name}.app:create_app()"]
    return county.stack.children.start(name, command, env=county.environ, cwd=ROOT, when_orphaned=signal.SIGTERM)


def lay_out(run: Path, stack: Stack, front_port: int, seed: str, start: datetime) -> County:
    """Choose ports, make the keys, set the clock. Starts nothing."""
    data = prepare_folder(run)
    names = (*SERVICES, "carrier", "carrier_http")
    ports = dict(zip(names, islice(free_ports(), len(names)), strict=True))
    clock = FileCountyClock(data / "county-time")
    clock.move_to(start)
    return County(run, stack, clock, _environ(stack, data, ports, seed), ports, front_port)


def _environ(stack: Stack, data: Path, ports: Mapping[str, int], seed: str) -> dict[str, str]:
    county = {
        "COUNTY_ID": new_id(),
        "MONGO_URL": stack.mongo_url,
        "AMQP_URL": stack.amqp_url,
        "MANAGEMENT_URL": stack.management_url,
        "DATA": str(data),
        "COUNTY_TIME_FILE": str(data / "county-time"),
        "SMPP_PORT": str(ports["carrier"]),
        "SMPP_PASSWORD": secrets.token_urlsafe(6),
        "LOT_SEED": f"demo-{seed}",
        "DEMO": "yes",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGRAIN_")}
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "MALLOC_ARENA_MAX": "2",
        **{f"SPRINGRAIN_{name}": value for name, value in county.items()},
    }
