"""The line between a worker and a server is cut in the middle of a frame, closed by the broker, or goes silent."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from deploy.local.stack import Stack
from shared.events import Event
from tests.eventually import eventually
from tests.faults.backbone import QUICK, Backbone
from tests.faults.proxy import AMQP_ACK, AMQP_DELIVER, AMQP_PUBLISH, Proxy
from tests.faults.test_servers import telling


@pytest.fixture
def broker_line(stack: Stack) -> Iterator[Proxy]:
    with Proxy(urlsplit(stack.amqp_url).port or 0) as proxy:
        yield proxy


@pytest.fixture
def mongo_line(stack: Stack) -> Iterator[Proxy]:
    with Proxy(urlsplit(stack.mongo_url).port or 0) as proxy:
        yield proxy


def by_way_of(backbone: Backbone, line: Proxy, server: str = "amqp_url") -> None:
    """Registry and scheduler reach the broker (or `mongo_url`: the database) by this line from now on."""
    urls = {
        "amqp_url": backbone.vhost.amqp_url,
        "mongo_url": backbone.stack.mongo_url.partition("?")[0] + "?directConnection=true",
    }
    through = {server: line.in_front_of(urls[server])}
    backbone.registry = backbone.county.service("registry", **through)
    backbone.scheduler = backbone.county.service("scheduler", **through)


def _settled(backbone: Backbone, told: list[Event]) -> bool:
    return len(backbone.effects()) == len(told) and backbone.untold() == 0


@pytest.mark.parametrize("frame", [AMQP_PUBLISH, AMQP_ACK, AMQP_DELIVER], ids=["publish", "confirm or ack", "delivery"])
def test_a_line_cut_in_the_middle_of_a_frame_loses_and_doubles_nothing(
    broker_line: Proxy, backbone: Backbone, frame: bytes
) -> None:
    by_way_of(backbone, broker_line)
    told = backbone.tell(subjects=1, each=1)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        eventually(lambda: backbone.effects(), "the line works", within=30)
        broker_line.cut_within(frame, times=4)
        with telling(backbone, told):
            eventually(lambda: broker_line.cuts == 4, "four cuts", within=60)
        backbone.count(told)


def test_connections_the_broker_closes_are_opened_again_and_nothing_is_lost(backbone: Backbone) -> None:
    told = backbone.tell(subjects=1, each=1)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()), telling(backbone, told):
        for _ in range(2):
            seen = len(backbone.effects())
            eventually(lambda seen=seen: len(backbone.effects()) > seen + 5, "events flow", within=30)
            backbone.stack.rabbit.control("close_all_connections", "--vhost", backbone.vhost.name, "a test closes it")
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)


def test_a_database_line_cut_in_the_middle_of_a_commit_does_each_command_once(mongo_line: Proxy, backbone: Backbone) -> None:
    by_way_of(backbone, mongo_line, "mongo_url")
    told = backbone.tell(subjects=1, each=1)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(), backbone.orphans):
        mongo_line.cut_within(b"commitTransaction", times=4)
        with telling(backbone, told):
            eventually(lambda: mongo_line.cuts == 4, "four cuts", within=60)
        backbone.count(told)


def test_a_relay_whose_line_goes_silent_while_events_fly_notices_and_tells_them_anew(
    broker_line: Proxy, backbone: Backbone
) -> None:
    amqp_url = broker_line.in_front_of(backbone.vhost.amqp_url)
    pace = json.dumps({**QUICK, "answer": 2.0})
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.consumer()):
        backbone.process("registry", "relay", SPRINGRAIN_AMQP_URL=amqp_url, PACE=pace)
        eventually(lambda: _settled(backbone, told), "the line works", within=30)
        assert broker_line.go_silent() > 0
        told += backbone.tell(subjects=5, each=4)
        backbone.count(told)


@pytest.mark.slow
def test_a_relay_whose_idle_line_goes_silent_notices_within_two_heartbeats(broker_line: Proxy, backbone: Backbone) -> None:
    scheduler = backbone.scheduler
    by_way_of(backbone, broker_line)
    backbone.scheduler = scheduler
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        eventually(lambda: _settled(backbone, told), "the line works", within=30)
        assert broker_line.go_silent() > 0
        told += backbone.tell(subjects=5, each=4)
        backbone.count(told, within=70)


@pytest.mark.slow
def test_a_consumer_whose_line_goes_silent_notices_within_two_heartbeats(broker_line: Proxy, backbone: Backbone) -> None:
    registry = backbone.registry
    by_way_of(backbone, broker_line)
    backbone.registry = registry
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        eventually(lambda: _settled(backbone, told), "the line works", within=30)
        assert broker_line.go_silent() > 0
        told += backbone.tell(subjects=5, each=4)
        backbone.count(told, within=70)


@pytest.mark.slow
def test_workers_whose_lines_are_silent_stop_within_ten_seconds(broker_line: Proxy, backbone: Backbone) -> None:
    told = backbone.tell(subjects=2, each=2)
    amqp_url = broker_line.in_front_of(backbone.vhost.amqp_url)
    workers = [
        backbone.process("registry", "relay", SPRINGRAIN_AMQP_URL=amqp_url),
        backbone.process("scheduler", "consumer", SPRINGRAIN_AMQP_URL=amqp_url),
    ]
    eventually(lambda: _settled(backbone, told), "the lines work", within=30)
    assert broker_line.go_silent() >= 2
    told += backbone.tell(subjects=2, each=2)
    for worker in workers:
        worker.stop(within=12)
    assert [worker.exit_status() for worker in workers] == [0, 0]
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told, within=90)  # the broker believes in the silent line for two heartbeats


@pytest.mark.slow
def test_lines_to_the_database_that_go_silent_are_noticed_and_each_command_is_done_once(
    mongo_line: Proxy, backbone: Backbone
) -> None:
    by_way_of(backbone, mongo_line, "mongo_url")
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(), backbone.orphans):
        eventually(lambda: _settled(backbone, told), "the line works", within=30)
        assert mongo_line.go_silent() >= 2
        told += backbone.tell(subjects=2, each=2)
        backbone.count(told, within=90)
