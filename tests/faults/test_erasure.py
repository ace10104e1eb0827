"""A person is erased while events about them are in the outbox, a queue, in retry and parked: unreadable everywhere after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest

from deploy.local.stack import Stack
from shared.errors import Malformed
from shared.events import Event
from shared.ids import new_id
from shared.inbox import Handler, held
from shared.inbox.retries import Retries
from shared.messaging.topology import Topology, declare
from shared.runtime import Runtime
from shared.sealing import ERASED
from shared.units import Unit
from shared.worker import Duties, inbox_of
from tests.county import County
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.effects import EFFECTS
from tests.servers import Vhost

PEOPLE = Topology.of({"registry": [], "scheduler": ["person"]}, logs=["audit.log"])
SECRET = "秦试雨"
"""A name nobody has: wherever it stands in clear, it is found."""
FATES = ("handled", "retried", "parked", "waiting")


def register(registry: Runtime, person: str) -> Event:
    """Tell of a person, with the name sealed under their key."""
    opened = {"number": "P-1", "kinds": ["elder"], "minor": False, "care": "active", "band": "weekly"}
    opened |= {"no_adult": False, "home": True}
    closed = {"name": SECRET, "phones": ["13900000000"], "categories": []}

    def work(unit: Unit) -> Event:
        words = {"subject": person, "branch": registry.home, "actor": "system:registry"}
        return unit.tell("person.registered.v1", revision=1, data=opened, closed={person: closed}, **words)

    told: Event = registry.units.run(work)
    return told


def reading(scheduler: Runtime, fates: dict[str, str]) -> Handler:
    """A handler that opens what is sealed, notes what it saw, and fails as each person's fate asks."""

    def handler(unit: Unit, event: Event) -> None:
        seen = scheduler.sealer.open(event.subject, "event", event.id, event.sealed()[event.subject])
        if seen is not ERASED and fates[event.subject] == "retried":
            raise ValueError(seen["name"])
        if seen is not ERASED and fates[event.subject] == "parked":
            raise Malformed("never_seen", "name")
        note = {"_id": new_id(), "event": event.id, "erased": seen is ERASED}
        unit.collection(EFFECTS).insert(note)

    return handler


def effects(scheduler: Runtime) -> dict[str, bool]:
    return {row["event"]: row["erased"] for row in scheduler.database[EFFECTS].find()}


def test_an_erased_person_is_unreadable_in_every_store_and_what_speaks_of_them_still_goes_through(
    county: County, stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry, before, after = county.service("registry"), county.service("scheduler"), county.service("scheduler")
    declare(vhost.amqp_url, PEOPLE)
    fates = {new_id(): fate for fate in FATES}
    registry.keys.make_many(fates)
    told: dict[str, Event] = {}
    with county.working(registry, PEOPLE, roles=("relay",)):
        type_ = "person.registered.v1"
        with county.working(before, PEOPLE, {type_: reading(before, fates)}, roles=("consumer",)):
            told |= {person: register(registry, person) for person, fate in fates.items() if fate != "waiting"}
            rows = before.database[held.NAME]
            eventually(lambda: {row["state"] for row in rows.find()} == {"retry", "parked"} and len(effects(before)) == 1)
        told |= {person: register(registry, person) for person, fate in fates.items() if fate == "waiting"}
        for person in fates:
            registry.keys.erase(person)
        with county.working(after, PEOPLE, {type_: reading(after, fates)}, roles=("consumer",)):
            retries = Retries(after.units, after.database, inbox_of(after, Duties({})), after.machine_clock)
            parked = next(event for person, event in told.items() if fates[person] == "parked")
            retries.retry(parked.id, actor=new_id(), branch=after.home)
            eventually(lambda: len(effects(after)) == len(FATES), "each is handled once", within=30)
    erased = {fates[person]: effects(after)[event.id] for person, event in told.items()}
    assert erased == {"handled": False, "retried": True, "parked": True, "waiting": True}
    assert rows.count_documents({}) == 0
    messages = b"".join(Backbone(county, stack, vhost).drain("audit.log"))
    assert all(event.id.encode() in messages for event in told.values()), "the log has them all"
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for where in (messages, _stored(registry, database_name), files, capsys.readouterr().out.encode()):
        assert SECRET.encode() not in where
        assert ascii(SECRET).strip("'").encode() not in where


def test_a_key_that_is_gone_without_an_erasure_is_an_alarm_and_stops_nobody_else(county: County, vhost: Vhost) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    declare(vhost.amqp_url, PEOPLE)
    lost, other = new_id(), new_id()
    registry.keys.make_many([lost, other])
    told = [register(registry, person) for person in (lost, other)]
    registry.keys.discard(lost)
    handlers = {"person.registered.v1": reading(scheduler, dict.fromkeys((lost, other), "handled"))}
    with county.working(registry, PEOPLE, roles=("relay",)), county.working(scheduler, PEOPLE, handlers, roles=("consumer",)):
        eventually(lambda: effects(scheduler) == {told[1].id: False}, within=30)
        eventually(lambda: scheduler.database[held.NAME].find_one({"_id": told[0].id, "reason": "KeyLost"}))


def _stored(runtime: Runtime, prefix: str) -> bytes:
    """Everything this county's databases hold, as bytes."""
    client = runtime.client
    names = [name for name in client.list_database_names() if name.startswith(prefix)]
    rows: Iterator[Any] = (
        row for name in names for table in client[name].list_collection_names() for row in client[name][table].find()
    )
    return b"".join(bson.encode(row) for row in rows)
