"""Copies, poison and bytes from strangers: each stops nobody but its own subject."""

import random
from datetime import timedelta

from shared.events import Event
from shared.ids import new_id
from shared.inbox.held import Patience
from shared.inbox.retries import Retries
from shared.units import Unit
from shared.worker import Duties, inbox_of
from tests.county import tell_branch
from tests.eventually import eventually
from tests.faults.backbone import TYPE, Backbone, died
from tests.faults.worker_process import POISON, note
from tests.told import told_events

SHORT = Patience(first_delay=timedelta(milliseconds=20), longest_delay=timedelta(milliseconds=100), most_tries=3)


def test_copies_in_any_order_and_after_clean_up_change_nothing(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=10, each=5)
        eventually(lambda: len(backbone.effects()) == 50, within=30)
        backbone.scheduler.database["started"].delete_many({})
        copies = [event.body for event in told] * 3
        random.Random(7).shuffle(copies)
        backbone.publish(*copies)
        told += backbone.tell(subjects=1, each=1)
        backbone.count(told)


def test_poison_is_parked_with_its_reason_and_released_by_a_person(backbone: Backbone) -> None:
    well: list[int] = []
    bad = new_id()

    def handler(unit: Unit, event: Event) -> None:
        if event.subject == bad and not well:
            raise ValueError("never works, 张三")
        note(unit, event)

    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(handler, SHORT)):
        told = [backbone.tell_one(bad, revision) for revision in (1, 2, 3)] + backbone.tell(subjects=49, each=1)
        eventually(lambda: backbone.held(state="parked") == 1 and len(backbone.effects()) == 49, within=30)
        row = backbone.scheduler.database["held"].find_one({"state": "parked"})
        assert row is not None
        assert (row["_id"], row["reason"], "张三" in str(row)) == (told[0].id, "ValueError", False)
        assert backbone.held(state="ahead") == 2
        assert len(told_events(backbone.scheduler.database, type="event.parked.v1")) == 1
        well.append(1)
        scheduler = backbone.scheduler
        inbox = inbox_of(scheduler, Duties({}))
        retries = Retries(scheduler.units, scheduler.database, inbox, scheduler.machine_clock)
        retries.retry(told[0].id, actor=new_id(), branch=scheduler.home)
        backbone.count(told)


def test_an_event_that_kills_the_process_is_parked_after_its_third_start(backbone: Backbone) -> None:
    registry = backbone.registry
    with backbone.running(backbone.relay(registry)):
        told = [registry.units.run(tell_branch(registry, new_id(), 1)) for _ in range(20)]
        poison = registry.units.run(tell_branch(registry, new_id(), 1, name=POISON))
        told += [registry.units.run(tell_branch(registry, new_id(), 1)) for _ in range(20)]
        for _ in range(3):
            died(backbone.process("scheduler", "consumer", HANDLER="note_or_die"))
        listener = backbone.process("scheduler", "consumer", HANDLER="note_or_die")
        eventually(lambda: backbone.held(state="parked") == 1, "the poison is parked", within=30)
        told.append(poison)
        backbone.count(told, parked=1)
        listener.stop()
        assert listener.exit_status() == 0
    row = backbone.scheduler.database["held"].find_one()
    assert row is not None
    assert (row["_id"], row["reason"]) == (poison.id, "kills_the_process")


def test_a_failure_behind_a_gap_is_not_put_on_the_event_that_closes_it(backbone: Backbone) -> None:
    bad = new_id()

    def handler(unit: Unit, event: Event) -> None:
        if event.subject == bad and event.revision == 2:
            raise ValueError("the second never works")
        note(unit, event)

    first, second = (backbone.tell_one(bad, revision) for revision in (1, 2))
    with backbone.running(backbone.relay(backbone.registry)):
        eventually(lambda: backbone.untold() == 0, within=30)
    assert len(backbone.drain("scheduler.events")) == 2
    with backbone.running(backbone.consumer(handler, SHORT)):
        backbone.publish(second.body)
        eventually(lambda: backbone.held(state="ahead") == 1)
        backbone.publish(first.body)
        eventually(lambda: backbone.held(state="parked") == 1)
    assert [row["event"] for row in backbone.effects()] == [first.id]


def test_strange_bytes_are_parked_and_a_person_who_retries_them_stops_nobody(backbone: Backbone) -> None:
    long_type = "x" * 200 + ".made.v1"
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(patience=SHORT)):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: len(backbone.effects()) == 1, within=30)
        other_body, other_county = (told[0].body.replace(told[0].id.encode(), new_id().encode()) for _ in range(2))
        other_county = other_county.replace(backbone.registry.home.encode(), new_id().encode())
        backbone.publish(b"\xff\xfe", b"", other_body, other_county.replace(TYPE.encode(), long_type.encode()))
        eventually(lambda: backbone.held(state="parked") == 4, within=20)
        scheduler = backbone.scheduler
        retries = Retries(scheduler.units, scheduler.database, inbox_of(scheduler, Duties({})), scheduler.machine_clock)
        parked = [row["_id"] for row in scheduler.database["held"].find()]
        for key in parked:
            retries.retry(key, actor=new_id(), branch=scheduler.home)
        eventually(lambda: backbone.held(state="parked") == len(parked), "parked again", within=20)
        for key in parked:
            retries.drop(key, actor=new_id(), branch=scheduler.home)
        told += backbone.tell(subjects=2, each=2)
        eventually(lambda: len(backbone.effects()) == 5, within=20)
    assert backbone.held() == 0


def test_a_revision_far_ahead_costs_no_memory_and_shows_as_a_hole(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=1, each=1)
        far = told[0].body.replace(told[0].id.encode(), new_id().encode())
        eventually(lambda: len(backbone.effects()) == 1, within=30)
        backbone.publish(far.replace(b'"revision":1', b'"revision":2147483647'))
        eventually(lambda: backbone.held(state="ahead") == 1)
    progress = backbone.scheduler.database["progress"].find_one({"_id": told[0].subject})
    assert progress is not None
    assert "gap_at" in progress
