"""kill -9 at each step of an event's way. Every test ends by counting."""

import pytest

from tests.eventually import eventually
from tests.faults.backbone import Backbone, died
from tests.told import told_events


@pytest.mark.parametrize("step", ["after_publish:2", "after_confirm:2", "after_mark:2"])
def test_a_relay_killed_at_any_step_loses_and_doubles_nothing(backbone: Backbone, step: str) -> None:
    told = backbone.tell(subjects=5, each=4)
    first = backbone.process("registry", "relay", SPRINGRAIN_CRASH_AT=step)
    told += backbone.tell_while(first)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)


@pytest.mark.parametrize("step", ["before_commit:3", "after_commit:3", "before_ack:2", "after_ack:2"])
def test_a_consumer_killed_at_any_step_has_each_effect_once(backbone: Backbone, step: str) -> None:
    first = backbone.process("scheduler", "consumer", SPRINGRAIN_CRASH_AT=step)
    with backbone.running(backbone.relay(backbone.registry)):
        told = backbone.tell(subjects=5, each=4)
        told += backbone.tell_while(first)
        with backbone.running(backbone.consumer(), backbone.orphans):
            backbone.count(told)


@pytest.mark.parametrize("step", ["before_commit:5", "after_commit:5"])
def test_a_command_killed_around_its_commit_is_done_with_its_event_or_not_at_all(backbone: Backbone, step: str) -> None:
    teller = backbone.process("registry", "teller", SPRINGRAIN_CRASH_AT=step)
    died(teller)
    rows = told_events(backbone.registry.database)
    changes = backbone.registry.database["places"].count_documents({})
    assert len(rows) == changes == (5 if step.startswith("after") else 4)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count([backbone.event(row) for row in rows])


def test_a_stop_finishes_the_batch_and_gives_the_lease_back(backbone: Backbone) -> None:
    worker = backbone.process("registry", "relay")
    listener = backbone.process("scheduler", "consumer")
    told = backbone.tell(subjects=5, each=2)
    eventually(lambda: backbone.effects(), "the first effects", within=30)
    told += backbone.tell(subjects=20, each=3)
    worker.stop(within=10)
    listener.stop(within=10)
    assert (worker.exit_status(), listener.exit_status()) == (0, 0)
    assert backbone.registry.database["leases"].count_documents({"holder": {"$ne": ""}}) == 0
    assert backbone.scheduler.database["started"].count_documents({}) == 0
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)
