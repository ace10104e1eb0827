"""The path of an event between two services on the real servers: told once committed, handled once, in order."""

from typing import Any

import pika
import pytest

from shared.errors import NotYetKnown
from shared.events import Event
from shared.ids import new_id
from shared.messaging.topology import EXCHANGE, Topology, declare
from shared.tracing import current_trace, following
from shared.units import Unit
from shared.units.outbox import Outbox
from tests.county import County, tell_branch, tell_roster
from tests.eventually import eventually
from tests.servers import Vhost
from tests.told import told_events

TWO = Topology.of({"registry": [], "scheduler": ["branch", "event", "roster"]}, logs=["audit.log"])


def note(unit: Unit, event: Event) -> None:
    """A handler whose effect can be counted: one row an event."""
    unit.collection("notes").insert({"_id": new_id(), "event": event.id, "revision": event.revision})


def notes(runtime: Any) -> list[Any]:
    return list(runtime.database["notes"].find(sort=[("_id", 1)]))


def test_what_is_committed_is_handled_once_and_in_order(county: County) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    subject = new_id()
    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": note}):
        for revision in range(1, 51):
            registry.units.run(tell_branch(registry, subject, revision))
        eventually(lambda: len(notes(scheduler)) == 50)
    assert [row["revision"] for row in notes(scheduler)] == list(range(1, 51))
    assert list(Outbox(registry.database).untold()) == []


def test_a_change_that_fails_tells_nothing(county: County) -> None:
    registry = county.service("registry")

    def work(unit: Unit) -> None:
        tell_branch(registry, new_id(), 1)(unit)
        unit.collection("places").insert({"_id": "a"})
        raise RuntimeError("refused after all")

    with pytest.raises(RuntimeError):
        registry.units.run(work)
    assert registry.database["places"].count_documents({}) == 0
    assert registry.database["outbox"].count_documents({}) == 0


def test_a_copy_and_a_late_copy_change_nothing(county: County, vhost: Vhost) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": note}):
        told = registry.units.run(tell_branch(registry, new_id(), 1))
        eventually(lambda: len(notes(scheduler)) == 1)
        publish(vhost, told.type, told.body)
        publish(vhost, told.type, told.body)
        last = registry.units.run(tell_branch(registry, new_id(), 1))
        eventually(lambda: any(row["event"] == last.id for row in notes(scheduler)))
    assert len(notes(scheduler)) == 2


def test_a_later_revision_waits_until_the_gap_closes(county: County, vhost: Vhost) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    subject = new_id()
    first, second = (registry.units.run(tell_branch(registry, subject, r)) for r in (1, 2))
    with county.working(scheduler, TWO, {"branch.registered.v1": note}):
        publish(vhost, second.type, second.body)
        eventually(lambda: scheduler.database["held"].count_documents({"state": "ahead"}) == 1)
        assert notes(scheduler) == []
        publish(vhost, first.type, first.body)
        eventually(lambda: len(notes(scheduler)) == 2)
    assert [row["revision"] for row in notes(scheduler)] == [1, 2]
    assert scheduler.database["held"].count_documents({}) == 0


def test_one_bad_event_stops_only_its_own_subject(county: County) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    bad, good = new_id(), new_id()

    def handler(unit: Unit, event: Event) -> None:
        if event.subject == bad and event.revision == 1:
            raise ValueError("never works")
        note(unit, event)

    with county.working(registry, TWO), county.working(scheduler, TWO, {"roster.imported.v1": handler}):
        for subject in (bad, good):
            for revision in (1, 2, 3):
                registry.units.run(tell_roster(registry, subject, revision))
        eventually(lambda: scheduler.database["held"].count_documents({"subject": bad}) == 3)
        eventually(lambda: len(notes(scheduler)) == 3)
    first = scheduler.database["held"].find_one({"subject": bad, "revision": 1})
    assert first is not None
    assert first["reason"] == "ValueError"


def test_a_newer_whole_state_settles_an_older_one_that_is_stuck(county: County) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    subject = new_id()

    def handler(unit: Unit, event: Event) -> None:
        if event.revision == 1:
            raise ValueError("never works")
        note(unit, event)

    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": handler}):
        registry.units.run(tell_branch(registry, subject, 1))
        eventually(lambda: scheduler.database["held"].count_documents({}) == 1)
        registry.units.run(tell_branch(registry, subject, 2))
        eventually(lambda: len(notes(scheduler)) == 1)
        eventually(lambda: scheduler.database["held"].count_documents({}) == 0)


def test_bytes_that_are_no_event_are_parked_and_never_acked_away(county: County, vhost: Vhost) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    bodies = [b"\xff\xfe", b"", b"{}", b'{"specversion":"1.0"}', b"x" * 40_000]
    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": note}):
        told = registry.units.run(tell_branch(registry, new_id(), 1))
        eventually(lambda: len(notes(scheduler)) == 1)
        for body in bodies:
            publish(vhost, "branch.registered.v1", body)
        publish(vhost, told.type, told.body.replace(b'"revision":1', b'"revision":1.0'))
        eventually(lambda: scheduler.database["held"].count_documents({"state": "parked"}) == len(bodies) + 1)


def test_an_event_waits_for_a_thing_that_is_not_known_yet(county: County) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    parent, child = new_id(), new_id()

    def handler(unit: Unit, event: Event) -> None:
        if event.subject == child and not unit.collection("notes").find({"thing": parent}):
            raise NotYetKnown(parent)
        unit.collection("notes").insert({"_id": new_id(), "event": event.id, "thing": event.subject})

    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": handler}):
        registry.units.run(tell_branch(registry, child, 1))
        eventually(lambda: scheduler.database["held"].count_documents({"state": "awaits"}) == 1)
        registry.units.run(tell_branch(registry, parent, 1))
        eventually(lambda: len(notes(scheduler)) == 2)
    assert [row["thing"] for row in notes(scheduler)] == [parent, child]


def test_a_trace_goes_with_the_event_and_into_what_it_brings_about(county: County) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")

    def handler(unit: Unit, event: Event) -> None:
        told = unit.tell(
            "look.taken.v1", subject=new_id(), revision=1, branch=scheduler.home, actor="system:scheduler",
            data={"people": [], "page": "trace", "reason": "care"},
        )  # fmt: skip
        unit.collection("notes").insert({"_id": told.id, "trace": current_trace()})

    with county.working(registry, TWO), county.working(scheduler, TWO, {"branch.registered.v1": handler}):
        with following("ab" * 16):
            registry.units.run(tell_branch(registry, new_id(), 1))
        eventually(lambda: len(notes(scheduler)) == 1)
    assert notes(scheduler)[0]["trace"] == "ab" * 16
    assert told_events(scheduler.database)[0]["traceparent"].startswith("00-" + "ab" * 16)


def publish(vhost: Vhost, type_: str, body: bytes) -> None:
    declare(vhost.amqp_url, TWO)
    connection = pika.BlockingConnection(pika.URLParameters(vhost.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(EXCHANGE, type_, body, pika.BasicProperties(delivery_mode=2), mandatory=True)
    connection.close()
