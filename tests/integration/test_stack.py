"""The embedded servers: real, on loopback only, back after a crash with what they had, and gone with their parent."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pika
import psutil
import pytest
from pymongo import MongoClient

from deploy.local.stack import NotReady, Stack
from deploy.local.stack.nginx import Nginx
from deploy.local.stack.ports import free_port
from deploy.nginx.table import front_table
from tests.eventually import eventually
from tests.servers import Vhost


def test_every_server_listens_on_loopback_only(stack: Stack) -> None:
    started = [psutil.Process(child.pid) for child in stack.children.running()]
    listening = [
        (process.name(), connection.laddr)
        for parent in started
        for process in (parent, *parent.children(recursive=True))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {name for name, _ in listening} >= {"mongod", "beam.smp", "epmd"}
    assert not [address for _, address in listening if not ip_address(address.ip).is_loopback]


@pytest.mark.slow
def test_a_killed_database_comes_back_with_its_rows(
    stack: Stack, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    with mongo.start_session() as session, session.start_transaction():
        mongo[database_name].visits.insert_many([{"_id": n} for n in range(100)], session=session)
    stack.kill_mongo()
    stack.start_mongo()
    assert mongo[database_name].visits.count_documents({}) == 100


@pytest.mark.slow
def test_a_killed_broker_comes_back_with_its_messages(stack: Stack, vhost: Vhost) -> None:
    with pika.BlockingConnection(pika.URLParameters(vhost.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("told", durable=True, arguments={"x-queue-type": "quorum"})
        for number in range(10):
            channel.basic_publish("", "told", str(number).encode(), pika.BasicProperties(delivery_mode=2))
    stack.kill_rabbit()
    stack.start_rabbit()
    eventually(lambda: _messages(vhost, "told") == 10, "ten messages wait in the queue")


def test_a_second_run_in_the_same_directory_is_refused_and_the_first_goes_on(stack: Stack) -> None:
    with pytest.raises(NotReady, match="another Springrain"):
        Stack.start(stack.directory)
    assert len(stack.children.running()) == 3


def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.stack", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        assert json.loads(parent.stdout.readline())["pids"].keys() == {"epmd", "rabbitmq", "mongod"}
        family = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not [child for child in family if child.is_running()], "every descendant is gone")


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with Stack.start(tmp_path, mongo=False, rabbit=False) as stack:
        child = stack.children.start("sums", [sys.executable, "-c", "raise SystemExit('no room')"])
        with pytest.raises(NotReady, match=r"(?s)sums ended while starting \(exit status 1\).*no room"):
            child.wait_ready(lambda: False, 10.0)
    assert not child.running()


class _Echo(BaseHTTPRequestHandler):
    """Answers with the path and the headers it got."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def front(tmp_path: Path) -> Iterator[str]:
    """The URL of a front behind which only the registry answers."""
    registry = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    Thread(target=registry.serve_forever, daemon=True).start()
    down = f"127.0.0.1:{free_port()}"
    addresses = {"registry": f"127.0.0.1:{registry.server_port}", "scheduler": down, "notifier": down, "audit": down}
    with Stack.start(tmp_path, mongo=False, rabbit=False) as stack:
        nginx = Nginx(stack.children, tmp_path / "nginx", free_port())
        nginx.start(front_table(addresses))
        yield nginx.url
    registry.shutdown()
    registry.server_close()


def _get(url: str, **headers: str) -> tuple[int, str, str]:
    request = Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.headers.get_content_type(), refused.read().decode()


def test_the_front_replaces_what_a_visitor_claims_about_the_way_here(front: str) -> None:
    _, _, body = _get(f"{front}/api/v1/people?branch=a", X_Forwarded_For="10.0.0.1", X_Forwarded_Host="evil", Forwarded="x")
    seen = json.loads(body)
    assert seen["path"] == "/api/v1/people?branch=a"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-host"] == seen["host"] == front.removeprefix("http://")
    assert seen["x-forwarded-proto"] == "http"
    assert "forwarded" not in seen


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/pages/../metrics", "/health/ready"])
def test_metrics_and_health_are_not_seen_from_outside(front: str, path: str) -> None:
    assert _get(front + path)[0] == 404


def test_a_service_that_is_down_is_said_to_be_down_in_the_callers_form(front: str) -> None:
    status, kind, body = _get(f"{front}/api/v1/visits/1")
    assert (status, kind, json.loads(body)["code"]) == (503, "application/problem+json", "busy")
    status, kind, body = _get(f"{front}/pages/scheduler/person/1/part")
    assert (status, kind) == (503, "text/html")
    assert "稍后再试" in body


def _messages(vhost: Vhost, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(vhost.amqp_url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
