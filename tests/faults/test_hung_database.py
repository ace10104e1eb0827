"""A database that neither answers nor goes away: health says so, a stop is still a stop, and all is done once it wakes."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.local.stack import Stack
from shared.app import readiness
from tests.eventually import eventually
from tests.faults.backbone import Backbone

pytestmark = pytest.mark.slow


@contextmanager
def hung(stack: Stack) -> Iterator[None]:
    """mongod is stopped in the middle of whatever it does."""
    child = stack.mongo.child
    assert child is not None
    child.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        child.signal(signal.SIGCONT)


def test_health_says_that_a_hung_database_is_down_and_waits_no_longer_than_a_moment(backbone: Backbone) -> None:
    said: list[str] = []
    assert readiness(backbone.registry)["database"] == "ok"
    asking = threading.Thread(target=lambda: said.append(readiness(backbone.registry)["database"]), daemon=True)
    with hung(backbone.stack):
        asking.start()
        asking.join(10)
        assert not asking.is_alive(), "health waits with it"
    assert said[0].startswith("down")


def test_workers_stop_though_the_database_hangs_and_what_was_told_comes_through_after(backbone: Backbone) -> None:
    told = backbone.tell(subjects=2, each=2)
    workers = [backbone.process("registry", "relay"), backbone.process("scheduler", "consumer")]
    eventually(lambda: len(backbone.effects()) == len(told), "they work", within=30)
    told += backbone.tell(subjects=10, each=4)
    with hung(backbone.stack):
        for worker in workers:
            worker.stop(within=12)
    assert -9 not in [worker.exit_status() for worker in workers], "SIGTERM was not enough"
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(), backbone.orphans):
        backbone.count(told, within=60)


def test_a_database_that_hangs_for_a_while_loses_no_command(backbone: Backbone) -> None:
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(), backbone.orphans):
        eventually(lambda: len(backbone.effects()) == len(told), "they work", within=30)
        with hung(backbone.stack):
            late = threading.Thread(target=lambda: told.extend(backbone.tell(subjects=2, each=2)), daemon=True)
            late.start()
            late.join(5)
            assert late.is_alive(), "it was answered by a database that hangs"
        late.join(60)
        assert not late.is_alive(), "it was not answered after"
        backbone.count(told, within=60)
