"""A listener over rows in memory, the chains it is told, and the judgement of what took effect in the end."""

from functools import partial
from typing import Any

from shared.clock import MachineClock
from shared.errors import NotYetKnown, SpringrainError
from shared.events import Event, Kind, catalogue
from shared.events.envelope import make
from shared.events.fields import EventField
from shared.ids import new_id
from shared.inbox import PROGRESS, Inbox, event_of, held
from tests.unit.shared.rows import UnitsInMemory

COUNTY = new_id()
PLAIN, STATE, RESTRICTS, URGENT = "roster.imported.v1", "branch.registered.v1", "contact.stopped.v1", "alarm.raised.v1"
TYPES = (PLAIN, STATE, RESTRICTS, URGENT)
EFFECTS = "effects"


class Listener:
    """A listener as the consumer drives it: a batch at once, each alone when that fails, what failed again later.

    `failures`: how often the handling of an event fails first, by its id. `awaits`: the thing an event needs known before.
    """

    def __init__(
        self,
        failures: dict[str, int],
        awaits: dict[str, str] | None = None,
        units: UnitsInMemory | None = None,
        clock: MachineClock | None = None,
    ) -> None:
        self._failures, self._awaits = failures, awaits or {}
        self.units = units or UnitsInMemory()
        self.inbox = Inbox(COUNTY, "scheduler", COUNTY, dict.fromkeys(TYPES, self._handle), clock or MachineClock())

    def effects(self, subject: str) -> list[int]:
        """Revisions of this subject in the order in which they took effect."""
        return [row["revision"] for row in self.rows(EFFECTS) if row["subject"] == subject]

    def progress(self, subject: str) -> dict[str, Any]:
        """How far this subject's chain was followed."""
        return self.units.tables[PROGRESS][subject]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """What a collection holds."""
        return list(self.units.tables.get(name, {}).values())

    def come(self, events: list[Event]) -> None:
        """A batch comes."""
        try:
            self.units.run(lambda unit: self.inbox.take(unit, events))
        except SpringrainError:
            for event in events:
                self._alone(event)

    def retry(self) -> None:
        """All that is due is tried, each alone."""
        for row in [row for row in self.rows(held.NAME) if row["state"] == held.RETRY]:
            try:
                self.units.run(partial(self._again, row=row))
            except SpringrainError:
                continue

    def _alone(self, event: Event) -> None:
        try:
            self.units.run(lambda unit: self.inbox.take(unit, [event]))
        except SpringrainError:
            self.units.run(lambda unit: self.inbox.lay_aside(unit, event, held.RETRY, reason="fails"))

    def _again(self, unit: Any, row: dict[str, Any]) -> None:
        if unit.collection(held.NAME).find_one({"_id": row["_id"]}) is not None:
            self.inbox.take_held(unit, row, event_of(row))

    def _handle(self, unit: Any, event: Event) -> None:
        if self._failures.get(event.id, 0):
            self._failures[event.id] -= 1
            raise SpringrainError("fails for a while")
        thing = self._awaits.get(event.id)
        if thing and not unit.collection(EFFECTS).find({"subject": thing}):
            raise NotYetKnown(thing)
        unit.collection(EFFECTS).insert({"_id": new_id(), "subject": event.subject, "revision": event.revision})


def chain(types: list[str]) -> list[Event]:
    """One subject's events, each valid as far as the inbox reads it."""
    subject = new_id()
    return [_event(type_, subject, revision) for revision, type_ in enumerate(types, 1)]


def judge(events: list[Event], listener: Listener) -> None:
    """One chain, all of it come: each in effect once and in order, nothing left over."""
    types, effects = [event.type for event in events], listener.effects(events[0].subject)
    early = {r for r in effects if types[r - 1] == RESTRICTS and effects.count(r) > 1}  # at once, and again in its turn
    assert len(effects) == len(set(effects)) + sum(effects.count(r) - 1 for r in early), "something took effect twice"
    assert all(effects.count(r) <= 2 for r in early), "what restricts took effect more than twice"
    last_word = [r for n, r in enumerate(effects) if types[r - 1] in (PLAIN, RESTRICTS) and r not in effects[n + 1 :]]
    assert last_word == sorted(last_word), "an older event undid what restricts"
    must = [r for r, type_ in enumerate(types, 1) if not catalogue()[type_].is_(Kind.STATE)]
    assert set(must) <= set(effects), "something was left out"
    plain = [r for r in effects if types[r - 1] == PLAIN]
    assert plain == sorted(plain), "out of order"
    states = [r for r in effects if types[r - 1] == STATE]
    assert states == sorted(states), "an older state came after a newer one"
    newest = max((r for r, type_ in enumerate(types, 1) if type_ == STATE), default=0)
    assert newest == max(states, default=0), "the newest state is not in effect"
    progress = listener.progress(events[0].subject)
    assert (progress["reached"], progress.get("done"), progress.get("held")) == (len(types), None, None)
    assert "gap_at" not in progress


def _event(type_: str, subject: str, revision: int) -> Event:
    known = catalogue()[type_]
    data = {name: _value(field) for name, field in known.open_fields.items() if name != "cause"}
    words = {"subject": subject, "time": "2026-09-01T00:00:00Z", "branch": COUNTY, "actor": "system:test"}
    source = f"/springrain/{COUNTY}/{known.teller}"
    return make(data=data, revision=revision, id=new_id(), source=source, type=type_, **words)


def _value(field: EventField) -> Any:
    examples = (new_id(), "2027-01-01T00:00:00Z", field.largest())
    return next(value for value in examples if field.fits(value))
