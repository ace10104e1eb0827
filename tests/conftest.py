"""What every test may ask for: real servers, and a place of its own on them. A missing server fails, never skips."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from deploy.local.stack import Management, Stack
from shared.clock import FileCountyClock
from tests.county import SEPTEMBER, County
from tests.servers import Vhost


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """MongoDB and RabbitMQ for the whole session. Who kills one starts it again before the test ends."""
    with Stack.start(tmp_path_factory.mktemp("stack"), test_commands=True) as running:
        yield running


@pytest.fixture(scope="session")
def mongo(stack: Stack) -> Iterator[MongoClient[dict[str, Any]]]:
    """One client for the session, with aware times in UTC."""
    with MongoClient[dict[str, Any]](stack.mongo_url, tz_aware=True) as client:
        yield client


@pytest.fixture(scope="session")
def management(stack: Stack) -> Management:
    """The broker's management API."""
    return Management(stack.management_url)


@pytest.fixture
def database_name(mongo: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A database name nobody else has; also a prefix: every database beginning with it is dropped afterwards."""
    prefix = f"t{uuid4().hex[:12]}"
    yield prefix
    mongo.admin.command("killAllSessions", [])  # a drop waits a minute for the transaction of a process that was killed
    for name in mongo.list_database_names():
        if name.startswith(prefix):
            mongo.drop_database(name)


@pytest.fixture
def vhost(stack: Stack, management: Management) -> Iterator[Vhost]:
    """An empty virtual host, deleted afterwards with its queues and connections."""
    name = f"t{uuid4().hex[:12]}"
    management.make_vhost(name)
    yield Vhost(name, stack.rabbit.amqp_url_of(name))
    management.drop_vhost(name)


@pytest.fixture
def county(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[County]:
    """A county of its own on the real servers."""
    made = County(stack, vhost, database_name, tmp_path)
    yield made
    made.close()


@pytest.fixture
def september(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[County]:
    """A county of its own whose time a test moves on, beginning with the first of September."""
    FileCountyClock(tmp_path / "time").move_to(SEPTEMBER)
    made = County(stack, vhost, database_name, tmp_path, county_time_file=str(tmp_path / "time"))
    yield made
    made.close()
