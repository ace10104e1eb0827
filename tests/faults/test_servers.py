"""The broker and the database die, block or refuse in the middle of the work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.errors import Busy
from shared.events import Event
from shared.ids import new_id
from shared.units import Unit
from shared.units.bounds import OutboxBound
from shared.units.outbox import Outbox
from tests.county import tell_roster
from tests.eventually import eventually
from tests.faults.backbone import Backbone


@contextmanager
def telling(backbone: Backbone, told: list[Event]) -> Iterator[None]:
    """Commands come all the while the block lasts; what was acknowledged is added to `told`."""

    def loop(stop: threading.Event) -> None:
        while not stop.wait(0.02):
            told.extend(backbone.tell(subjects=1, each=2))

    with backbone.running(loop):
        yield


@pytest.mark.slow
def test_a_broker_that_is_killed_delays_events_and_loses_none(backbone: Backbone) -> None:
    told: list[Event] = []
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        with telling(backbone, told):
            eventually(lambda: len(backbone.effects()) > 20, within=30)
            backbone.stack.kill_rabbit()
            acknowledged = len(told)
            eventually(lambda: len(told) > acknowledged + 20, "commands go on without a broker")
            backbone.stack.start_rabbit()
            held_up = len(backbone.effects())
            eventually(lambda: len(backbone.effects()) > held_up, "events flow again", within=30)
        backbone.count(told, within=60)


def test_a_database_that_is_killed_keeps_every_acknowledged_command(backbone: Backbone) -> None:
    told: list[Event] = []
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(), backbone.orphans):
        with telling(backbone, told):
            eventually(lambda: len(backbone.effects()) > 20, within=30)
            for _ in range(2):
                backbone.stack.kill_mongo()
                backbone.stack.start_mongo()
                acknowledged = len(told)
                eventually(lambda done=acknowledged: len(told) > done + 10, "commands go on", within=30)
        backbone.count(told, within=60)


def test_a_blocked_broker_lets_commands_go_on_until_the_bound_and_drains_after(backbone: Backbone) -> None:
    registry = backbone.registry
    bound = OutboxBound(Outbox(registry.database), registry.machine_clock, most=50)
    told: list[Event] = []

    def command() -> bool:
        try:
            bound.refuse_when_full()
        except Busy as refused:
            assert refused.retry_after > 0
            return True
        told.extend(backbone.tell(subjects=1, each=1))
        return False

    with backbone.running(backbone.relay(registry), backbone.consumer()):
        told += backbone.tell(subjects=5, each=1)
        eventually(lambda: len(backbone.effects()) == 5, within=30)
        backbone.stack.rabbit.control("set_vm_memory_high_watermark", "0.0000001")
        try:
            eventually(command, "commands are refused once the outbox is full", within=30, every=0.001)
            assert len(told) >= 50
        finally:
            backbone.stack.rabbit.control("set_vm_memory_high_watermark", "0.4")
        backbone.count(told, within=60)
        eventually(lambda: bound.waiting() == 0, "there is room again")


@contextmanager
def failing(backbone: Backbone, *commands: str, times: int, **how: Any) -> Iterator[None]:
    """Have the database fail so many of the registry's commands."""
    admin = backbone.registry.client.admin
    data = {"failCommands": list(commands), "appName": "registry", **how}
    admin.command("configureFailPoint", "failCommand", mode={"times": times}, data=data)
    try:
        yield
    finally:
        admin.command("configureFailPoint", "failCommand", mode="off")


TRANSIENT = {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}
LOST_ANSWERS = {
    "the connection is closed": {"closeConnection": True},
    "executed, answered with an error": {"writeConcernError": {"code": 64, "errmsg": "not replicated in time"}},
}


@pytest.mark.parametrize("how", LOST_ANSWERS.values(), ids=LOST_ANSWERS.keys())
def test_a_commit_whose_answer_is_lost_is_committed_once(backbone: Backbone, how: dict[str, Any]) -> None:
    with failing(backbone, "commitTransaction", times=1, **how):
        told = backbone.tell(subjects=1, each=3)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)


def test_passing_write_conflicts_repeat_the_whole_unit_and_tell_once(backbone: Backbone) -> None:
    with failing(backbone, "insert", times=3, **TRANSIENT):
        told = backbone.tell(subjects=1, each=3)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)


@pytest.mark.slow
def test_lasting_write_conflicts_end_in_an_error_within_the_deadline_and_nothing_written(backbone: Backbone) -> None:
    registry = backbone.registry
    with failing(backbone, "insert", times=10_000_000, **TRANSIENT), pytest.raises(PyMongoError):
        registry.units.run(tell_roster(registry, new_id(), 1))
    assert registry.database["outbox"].count_documents({}) == 0


def test_a_duplicate_passed_over_inside_a_unit_ends_it_at_once(backbone: Backbone) -> None:
    registry = backbone.registry
    runs: list[int] = []

    def work(unit: Unit) -> None:
        runs.append(1)
        unit.collection("places").insert({"_id": "a"})
        with suppress(DuplicateKeyError):
            unit.collection("places").insert({"_id": "a"})
        tell_roster(registry, new_id(), 1)(unit)

    with pytest.raises(DuplicateKeyError):
        registry.units.run(work)
    assert runs == [1]
    assert registry.database["places"].count_documents({}) == registry.database["outbox"].count_documents({}) == 0


def test_two_commands_can_never_tell_the_same_revision(backbone: Backbone) -> None:
    subject = new_id()
    first = backbone.tell_one(subject, 1)
    with pytest.raises(PyMongoError):
        backbone.registry.units.run(tell_roster(backbone.registry, subject, 1))
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count([first])
