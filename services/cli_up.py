"""`springrain up`: an empty county on this machine, all of its processes, in real time, until Ctrl-C.

For trying things by hand: each start begins empty, and the carrier is the demo's, with handsets on a page. In production the
same processes run under Compose (docs/operating.md). The embedded stack is imported only here, and only when asked for.
"""

import json
import secrets
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from services.cli_kit import json_option
from shared.errors import Conflict, Refused

if TYPE_CHECKING:
    from deploy.local.demo.processes import County
    from deploy.local.stack import Stack

ADMINISTRATOR = "admin"
LOOK_EVERY_SECONDS = 1.0
OF_THE_DEMO = ("SPRINGRAIN_COUNTY_TIME_FILE", "SPRINGRAIN_LOT_SEED", "SPRINGRAIN_DEMO")


@click.command()
@click.option("--port", default=8080, show_default=True, help="Where the page is wanted; the next free port is taken.")
@json_option
def up(port: int, as_json: bool) -> int:
    """Run an empty county on this machine until Ctrl-C. (The played month is `make demo`.)

    Exits 0 when stopped, 1 when one of its processes ends by itself.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return _run(port, as_json)
    except KeyboardInterrupt:
        return 0


def _run(port: int, as_json: bool) -> int:
    try:
        from deploy.local.demo.processes import ROOT
        from deploy.local.stack import Stack
    except ModuleNotFoundError as error:
        raise Refused("this needs the source tree and what `make demo` installs once") from error
    folder: Path = ROOT / "run" / "up"
    click.echo("Starting MongoDB, RabbitMQ, a carrier and eight processes: about 20 s", err=True)
    with Stack.start(folder / "stack") as stack:
        county, password = _start(stack, folder, port)
        _tell(county, password, as_json=as_json)
        ended = _wait(stack)
    click.echo(f"ended by itself: {', '.join(ended)}. Its log lies in {folder / 'stack' / 'logs'}", err=True)
    return 1


def _start(stack: "Stack", folder: Path, port: int) -> "tuple[County, str]":
    from deploy.local.demo.processes import lay_out, start_front, start_services
    from deploy.local.stack.ports import first_free
    from shared.clock import SystemCountyClock

    county = lay_out(folder, stack, first_free(port), "", SystemCountyClock().now())
    county = replace(county, environ={name: value for name, value in county.environ.items() if name not in OF_THE_DEMO})
    start_front(county)
    password = _install(county)
    _start_carrier(county)
    start_services(county)
    return county, password


def _install(county: "County") -> str:
    """The county's branches and its first administrator, by the same verb as in production. Returns the password."""
    from deploy.local.demo.processes import ROOT

    password, divisions = secrets.token_urlsafe(9), ROOT / "data" / "jinxian"
    command = [sys.executable, "-m", "services.cli", "install", "--administrator", ADMINISTRATOR, "--json"]
    command += ["--townships", str(divisions / "townships.csv"), "--villages", str(divisions / "villages.csv")]
    environ = {**county.environ, "SPRINGRAIN_ADMIN_PASSWORD": password}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Conflict(f"the installation failed: {done.stderr.strip()[-400:]}")
    return password


def _start_carrier(county: "County") -> None:
    """The demo's carrier, in real time: receipts and answers come at once."""
    from deploy.local.demo.processes import ROOT
    from deploy.local.stack.ports import listens

    command = [sys.executable, "-m", "deploy.local.carrier", "--real-time"]
    command += ["--port", str(county.ports["carrier"]), "--http-port", str(county.ports["carrier_http"])]
    command += ["--password", county.environ["SPRINGRAIN_SMPP_PASSWORD"]]
    child = county.stack.children.start("carrier", command, env=county.environ, cwd=ROOT)
    child.wait_ready(lambda: listens(county.ports["carrier_http"]), 20)


def _tell(county: "County", password: str, *, as_json: bool) -> None:
    told = {"url": county.url, "administrator": ADMINISTRATOR, "password": password, "handsets": f"{county.url}/demo/handsets"}
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(f"The page is open: {county.url}   sign in as {ADMINISTRATOR} with {password}")
        click.echo(f"The handsets:     {told['handsets']}\nCtrl-C stops everything.")
    sys.stdout.flush()


def _wait(stack: "Stack") -> list[str]:
    """Wait until a process ends by itself; a signal ends the waiting by KeyboardInterrupt."""
    started = {child.name for child in stack.children.running()}
    never = threading.Event()
    while not (ended := started - {child.name for child in stack.children.running()}):
        never.wait(LOOK_EVERY_SECONDS)
    return sorted(ended)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
