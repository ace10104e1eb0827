"""A broker that is away for long, or takes nothing: commands go on, health says so, consumers go on, and it drains after."""

import pytest

from shared.app import readiness
from shared.messaging.topology import declare
from shared.units.outbox import Outbox
from tests.eventually import eventually
from tests.faults.backbone import TOPOLOGY, Backbone
from tests.faults.test_servers import telling

FEW = 100
"""The outbox's bound here: ten minutes of a county scaled down."""


@pytest.mark.slow
def test_a_broker_that_is_away_for_long_leaves_commands_and_health_degraded_until_it_has_drained(backbone: Backbone) -> None:
    backbone.registry = registry = backbone.county.service("registry", outbox_bound=FEW)
    told = backbone.tell(subjects=2, each=2)
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        eventually(lambda: len(backbone.effects()) == len(told), within=30)
        eventually(lambda: readiness(registry) == {"database": "ok", "outbox": "ok"}, "all is well")
        backbone.stack.rabbit.control("stop_app")
        try:
            told += backbone.tell(subjects=FEW // 10, each=2)
            eventually(lambda: readiness(registry)["outbox"].startswith("degraded"), "health says degraded")
            told += backbone.tell(subjects=FEW, each=1)
            eventually(lambda: readiness(registry)["outbox"].startswith("down"), "health says that it is full")
        finally:
            backbone.stack.rabbit.control("start_app")
            backbone.stack.rabbit.wait_ready()
        backbone.count(told, within=60)
        eventually(lambda: readiness(registry)["outbox"] == "ok", "health says that it has drained")


@pytest.mark.slow
def test_consumers_go_on_while_publishers_are_blocked_and_no_worker_outstays_its_stop(backbone: Backbone) -> None:
    declare(backbone.vhost.amqp_url, TOPOLOGY)
    outbox = Outbox(backbone.registry.database)
    relay = backbone.process("registry", "relay")
    told = backbone.tell(subjects=50, each=4)
    eventually(lambda: outbox.backlog(FEW) == 0, "the broker has them", within=30)
    backbone.stack.rabbit.control("set_vm_memory_high_watermark", "0.0000001")
    try:
        with backbone.running(backbone.consumer()), telling(backbone, told):
            eventually(lambda: outbox.backlog(FEW) > 10, "publishers are blocked", within=30)
            eventually(lambda: len(backbone.effects()) >= 200, "consumers are not", within=30)
        relay.stop(within=10)
        assert relay.exit_status() == 0
    finally:
        backbone.stack.rabbit.control("set_vm_memory_high_watermark", "0.4")
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told, within=60)
