"""A township for tests on the real servers: what the registry and the notifier tell, and the scheduler that hears it."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from services.scheduler.due import timer_handlers, wind_up
from services.scheduler.handlers import handlers
from services.scheduler.wiring import open_desk
from shared.access import Principal, Role
from shared.clock import SHANGHAI, FileCountyClock, to_wire
from shared.events import Event
from shared.events.envelope import read
from shared.ids import new_id
from shared.messaging.topology import Topology
from shared.runtime import Runtime
from shared.units import timers
from shared.units.timers import TimerLoop
from shared.worker import Duties, inbox_of
from tests.county import County
from tests.told import told_events

Doc = dict[str, Any]
START = "2026-08-31 09:00"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TOWN = Topology.of(
    {
        "registry": [],
        "notifier": ["visit"],
        "scheduler": ["account", "answer", "branch", "household", "look_in", "pairing", "person", "volunteer"],
    },
    logs=["audit.log"],
)


class Town:
    """One township with two villages. `tell` tells as the true owner; `hears` hands the event to the scheduler's inbox."""

    def __init__(self, county: County, folder: Path, start: str = START) -> None:
        self.clock = FileCountyClock(folder / "county_time")
        self.clock.move_to(there(start))
        self.county = county
        self.registry, self.notifier, self.scheduler = (
            county.service(name, county_time_file=folder / "county_time", lot_seed="seed")
            for name in ("registry", "notifier", "scheduler")
        )
        self.starts()
        self._revisions: dict[str, int] = {}
        self._person_of: dict[str, str] = {}
        self._numbers = 0
        self.quietly = True
        home = self.scheduler.home
        self.township = f"{home}/{self.branch('township', home, '文港镇')}"
        self.village = f"{self.township}/{self.branch('village', self.township, '新坪村')}"
        self.next_village = f"{self.township}/{self.branch('village', self.township, '前途村')}"

    def starts(self) -> None:
        """The scheduler starts, for the first time or again, as its worker does."""
        self.desk = open_desk(self.scheduler)
        self.duties = Duties(handlers(self.desk), timer_handlers(self.desk))
        self.scheduler.units.run(lambda unit: wind_up(unit, self.desk))
        self.inbox = inbox_of(self.scheduler, self.duties)

    def branch(self, level: str, parent: str, name: str) -> str:
        """Register a branch; returns its id."""
        id_ = new_id()
        data = {"level": level, "code": "360124103201", "name": name, "parent": parent.rsplit("/", 1)[-1]}
        self.tell(self.registry, "branch.registered.v1", id_, f"{parent}/{id_}", data)
        return id_

    def tell(self, teller: Runtime, type_: str, subject: str, branch: str, data: Doc, closed: Doc | None = None) -> Event:
        """Tell an event as its owner, and (unless workers carry it) have the scheduler take it."""
        revision = self._revisions[subject] = self._revisions.get(subject, 0) + 1
        event = teller.units.run(
            lambda unit: unit.tell(
                type_,
                subject=subject,
                revision=revision,
                branch=branch,
                actor=f"system:{teller.service}",
                data=data,
                closed=closed,
            )
        )
        if self.quietly:
            self.take([event])
        return event

    def take(self, events: list[Event]) -> None:
        """Hand events to the scheduler as its consumer does."""
        self.scheduler.units.run(lambda unit: self.inbox.take(unit, events))

    def person(self, person: str | None = None, **changes: Any) -> str:
        """Register a recipient, or tell what changed of one."""
        id_ = person or new_id()
        self.registry.keys.make(id_)
        known: Doc = {"number": self.number(), "kinds": ["elder"], "minor": False, "care": "active", "band": "weekly"}
        known |= {"no_adult": False, "home": True}
        known |= {key: value for key, value in changes.items() if key in known}
        closed = {"name": changes.get("name", "王桂英"), "phones": ["13800000000"], "categories": [], "place": "三组 12 号"}
        type_ = "person.changed.v1" if person else "person.registered.v1"
        self.tell(self.registry, type_, id_, changes.get("branch", self.village), known, {id_: closed})
        return id_

    def household(self, *members: str, household: str | None = None, **changes: Any) -> str:
        """Form a household of these recipients (one elder if none are given)."""
        id_ = household or new_id()
        data = {"number": self.number(), "members": list(members or [self.person()]), "band": "weekly", "minors": False}
        type_ = "household.changed.v1" if household else "household.formed.v1"
        place = changes.pop("branch", self.village)
        self.tell(self.registry, type_, id_, place, data | changes)
        return id_

    def volunteer(self, volunteer: str | None = None, **changes: Any) -> str:
        """Register a volunteer of the village who is free every day, or tell what changed."""
        id_ = volunteer or new_id()
        person = self._person_of.setdefault(id_, new_id())
        self.registry.keys.make(person)
        data: Doc = {"number": self.number(), "person": person, "places": [self.village.rsplit("/", 1)[-1]]}
        data |= {"no_place_only": False, "days": EVERY_DAY, "visits_a_month": 12, "state": "active"}
        closed = {"name": "李建国", "phones": ["13900000000"], "kind": "cadre"}
        type_ = "volunteer.changed.v1" if volunteer else "volunteer.registered.v1"
        self.tell(self.registry, type_, id_, self.village, data | changes, {person: closed})
        return id_

    def pairing(self, household: str, volunteer: str) -> str:
        """Bind a volunteer to a household."""
        id_ = new_id()
        data = {"household": household, "volunteer": volunteer, "nearness": "same_village"}
        self.tell(self.registry, "pairing.formed.v1", id_, self.village, data)
        return id_

    def end_pairing(self, pairing: str, household: str, volunteer: str) -> None:
        """Unbind them."""
        data = {"household": household, "volunteer": volunteer, "why": "asked"}
        self.tell(self.registry, "pairing.ended.v1", pairing, self.village, data)

    def erase(self, person: str) -> None:
        """Erase a person: told first, then the key is destroyed."""
        data = {"ground": "request", "second": new_id()}
        self.tell(self.registry, "person.erased.v1", person, self.village, data)
        self.registry.keys.erase(person)
        self.scheduler.keys._cache.forget([person])

    def answer(self, visit: str, person: str, meaning: str) -> None:
        """A family answers about a visit: a hidden event, sealed under its own record's key."""
        record = new_id()
        self.notifier.keys.make(record, of=person)
        closed = {"person": person, "meaning": meaning, "visit": visit}
        self.tell(self.notifier, "answer.received.v1", record, self.scheduler.home, {}, {record: closed})

    def look_in(self, recipient: str, promised: str) -> str:
        """A relative asks that somebody goes and looks."""
        id_ = new_id()
        data = {"recipient": recipient, "relative": new_id(), "promised": to_wire(there(promised))}
        self.tell(self.notifier, "look_in.asked.v1", id_, self.village, data)
        return id_

    def comes(self, moment: str) -> None:
        """County time comes to this moment, from due instant to due instant, as the conductor moves it."""
        loop = self.timer_loop()
        while (due := timers.next_due(self.scheduler.database)) is not None and due <= there(moment):
            self.clock.move_to(max(due, self.clock.now()))
            while loop.fire_due():
                pass
        self.clock.move_to(there(moment))

    def timer_loop(self) -> TimerLoop:
        """The worker's timers."""
        runtime = self.scheduler
        return TimerLoop(runtime.units, runtime.database, self.duties.timers, runtime.county_clock)

    def visits(self, **filter: Any) -> list[Doc]:
        """Visits in order of day and number."""
        return list(self.scheduler.database["visits"].find(filter, sort=[("day", 1), ("number", 1), ("_id", 1)]))

    def visit(self, visit: str) -> Doc:
        """One visit."""
        (found,) = self.visits(_id=visit)
        return found

    def events(self, type_: str = "", subject: str = "") -> list[Event]:
        """What the scheduler told, in order."""
        rows = told_events(self.scheduler.database)
        told = [read(bytes(row["body"])) for row in rows]
        return [one for one in told if type_ in one.type and (not subject or one.subject == subject)]

    def principal(self, volunteer: str) -> Principal:
        """The volunteer's account."""
        return Principal(new_id(), Role.VOLUNTEER, self.village, 1, self._person_of[volunteer], "s")

    def clerk(self, branch: str = "") -> Principal:
        """A clerk of the village."""
        return Principal(new_id(), Role.CLERK, branch or self.village, 1, "", "s")

    def person_of(self, volunteer: str) -> str:
        """The volunteer as a person."""
        return self._person_of[volunteer]

    def number(self) -> str:
        """The next human number."""
        self._numbers += 1
        return f"360124103-{self._numbers:06d}"


def there(text: str) -> datetime:
    """`2026-09-01 10:00` of the county."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def on(visit: Mapping[str, Any]) -> date:
    """The visit's day."""
    return date.fromisoformat(visit["day"])
