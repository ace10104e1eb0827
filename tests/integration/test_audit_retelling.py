"""The log tells again: what no outbox has any more, a new listener from the beginning, and for which days it is complete."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.audit.watch.completeness import Completeness, Differs
from services.audit.wiring import log_answers
from shared.clock import county_day
from shared.events import Event
from shared.healing.again import LOG, Ask, send_ask
from shared.healing.days import COUNT_THE_DAY, DayCount
from shared.ids import new_id
from shared.messaging.follows import FOLLOWS, county_topology
from shared.units import Unit
from shared.units.timers import Timer
from shared.worker import relay_of
from tests.auditing import log_running, signed
from tests.county import County, tell_branch
from tests.eventually import eventually
from tests.servers import Vhost

TODAY = county_day(datetime.now(UTC)).isoformat()


class Field:
    """A registry that tells, and the log that keeps it and answers."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.registry, self.audit = county.service("registry"), county.service("audit")
        self.handled: list[Event] = []

    def tell(self, things: int) -> list[Event]:
        """Branches are registered."""
        return [self.registry.units.run(tell_branch(self.registry, new_id(), 1)) for _ in range(things)]

    def count_the_day(self) -> Event:
        """What the timer of the registry does after midnight."""
        timer = Timer("t", COUNT_THE_DAY, datetime.now(UTC), {"day": TODAY})

        def work(unit: Unit) -> Event:
            DayCount("registry", self.registry.home, self.registry.county_clock).count(unit, timer)
            return unit.told[0]

        return self.registry.units.run(work)

    def listening(self) -> Any:
        """The scheduler begins to listen, with nothing known of before."""
        handlers = {"branch.registered.v1": lambda unit, event: self.handled.append(event)}
        return self.county.working(self.county.service("scheduler"), county_topology(), handlers, roles=("consumer",))


@pytest.fixture
def field(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Field]:
    county = County(stack, vhost, database_name, tmp_path)
    made = Field(county)
    stop = threading.Event()
    loops = [relay_of(made.registry, county_topology()).run, log_answers(made.audit).run]
    threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    with log_running(county):
        for thread in threads:
            thread.start()
        try:
            yield made
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)
    county.close()


def test_a_new_listener_is_fed_from_the_beginning_though_no_outbox_has_it_any_more(field: Field) -> None:
    told = field.tell(things=30)
    signed(field.county, 30)
    field.registry.database["outbox"].delete_many({})
    amqp = field.county.settings.amqp_url
    with field.listening():
        eventually(lambda: len(field.handled) == 30, "its queue had all of it", within=20)
    field.county.service("scheduler").database["progress"].delete_many({})  # as new: nothing known
    field.handled.clear()
    with field.listening():
        assert send_ask(amqp, LOG, Ask("scheduler.events", nouns=FOLLOWS["scheduler"]))
        eventually(lambda: len(field.handled) == 30, "the log told it", within=20)
    assert {event.body for event in field.handled} == {event.body for event in told}


def test_one_event_is_told_again_out_of_the_log_and_is_the_very_bytes(field: Field) -> None:
    told = field.tell(things=3)
    signed(field.county, 3)
    field.registry.database["outbox"].delete_many({})
    with field.listening():
        eventually(lambda: len(field.handled) == 3, within=20)
        field.county.service("scheduler").database["progress"].delete_one({"_id": told[1].subject})
        assert send_ask(field.county.settings.amqp_url, LOG, Ask("scheduler.events", told[1].subject, 1, 5))
        eventually(lambda: len(field.handled) == 4, "it came", within=20)
    assert field.handled[3].body == told[1].body


def test_the_log_is_complete_for_a_day_when_it_holds_what_the_source_says_it_told(field: Field) -> None:
    complete = Completeness(field.audit.database, ("registry", "scheduler"))
    field.tell(things=20)
    eventually(lambda: field.registry.database["outbox"].count_documents({"untold": True}) == 0, "all told", within=20)
    field.count_the_day()
    signed(field.county, 21)
    field.audit.database["logged"].delete_one({"_id": f"registry|day|{TODAY}"})  # today's own count belongs to tomorrow's
    assert [(found.source, found.through) for found in complete.of_all()] == [("registry", TODAY), ("scheduler", "")]
    field.audit.database["logged"].update_one({"_id": f"registry|branch|{TODAY}"}, {"$inc": {"count": -1}})
    assert complete.of_all()[0].differing == (Differs(TODAY, ("branch",)),)
