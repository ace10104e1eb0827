"""Messages no teller of ours would send: each is parked or known as a copy, none is acked away, and the rest goes on."""

import pickle
from collections.abc import Mapping
from typing import Any

import pika
import pytest

from shared.ids import new_id
from shared.inbox import held
from shared.inbox.retries import Retries
from shared.worker import Duties, inbox_of
from tests.eventually import eventually
from tests.faults.backbone import TYPE, Backbone

GREATEST_DOCUMENT = 16 * 1024 * 1024
BYTES: Mapping[str, bytes] = {
    "no UTF-8": b"\xff\xfe\x00",
    "empty": b"",
    "a pickle": pickle.dumps({"type": TYPE}),
    "an array": b"[]",
    "a number": b"7",
    "deep": b"[" * 50_000,
    "twice the same key": b'{"id":"a","id":"b"}',
    "sixteen megabytes": b'"' + b"x" * GREATEST_DOCUMENT + b'"',
}
PROPERTIES: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "a pickle's content type": {"content_type": "application/x-python-serialize", "content_encoding": "binary"},
    "gzip said, not done": {"content_encoding": "gzip"},
    "odd headers": {"headers": {"traceparent": 7, "x-death": "often", "count": [1, 2]}},
    "long headers": {"headers": {"traceparent": "0" * 100_000}},
}
LAST_DAY = "9999-12-31T23:59:59Z"
"""Eight hours later is of no year that can be written."""
TIMES = (LAST_DAY, "0001-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00")
REVISIONS = ("0", "-1", "1.5", "2147483648", "true", '"1"')


def send(backbone: Backbone, *messages: tuple[bytes, dict[str, Any]]) -> None:
    """As a stranger with a key to the broker would."""
    with pika.BlockingConnection(pika.URLParameters(backbone.vhost.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body, properties in messages:
            channel.basic_publish("", "scheduler.events", body, pika.BasicProperties(delivery_mode=2, **properties))


def drop_parked(backbone: Backbone) -> None:
    """A person looks at what is parked and drops it."""
    scheduler = backbone.scheduler
    retries = Retries(scheduler.units, scheduler.database, inbox_of(scheduler, Duties({})), scheduler.machine_clock)
    for row in scheduler.database[held.NAME].find({"state": held.PARKED}):
        retries.drop(row["_id"], actor=new_id(), branch=scheduler.home)


KEPT = [pytest.param(body, id=name) for name, body in BYTES.items()]


@pytest.mark.parametrize("body", KEPT)
def test_bytes_that_are_no_event_are_kept_whatever_they_call_themselves(backbone: Backbone, body: bytes) -> None:
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=2, each=2)
        eventually(lambda: len(backbone.effects()) == len(told), within=30)
        send(backbone, *((body, properties) for properties in PROPERTIES.values()))
        eventually(lambda: backbone.held(state="parked") == 1, "kept once, though it came often", within=20)
        told += backbone.tell(subjects=2, each=2)
        eventually(lambda: len(backbone.effects()) == len(told), "what came behind it is handled", within=30)
        drop_parked(backbone)
        backbone.count(told)


def test_events_of_ours_under_odd_properties_are_handled_as_any(backbone: Backbone) -> None:
    told = backbone.tell(subjects=len(PROPERTIES), each=1)
    with backbone.running(backbone.relay(backbone.registry)), backbone.running(backbone.consumer()):
        send(backbone, *zip((event.body for event in told), PROPERTIES.values(), strict=True))
        backbone.count(told)


IMPOSSIBLE = [
    pytest.param("time", [f'"{time}"' for time in TIMES], id="time"),
    pytest.param("revision", REVISIONS, id="revision"),
]


@pytest.mark.parametrize(("name", "values"), IMPOSSIBLE)
def test_an_event_with_an_impossible_time_or_revision_stops_nobody(backbone: Backbone, name: str, values: list[str]) -> None:
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: len(backbone.effects()) == 1, within=30)
        good = told[0].body.decode()
        was = f'"time":"{told[0].time}"' if name == "time" else '"revision":1'
        for value in values:
            odd = good.replace(was, f'"{name}":{value}').replace(told[0].id, new_id()).replace(told[0].subject, new_id())
            send(backbone, (odd.encode(), {}))
        told += backbone.tell(subjects=5, each=2)
        eventually(lambda: {event.id for event in told} <= {row["event"] for row in backbone.effects()}, within=15)
