"""A village for the notifier's tests: registry and scheduler tell, the notifier listens, a carrier rings the phones."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.notifier.smpp import LineSettings
from services.notifier.wiring import SOURCE, desk_of, duties_of
from shared.clock import FileCountyClock, to_wire
from shared.events import Event
from shared.events.envelope import read
from shared.ids import new_id
from shared.messaging.follows import FOLLOWS
from shared.messaging.topology import Topology
from shared.worker import inbox_of
from tests.carriers import Carrier
from tests.county import County
from tests.eventually import eventually
from tests.told import told_events

MORNING = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
"""Tuesday 09:00 in the county."""
WIRES = Topology.of({"registry": [], "scheduler": [], "notifier": FOLLOWS["notifier"]}, logs=["audit.log"])


class Village:
    """Tells what registry and scheduler would tell, and reads what the notifier made of it."""

    def __init__(self, county: County, carrier: Carrier | None, clock: FileCountyClock) -> None:
        self.county, self.carrier, self.clock = county, carrier, clock
        self.registry, self.scheduler = county.service("registry"), county.service("scheduler")
        self.notifier = county.service("notifier")
        self.branch = f"{county.settings.county}/{new_id()}"
        self._revisions: dict[str, int] = {}
        self._numbers = 0
        self.begins_anew()
        self.over_the_broker = False
        """Whether events come by relay and consumer, which then must be working, and not straight into the inbox."""

    def begins_anew(self) -> None:
        """As a new process of the notifier does: with what its database says now."""
        self.duties = duties_of(self.notifier, self._line())
        self._inbox = inbox_of(self.notifier, self.duties)

    @property
    def rows(self) -> Any:
        """The notifier's database."""
        return self.notifier.database

    @contextmanager
    def sending(self) -> Iterator[None]:
        """The notifier's own loop and timers run while the block lasts."""
        loops = {"loops": self.duties.loops, "timers": self.duties.timers}
        with self.county.working(self.notifier, WIRES, self.duties.handlers, ("timers", "own"), **loops):
            yield

    def tells(self, type_: str, subject: str, data: dict[str, Any], closed: Any = None, service: str = "registry") -> Event:
        """An event of the true teller arrives at the notifier, as its consumer would take it in."""
        runtime = self.registry if service == "registry" else self.scheduler
        revision = self._revisions[subject] = self._revisions.get(subject, 0) + 1
        told = {"subject": subject, "revision": revision, "branch": self.branch, "actor": f"system:{service}"}
        event: Event = runtime.units.run(lambda unit: unit.tell(type_, **told, data=data, closed=closed or {}))
        if not self.over_the_broker:
            self.arrives(event)
        return event

    def arrives(self, event: Event) -> None:
        """This very event comes (perhaps once more)."""
        again = read(event.body)
        self.notifier.units.run(lambda unit: self._inbox.take(unit, [again]))

    def person(self, name: str, *phones: str, kinds: tuple[str, ...] = ("relative",), **more: Any) -> str:
        """Somebody is registered."""
        person = more.pop("person", None) or new_id()
        self.registry.keys.make(person)
        self._numbers += 1
        recipient = "elder" in kinds or "child" in kinds
        opened = {"number": f"360124103-{self._numbers:06}", "kinds": list(kinds), "minor": "child" in kinds, "no_adult": False}
        opened |= {"care": "active" if recipient else "none", "band": "weekly" if recipient else "none", "home": recipient}
        opened |= more
        closed = {"name": name, "phones": list(phones), "categories": []}
        self.tells(
            "person.registered.v1" if person not in self._revisions else "person.changed.v1", person, opened, {person: closed}
        )
        return person

    def elder(self, name: str = "王秀英", *phones: str) -> str:
        """An elder cared for at home."""
        return self.person(name, *phones, kinds=("elder",))

    def kin(self, recipient: str, relative: str, presence: str = "away", may: str = "may", order: int = 1) -> str:
        """Somebody belongs to a recipient."""
        kinship = new_id()
        opened = {"recipient": recipient, "relative": relative, "call_order": order, "may_know": may}
        closed = {"relation": "son", "presence": presence, "guardian": False, "carer": presence == "home"}
        self.tells("kinship.registered.v1", kinship, opened, {relative: closed})
        return kinship

    def household(self, *members: str) -> str:
        """These live together."""
        household = new_id()
        self.tells(
            "household.formed.v1",
            household,
            {"number": "360124103-1", "members": list(members), "band": "weekly", "minors": False},
        )
        return household

    def visit(self, household: str, *recipients: str, asked: bool = True, kind: str = "care", **more: str) -> str:
        """A visit is planned for today."""
        visit = new_id()
        data = {"household": household, "recipients": list(recipients), "volunteer": new_id(), "kind": kind, "asked": asked}
        data |= {"day": "2026-09-01", "slot": "morning", **more}
        self.tells("visit.planned.v1", visit, data, service="scheduler")
        return visit

    def came(
        self, visit: str, household: str, *, asked: bool = True, kind: str = "care", closed: Any = None, **more: Any
    ) -> Event:
        """The visitor reports."""
        data = {
            "household": household,
            "volunteer": new_id(),
            "kind": kind,
            "at": to_wire(self.clock.now()),
            "minutes": 40,
            "asked": asked,
        }
        return self.tells("visit.completed.v1", visit, data | more, closed, service="scheduler")

    def nobody_came(self, visit: str, household: str, *recipients: str, kind: str = "care") -> Event:
        """The visit was missed, and is planned again for 3 September."""
        data = {
            "household": household,
            "recipients": list(recipients),
            "volunteer": new_id(),
            "kind": kind,
            "day": "2026-09-01",
        }
        return self.tells("visit.missed.v1", visit, data | {"why": "cannot", "next_day": "2026-09-03"}, service="scheduler")

    def proves(self, phone: str) -> None:
        """The number answered once, earlier."""
        hash_ = self.hash(phone)
        until = self.clock.now() + timedelta(days=100)
        found = self.rows["contacts"].update_many({"hash": hash_}, {"$set": {"state": "proven", "fresh_until": until}})
        assert found.matched_count
        self.rows["asks"].delete_many({"hash": hash_})

    def hash(self, phone: str) -> str:
        """The look-up hash of a number."""
        return desk_of(self.notifier).numbers.hash(phone)

    def messages(self, template: str = "", **filter: Any) -> list[dict[str, Any]]:
        """The notifier's message rows, oldest first."""
        wanted = ({"template": template} if template else {}) | filter
        return list(self.rows["messages"].find(wanted, sort=[("_id", 1)]))

    def told(self, prefix: str) -> list[Event]:
        """What the notifier told, by the beginning of its type."""
        rows = told_events(self.rows, type={"$regex": f"^{prefix}"})
        return [read(bytes(row["body"])) for row in rows]

    def rings(self, phone: str, words: str, many: int = 1) -> list[str]:
        """Waits until so many texts with these words came to this phone; gives them."""
        assert self.carrier is not None
        carrier = self.carrier

        def there() -> list[str]:
            found = [text for text in carrier.arrived(phone) if words in text]
            return found if len(found) >= many else []

        return eventually(there, f"{words!r} at {phone}")

    def settled(self) -> None:
        """Waits until nothing is queued for now or on its way."""
        busy = {"state": {"$in": ["queued", "submitting"]}, "not_before": {"$lte": self.clock.now()}}
        eventually(lambda: self.rows["messages"].count_documents(busy) == 0, "the queue is empty")

    def next_due(self) -> datetime:
        """When the next of the notifier's own timers is due."""
        row = self.rows["timers"].find_one({"name": {"$in": list(self.duties.timers)}}, sort=[("due_at", 1)])
        return datetime.fromtimestamp(row["due_at"].timestamp(), UTC)

    def _line(self) -> LineSettings:
        port = self.carrier.port if self.carrier else 1
        return LineSettings("127.0.0.1", port, "springrain", "rain", SOURCE, answer_within=2.0, reconnect=(0.05, 0.2))


def at(folder: Path, moment: datetime = MORNING) -> FileCountyClock:
    """County time in a file, as the demo has it."""
    path = folder / "county.time"
    path.write_text(to_wire(moment), encoding="ascii")
    return FileCountyClock(path)
