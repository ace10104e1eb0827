"""The audit service in tests: its worker as a process of its own, its app with signed-in readers, and bodies to log."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
from flask import Flask
from flask.testing import FlaskClient

from services.audit.store import prepare
from services.audit.wiring import log_of
from shared.access import Principal, Role
from shared.canonical import canonical
from shared.clock import MachineClock
from shared.ids import new_id
from shared.messaging.follows import county_topology
from shared.messaging.topology import EXCHANGE, declare
from shared.tokens import TokenMaker
from tests.county import County
from tests.eventually import eventually

ROOT = Path(__file__).parents[1]


def body_of(county: County, **changed: Any) -> bytes:
    """The body of one event of this county."""
    subject = changed.pop("subject", None) or new_id()
    told = {
        "specversion": "1.0",
        "id": new_id(),
        "source": f"/springrain/{county.settings.county}/scheduler",
        "type": "visit.checked_in.v1",
        "subject": subject,
        "time": "2026-09-02T02:00:00Z",
        "datacontenttype": "application/json",
        "revision": 1,
        "branch": county.settings.county,
        "actor": "system:scheduler",
        "data": {"household": new_id(), "volunteer": new_id(), "at": "2026-09-02T02:00:00Z"},
        **changed,
    }
    return canonical(told)


def publish(county: County, bodies: Sequence[bytes], type_: str = "visit.checked_in.v1") -> None:
    """Publish bodies as they are, each confirmed by the broker."""
    declare(county.settings.amqp_url, county_topology())
    connection = pika.BlockingConnection(pika.URLParameters(county.settings.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    for body in bodies:
        channel.basic_publish(EXCHANGE, type_, body, pika.BasicProperties(delivery_mode=2), mandatory=True)
    connection.close()


@contextmanager
def log_worker(
    county: County, roles: Sequence[str] = ("own",), crash_at: str = "", witnesses: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """The audit worker as a process, with these roles; ended when the block ends, if it has not died before."""
    environ = {**county.environ, "SPRINGRAIN_CRASH_AT": crash_at, "PATH": "", "PYTHONPATH": str(ROOT)}
    environ["SPRINGRAIN_WITNESSES"] = witnesses
    output = (county.settings.data / "worker.log").open("ab")
    worker = subprocess.Popen(
        [sys.executable, "-m", "services.audit.worker", *roles], env=environ, cwd=ROOT, stdout=output, stderr=output
    )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.terminate()
        try:
            worker.wait(15)
        finally:
            worker.kill()
            output.close()


def log_row(county: County) -> Mapping[str, Any]:
    """The log's row, or an empty one before the first start."""
    return county.service("audit").database["log"].find_one({"_id": "log"}) or {}


def signed(county: County, size: int, within: float = 90) -> Mapping[str, Any]:
    """Wait until this many entries are signed; returns the log's row."""
    rows = county.service("audit").database["log"]

    def found() -> Mapping[str, Any] | None:
        row = rows.find_one({"_id": "log"})
        return row if row and row["size"] == row["signed"] == size else None

    return eventually(found, f"{size} entries signed", within=within)


class Office:
    """The audit service's app and those who read it."""

    def __init__(self, county: County) -> None:
        self.county = county
        key = county.settings.data / "tokens" / "token.key"
        self.maker = TokenMaker(key, county.settings.county, MachineClock())
        self.app: Flask = county.app("audit")
        self.township = f"{county.settings.county}/{new_id()}"
        self.village = f"{self.township}/{new_id()}"

    def client(self) -> FlaskClient:
        """A client nobody signed in."""
        return self.app.test_client()

    def principal(self, role: Role, branch: str | None = None) -> Principal:
        """An account of this role where one of it belongs."""
        homes = {Role.CLERK: self.village, Role.VOLUNTEER: self.village, Role.SUPERVISOR: self.township}
        place = branch or homes.get(role, self.county.settings.county)
        return Principal(new_id(), role, place, 1, "", f"session-{role.value}")

    def headers(self, role: Role, branch: str | None = None, **more: str) -> dict[str, str]:
        """Headers of a program signed in as this role."""
        token = self.maker.make(self.principal(role, branch), ["audit"])
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id(), **more}

    def get(self, path: str, role: Role | None = None, branch: str | None = None, **more: str) -> Any:
        """GET as this role, or as nobody."""
        headers = self.headers(role, branch, **more) if role else more
        return self.client().get(path, headers=headers)

    def post(self, path: str, body: Any, role: Role, branch: str | None = None, **more: str) -> Any:
        """POST as this role."""
        return self.client().post(path, json=body, headers=self.headers(role, branch, **more))


@contextmanager
def log_running(county: County) -> Iterator[None]:
    """The log's loop in a thread of this process."""
    runtime, stop = county.service("audit"), threading.Event()
    prepare(runtime.database)
    loop = threading.Thread(target=log_of(runtime).run, args=(stop,), name="log")
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(20)
