"""A real command of the registry over HTTP: gunicorn as in production, clients that keep their connections.

Each caller puts a legal hold on a person of its own and takes it away again, by turns: access, Idempotency-Key, If-Match,
one change, one event.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any

from deploy.local.stack import Stack
from deploy.local.stack.children import Child
from deploy.local.stack.ports import LOOPBACK, free_port, listens
from shared.ids import new_id
from tests.bench.line import Line
from tests.bench.load import rate, run_threads
from tests.bench.processes import cpu_shares
from tests.bench.rows import Row
from tests.county import County
from tests.eventually import eventually
from tests.faults.backbone import ROOT
from tests.faults.effects import EFFECTS
from tests.registry_office import VILLAGE, Office

MOST_CALLERS = 32
FOLLOWS: Mapping[str, list[str]] = {"registry": [], "notifier": [], "scheduler": ["person", "roster"]}
GUNICORN = ["-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket"]
"""As in docker-compose.yml."""


class Caller:
    """Somebody with a connection of their own and a person to hold and release."""

    def __init__(self, port: int, token: str, person: Mapping[str, Any]) -> None:
        self._line = HTTPConnection(LOOPBACK, port, timeout=60)
        self._token = token
        self._path = f"/api/v1/people/{person['id']}/"
        self._revision, self._held = person["revision"], False

    def hold_or_release(self) -> None:
        """One command. AssertionError when it is refused."""
        body = {} if self._held else {"ground": "inspection"}
        headers = {"Authorization": self._token, "Idempotency-Key": new_id(), "If-Match": f'"{self._revision}"'}
        headers["Content-Type"] = "application/json"
        status, text = self._send(self._path + ("release" if self._held else "hold"), json.dumps(body), headers)
        assert status == 200, text
        self._revision, self._held = json.loads(text)["revision"], not self._held

    def _send(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """The answer; sent again, under the same key, on a connection that the server closed while it lay idle."""
        try:
            return self._send_once(path, body, headers)
        except (ConnectionError, HTTPException):
            self._line.close()
            return self._send_once(path, body, headers)

    def _send_once(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self._line.request("POST", path, body, headers)
        answer = self._line.getresponse()
        return answer.status, answer.read()


def measure_http(stack: Stack, made: County, quick: bool) -> Iterable[Row]:
    """Both numbers of callers, and where the processor's time goes meanwhile."""
    office = Office.open(made)
    line = Line(stack, made, FOLLOWS)
    with line.working() as (relay, listener), serving(line) as (server, port):
        token, people = office.headers("admin")["Authorization"], register(office, MOST_CALLERS)
        callers = [Caller(port, token, person) for person in people]
        run_threads(lambda number: callers[number].hold_or_release(), MOST_CALLERS)  # the first request opens the app
        settle(line)
        pids = {"clients": os.getpid(), "gunicorn": server.pid, "relay": relay.pid, "listener": listener.pid}
        pids |= servers_of(stack)
        for many in (8, MOST_CALLERS):
            yield from among(line, callers[:many], pids, 5.0 if quick else 15.0)


def among(line: Line, callers: list[Caller], pids: Mapping[str, int], seconds: float) -> Iterable[Row]:
    """The rate with these callers, and each part's share."""

    def command(number: int) -> int:
        callers[number].hold_or_release()
        return 1

    what = f"over HTTP to handled, {len(callers)} callers"
    with cpu_shares(pids) as shares:
        found = rate(command, line.handled, len(callers), seconds)
    yield Row(what, found, "events/s")
    for name, share in shares.items():
        yield Row(f"{what}: processor, {name}", share, "%")


def settle(line: Line) -> None:
    """Until all that was told before is handled: the queue keeps its order."""
    last = line.told().id
    eventually(lambda: line.scheduler.database[EFFECTS].find_one({"event": last}), "the last one is handled", within=60)


def register(office: Office, many: int) -> list[Mapping[str, Any]]:
    """So many elders, each by the clerk's own form."""
    names = [f"{family}{given}" for family in "王李张刘陈杨黄赵" for given in ("桂花", "秀英", "国强", "建华")]
    village, people = office.branch_id(VILLAGE), []
    for name in names[:many]:
        body = {"kind": "elder", "branch": village, "name": name, "categories": ["living_alone"]}
        answer = office.post("admin", "/api/v1/people", body)
        assert answer.status_code == 201, answer.text
        people.append(answer.get_json())
    return people


@contextmanager
def serving(line: Line) -> Iterator[tuple[Child, int]]:
    """The registry's HTTP side, and its port."""
    port, environ = free_port(), {**os.environ, **line.county.environ}
    command = [sys.executable, *GUNICORN, "--bind", f"{LOOPBACK}:{port}", "services.registry.app:create_app()"]
    child = line.stack.children.start("registry-http", command, env=environ, cwd=ROOT, when_orphaned=signal.SIGTERM)
    try:
        child.wait_ready(lambda: listens(port), 60)
        yield child, port
    finally:
        child.stop(within=8)


def servers_of(stack: Stack) -> dict[str, int]:
    """The servers under it all."""
    running = {child.name: child.pid for child in stack.children.running()}
    return {"mongod": running["mongod"], "broker": running["rabbitmq"]}
