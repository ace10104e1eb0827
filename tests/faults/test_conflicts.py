"""Commands that compete for one document, last too long, or are too large: done, or refused with nothing written."""

import threading
from collections import defaultdict
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from shared.errors import SpringrainError
from shared.events import Event
from shared.ids import new_id
from shared.units import Unit
from tests.county import tell_roster
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.test_servers import failing
from tests.faults.test_stream import times_failed
from tests.told import told_events

WRITERS = 64
OPERATION_FAILED = 96


@pytest.mark.parametrize("way", ["run", "run_together"])
def test_sixty_four_writers_on_one_document_each_do_their_work_once_or_not_at_all(backbone: Backbone, way: str) -> None:
    registry = backbone.registry
    run = getattr(registry.units, way)
    registry.database["places"].insert_one({"_id": "well", "drawn": 0})
    told: list[Event] = []
    refused: list[Exception] = []
    start = threading.Barrier(WRITERS)

    def draw() -> None:
        tell = tell_roster(registry, new_id(), 1)

        def work(unit: Unit) -> Event:
            unit.collection("places").update({"_id": "well"}, {"$inc": {"drawn": 1}})
            event: Event = tell(unit)
            return event

        start.wait()
        try:
            told.append(run(work))
        except (PyMongoError, SpringrainError) as error:
            refused.append(error)

    writers = [threading.Thread(target=draw) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive(), "a writer waits past its deadline"
    well = registry.database["places"].find_one({})
    assert well is not None
    assert well["drawn"] == len(told)
    assert len(told) + len(refused) == WRITERS
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        backbone.count(told)


LOST: dict[str, dict[str, Any]] = {
    "the connection is closed": {"closeConnection": True},
    "executed, answered with an error": {"writeConcernError": {"code": 64, "errmsg": "not replicated in time"}},
    "a conflict at the commit": {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
}


@pytest.mark.parametrize("how", LOST.values(), ids=LOST.keys())
def test_commands_that_commit_together_and_lose_their_answer_are_each_done_once(
    backbone: Backbone, how: dict[str, Any]
) -> None:
    registry = backbone.registry
    told: list[Event] = []

    def caller() -> None:
        for revision in range(1, 6):
            told.append(tell_together(backbone, subjects[threading.get_ident()], revision))

    callers = [threading.Thread(target=caller) for _ in range(8)]
    subjects: dict[int, str] = defaultdict(new_id)
    with failing(backbone, "commitTransaction", times=6, **how):
        for each in callers:
            each.start()
        for each in callers:
            each.join(60)
            assert not each.is_alive(), "a caller waits past its deadline"
    assert len(told) == 40
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        backbone.count(told)


def tell_together(backbone: Backbone, subject: str, revision: int) -> Event:
    """One command among those of its moment, repeated by its caller until it is acknowledged or known to have been done."""
    registry = backbone.registry
    while True:
        try:
            event: Event = registry.units.run_together(tell_roster(registry, subject, revision))
            return event
        except PyMongoError:
            done = told_events(registry.database, subject=subject, revision=revision)
            if done:
                return backbone.event(done[0])


def test_a_document_too_large_for_the_database_is_refused_and_nothing_of_its_unit_is_written(backbone: Backbone) -> None:
    registry = backbone.registry

    def work(unit: Unit) -> None:
        tell_roster(registry, new_id(), 1)(unit)
        unit.collection("places").insert({"_id": "a", "name": "村" * (17 * 1024 * 1024 // 3)})

    with pytest.raises((PyMongoError, SpringrainError)):
        registry.units.run(work)
    assert registry.database["places"].count_documents({}) == registry.database["outbox"].count_documents({}) == 0


def test_a_unit_of_more_than_sixteen_megabytes_is_committed_whole(backbone: Backbone) -> None:
    registry = backbone.registry
    subject = new_id()

    def work(unit: Unit) -> list[Event]:
        unit.collection("places").insert_many([{"_id": f"p{n}", "name": "x" * 1024 * 1024} for n in range(20)])
        return [tell_roster(registry, subject, revision)(unit) for revision in range(1, 4)]

    told = registry.units.run(work)
    assert registry.database["places"].count_documents({}) == 20
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        backbone.count(told)


def test_a_database_that_refuses_a_listener_for_a_while_has_nothing_parked_for_it(backbone: Backbone) -> None:
    refused = {"appName": "scheduler", "errorCode": OPERATION_FAILED}
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: backbone.effects(), "it works", within=30)
        before = times_failed(backbone)
        with failing(backbone, "insert", times=1_000, **refused):
            told += backbone.tell(subjects=1, each=2)
            eventually(lambda: times_failed(backbone) > before + 12, "it is refused again and again", within=30)
        backbone.count(told, within=8)


@pytest.mark.slow
def test_a_unit_the_database_lets_wait_past_the_deadline_is_refused_and_nothing_is_written(backbone: Backbone) -> None:
    registry = backbone.registry
    slow: dict[str, Any] = {"blockConnection": True, "blockTimeMS": 30_000}
    with failing(backbone, "insert", times=1, **slow), pytest.raises(PyMongoError):
        registry.units.run(tell_roster(registry, new_id(), 1))
    assert told_events(registry.database) == []
    told = backbone.tell(subjects=1, each=2)
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        backbone.count(told)
