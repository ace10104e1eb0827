"""A real service under load whose workers are recycled, whose process is stopped and started: each command once or not yet."""

import json
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from deploy.local.stack.ports import LOOPBACK, free_port, listens
from shared.access import Role
from shared.ids import new_id
from shared.units.outbox import Outbox
from tests.county import County
from tests.eventually import eventually
from tests.faults.backbone import ROOT, Backbone
from tests.registry_office import PASSWORD, Office
from tests.servers import Vhost

CALLERS, RESTARTS = 4, 2
RECYCLED_AFTER = 5
"""Requests a worker process lives for: the next one forks anew, with clients of its own."""


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    office = Office.open(county, divisions=False)
    yield office
    county.close()


@contextmanager
def serving(stack: Stack, office: Office, port: int) -> Iterator[Child]:
    """The registry as in production, but for the short life of its workers. SIGTERM at the end, which must be enough."""
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    command += ["--bind", f"{LOOPBACK}:{port}", "--timeout", "60", "--graceful-timeout", "8", "--no-control-socket"]
    command += ["--max-requests", str(RECYCLED_AFTER), "services.registry.app:create_app()"]
    child = stack.children.start(f"registry-{port}", command, env=dict(office.county.environ), cwd=ROOT)
    try:
        child.wait_ready(lambda: listens(port), 30)
        yield child
        child.stop(within=10)
        assert child.exit_status() == 0, child.log.read_text("utf-8", "replace")[-2000:]
    finally:
        child.kill()


class Caller:
    """Somebody who makes accounts, one after the other, each request sent again until it is answered with 201."""

    def __init__(self, office: Office, port: int) -> None:
        self._url = f"http://{LOOPBACK}:{port}/api/v1/accounts"
        self._token = office.headers("admin")["Authorization"]
        self._branch = office.branch_id("360124")
        self.made: list[str] = []
        self.enough = threading.Event()
        self.done = False

    def run(self, stop: threading.Event) -> None:
        """Until it is enough, and to the end of the request in hand."""
        while not stop.is_set() and not self.enough.is_set():
            self.made.append(self._make(stop))
        self.done = True

    def _make(self, stop: threading.Event) -> str:
        key = new_id()
        name = "a" + key.replace("-", "")[-12:]
        body = {"name": name, "password": PASSWORD, "role": Role.SUPERVISOR.value, "branch": self._branch}
        headers = {"Authorization": self._token, "Idempotency-Key": key, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers, method="POST")
        while not stop.wait(0.05):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert answer.status == 201
                    made: dict[str, Any] = json.load(answer)
                    return str(made["id"])
            except HTTPError as error:
                assert error.code == 503, error.read()
            except (OSError, HTTPException):
                continue  # cut off or refused: it may be done, it may not
        raise AssertionError("stopped without an answer")


@pytest.mark.slow
def test_recycled_workers_and_a_service_stopped_again_and_again_do_each_command_once(
    office: Office, stack: Stack, vhost: Vhost
) -> None:
    backbone = Backbone(office.county, stack, vhost)
    port = free_port()
    callers = [Caller(office, port) for _ in range(CALLERS)]
    registry = office.desk.runtime

    def made() -> list[str]:
        return [account for caller in callers for account in caller.made]

    with backbone.running(backbone.relay(registry)):
        with backbone.running(*(caller.run for caller in callers)):
            for _ in range(RESTARTS):
                before = len(made())
                with serving(stack, office, port):
                    eventually(lambda before=before: len(made()) > before + 4 * RECYCLED_AFTER, "accounts", within=60)
            with serving(stack, office, port):
                before = len(made())
                eventually(lambda: len(made()) > before, "it is there again", within=60)
                for caller in callers:
                    caller.enough.set()
                eventually(lambda: all(caller.done for caller in callers), "the last requests are answered", within=30)
        eventually(lambda: Outbox(registry.database).backlog(1) == 0, "no wake-up of the outbox is lost", within=30)
    told = office.told("account.registered.v1")
    assert len(made()) == len(set(made()))
    assert {row["subject"] for row in told} == {*made(), administrator(office)}
    assert len(told) == len(made()) + 1
    assert backbone.read_log() >= {row["id"] for row in told}


def administrator(office: Office) -> str:
    """The account everything here is done with."""
    row = office.desk.database["accounts"].find_one({"name": "admin"})
    assert row is not None
    return str(row["_id"])
