"""A replica set of three, as in production: the primary steps down, or dies. Nothing acknowledged is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from shared.events import Event
from tests.eventually import eventually
from tests.faults.backbone import Backbone, backbone_on
from tests.faults.replica_set import ReplicaSet
from tests.faults.test_servers import telling
from tests.servers import Vhost

pytestmark = pytest.mark.slow


@pytest.fixture
def three(stack: Stack, tmp_path: Path) -> Iterator[ReplicaSet]:
    nodes = ReplicaSet(stack.children, tmp_path / "nodes")
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


@pytest.fixture
def on_three(three: ReplicaSet, stack: Stack, vhost: Vhost, tmp_path: Path) -> Iterator[Backbone]:
    """A backbone on the three nodes."""
    with backbone_on(stack, vhost, "three", tmp_path, mongo_url=three.url) as running:
        yield running


def test_a_primary_that_steps_down_twice_loses_no_command_and_no_event(on_three: Backbone, three: ReplicaSet) -> None:
    told: list[Event] = []
    with on_three.running(on_three.relay(on_three.registry), on_three.consumer(), on_three.orphans):
        with telling(on_three, told):
            eventually(lambda: len(on_three.effects()) > 20, "it works", within=30)
            for _ in range(2):
                before = three.primary()
                three.step_down()
                acknowledged = len(told)
                eventually(lambda done=acknowledged: len(told) > done + 20, "commands go on", within=60)
                assert three.primary() != before
        on_three.count(told, within=60)


def test_a_primary_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(on_three: Backbone, three: ReplicaSet) -> None:
    told: list[Event] = []
    with on_three.running(on_three.relay(on_three.registry), on_three.consumer(), on_three.orphans):
        with telling(on_three, told):
            eventually(lambda: len(on_three.effects()) > 20, "it works", within=30)
            gone = three.primary()
            three.kill(gone)
            acknowledged = len(told)
            eventually(lambda: len(told) > acknowledged + 20, "commands go on", within=60)
            three.start_node(gone)
            acknowledged = len(told)
            eventually(lambda: len(told) > acknowledged + 20, "the old one is back", within=60)
        on_three.count(told, within=60)
