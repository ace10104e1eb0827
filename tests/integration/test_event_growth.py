"""The schema of an event grows: within its version unnoticed, and past it by a new version that every listener reads first."""

from typing import Any

import pika

from shared.events import Event
from shared.events.fields import Count, Word
from shared.events.registry import RosterImported
from shared.events.schema import EventSchema
from shared.ids import new_id
from shared.messaging.topology import Topology
from shared.runtime import Runtime
from shared.units import Unit
from tests.catalogues import another_catalogue
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost, drained
from tests.told import told_events

ROSTER, MENDED, COUNTED = "roster.imported.v1", "bench.mended.v1", "bench.mended.v2"
FIGURES = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}
PLACES = Topology.of({"registry": [], "scheduler": ["bench", "roster"], "notifier": ["bench"]}, logs=["audit.log"])


class RosterOfPages(RosterImported):
    """The same type in a later release: it learned to say how many pages the roster had."""

    pages = Count(open="pages of the roster", optional=True)


class BenchMended(EventSchema):
    """A bench was mended."""

    TYPE = MENDED
    seats = Word("one", "two", open="how many can sit")


class BenchCounted(EventSchema):
    """A bench was mended; how many can sit is a number now."""

    TYPE, SUCCEEDS = COUNTED, MENDED
    seats = Count(20, open="how many can sit")


def tell(runtime: Runtime, type_: str, subject: str, revision: int, **data: Any) -> Event:
    where = {"subject": subject, "revision": revision, "branch": runtime.home, "actor": "system:registry"}
    told: Event = runtime.units.run(lambda unit: unit.tell(type_, data=data, **where))
    return told


def note(unit: Unit, event: Event) -> None:
    """Keeps how many can sit, whichever version says it."""
    seats = {"one": 1, "two": 2}.get(event.data["seats"], event.data["seats"])
    unit.collection("notes").insert({"_id": new_id(), "revision": event.revision, "seats": seats})


def keep(unit: Unit, event: Event) -> None:
    """Keeps all that came."""
    unit.collection("notes").insert({"_id": new_id(), "event": event.id, "body": event.body})


def notes(runtime: Runtime) -> list[Any]:
    return list(runtime.database["notes"].find(sort=[("_id", 1)]))


def reached(runtime: Runtime, subject: str) -> int:
    row = runtime.database["progress"].find_one({"_id": subject})
    return row["reached"] if row else 0


def test_a_field_this_version_does_not_know_is_passed_over_and_kept_to_the_byte(county: County, vhost: Vhost) -> None:
    registry, scheduler = county.service("registry"), county.service("scheduler")
    with another_catalogue("registry", RosterImported=RosterOfPages):
        told = tell(registry, ROSTER, new_id(), 1, pages=12, **FIGURES)
    with county.working(registry, PLACES), county.working(scheduler, PLACES, {ROSTER: keep}):
        eventually(lambda: notes(scheduler))
        eventually(lambda: not told_events(registry.database, untold=True))
    assert b'"pages":12' in told.body
    assert [(row["event"], row["body"]) for row in notes(scheduler)] == [(told.id, told.body)]
    assert scheduler.database["held"].count_documents({}) == 0
    assert drained(vhost, "audit.log") == [told.body]


def test_a_new_version_takes_over_in_the_same_chain_and_one_handler_reads_both(county: County, vhost: Vhost) -> None:
    registry, scheduler, bench = county.service("registry"), county.service("scheduler"), new_id()
    with another_catalogue("registry", One=BenchMended, Two=BenchCounted):
        told = [tell(registry, MENDED, bench, 1, seats="two"), tell(registry, COUNTED, bench, 2, seats=3)]
        with county.working(registry, PLACES), county.working(scheduler, PLACES, {MENDED: note, COUNTED: note}):
            eventually(lambda: reached(scheduler, bench) == 2)
            eventually(lambda: not told_events(registry.database, untold=True))
    assert [(row["revision"], row["seats"]) for row in notes(scheduler)] == [(1, 2), (2, 3)]
    assert drained(vhost, "audit.log") == [event.body for event in told]


def test_who_does_not_know_the_new_version_ticks_it_off_and_never_learns_what_it_said(county: County) -> None:
    registry, notifier, bench = county.service("registry"), county.service("notifier"), new_id()
    with another_catalogue("registry", One=BenchMended, Two=BenchCounted):
        tell(registry, MENDED, bench, 1, seats="two")
        missed = tell(registry, COUNTED, bench, 2, seats=3)
    with another_catalogue("registry", One=BenchMended):
        tell(registry, MENDED, bench, 3, seats="one")
        with county.working(registry, PLACES), county.working(notifier, PLACES, {MENDED: note}):
            eventually(lambda: reached(notifier, bench) == 3)
    assert [row["revision"] for row in notes(notifier)] == [1, 3]
    assert notifier.database["held"].count_documents({}) == 0
    assert (
        told_events(notifier.database) == []
    )  # neither parked nor a gap: nobody is alarmed, which is why nobody tells so early

    with another_catalogue("registry", One=BenchMended, Two=BenchCounted):
        again = county.service("notifier")
        with county.working(registry, PLACES), county.working(again, PLACES, {MENDED: note, COUNTED: note}):
            publish_again(county, missed)
            tell(registry, COUNTED, bench, 4, seats=5)
            eventually(lambda: reached(again, bench) == 4)
    assert [(row["revision"], row["seats"]) for row in notes(again)] == [(1, 2), (3, 1), (4, 5)]


def publish_again(county: County, event: Event) -> None:
    """As `springrain outbox tell-again` would bring it."""
    with pika.BlockingConnection(pika.URLParameters(county.settings.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("springrain.events", event.type, event.body, mandatory=True)
