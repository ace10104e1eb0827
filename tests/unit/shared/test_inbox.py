"""The real inbox against a broker that duplicates, delays, reorders and cuts, by thousands of histories.

Whatever comes in whatever order, however often, and whichever handlings fail for a while: in the end each event that is no
whole state took effect once and in order, what restricts took effect the moment it came (and again in its turn, when that was
early), and a whole state is never followed by an older one.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import MachineClock
from shared.errors import SpringrainError
from shared.events import Event, Kind, catalogue
from shared.events.envelope import make
from shared.events.fields import EventField
from shared.ids import new_id
from shared.messaging import held
from shared.messaging.inbox import Inbox, event_of
from tests.unit.shared.rows import UnitsInMemory

COUNTY = new_id()
PLAIN, STATE, RESTRICTS, URGENT = "roster.imported.v1", "branch.registered.v1", "contact.stopped.v1", "alarm.raised.v1"
TYPES = (PLAIN, STATE, RESTRICTS, URGENT)


@dataclass
class History:
    """A subject's chain, the order and grouping in which copies of it come, and how often each handling fails first."""

    types: list[str]
    deliveries: list[list[int]]
    failures: list[int]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Every event comes at least once; copies, order and batches as it happens."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=8))
    every = list(range(len(types)))
    extra = draw(st.lists(st.sampled_from(every), max_size=8))
    order = draw(st.permutations(every + extra))
    cuts = draw(st.sets(st.integers(1, len(order)), max_size=5))
    edges = [0, *sorted(cuts), len(order)]
    batches = [order[a:b] for a, b in pairwise(edges) if order[a:b]]
    return History(types, batches, draw(st.lists(st.integers(0, 3), min_size=len(types), max_size=len(types))))


class Listener:
    """A listener as the consumer drives it: a batch at once, each alone when that fails, what failed again later."""

    def __init__(self, failures: dict[str, int]) -> None:
        self._failures = failures
        self._units = UnitsInMemory()
        handlers = dict.fromkeys(TYPES, self._handle)
        self._inbox = Inbox(COUNTY, "scheduler", COUNTY, handlers, MachineClock())

    @property
    def effects(self) -> list[int]:
        """Revisions in the order in which they took effect."""
        return [row["revision"] for row in self._rows("effects")]

    @property
    def progress(self) -> dict[str, Any]:
        return self._rows("progress")[0]

    def come(self, events: list[Event]) -> None:
        """A batch comes."""
        try:
            self._units.run(lambda unit: self._inbox.take(unit, events))
        except SpringrainError:
            for event in events:
                self._alone(event)

    def retry(self) -> None:
        """All that is due is tried, each alone."""
        for row in [row for row in self._rows(held.NAME) if row["state"] == held.RETRY]:
            try:
                self._units.run(lambda unit, row=row: self._again(unit, row))
            except SpringrainError:
                continue

    def holds(self) -> int:
        return len(self._rows(held.NAME))

    def _alone(self, event: Event) -> None:
        try:
            self._units.run(lambda unit: self._inbox.take(unit, [event]))
        except SpringrainError:
            self._units.run(lambda unit: self._inbox.lay_aside(unit, event, held.RETRY, reason="fails"))

    def _again(self, unit: Any, row: dict[str, Any]) -> None:
        if unit.collection(held.NAME).find_one({"_id": row["_id"]}) is not None:
            self._inbox.take_held(unit, row, event_of(row))

    def _handle(self, unit: Any, event: Event) -> None:
        if self._failures.get(event.id, 0):
            self._failures[event.id] -= 1
            raise SpringrainError("fails for a while")
        unit.collection("effects").insert({"_id": new_id(), "revision": event.revision})

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return list(self._units.tables.get(name, {}).values())


def chain(types: list[str]) -> list[Event]:
    """One subject's events, each valid as far as the inbox reads it."""
    subject = new_id()
    return [_event(type_, subject, revision) for revision, type_ in enumerate(types, 1)]


def _event(type_: str, subject: str, revision: int) -> Event:
    known = catalogue()[type_]
    data = {name: _value(field) for name, field in known.open_fields.items() if name != "cause"}
    words = {"subject": subject, "time": "2026-09-01T00:00:00Z", "branch": COUNTY, "actor": "system:test"}
    source = f"/springrain/{COUNTY}/{known.teller}"
    return make(data=data, revision=revision, id=new_id(), source=source, type=type_, **words)


def _value(field: EventField) -> Any:
    examples = (new_id(), "2027-01-01T00:00:00Z", field.largest())
    return next(value for value in examples if field.fits(value))


@given(histories())
@settings(max_examples=1500, deadline=None)
def test_any_history_ends_with_each_event_in_effect_once_and_in_order(history: History) -> None:
    events = chain(history.types)
    listener = Listener({event.id: times for event, times in zip(events, history.failures, strict=True)})
    for batch in history.deliveries:
        listener.come([events[n] for n in batch])
        listener.retry()
    for _ in range(40):
        listener.retry()
    _judge(history.types, listener)


@given(histories())
@settings(max_examples=500, deadline=None)
def test_what_restricts_is_in_effect_the_moment_it_comes(history: History) -> None:
    events = chain(history.types)
    listener = Listener({})
    for batch in history.deliveries:
        listener.come([events[n] for n in batch])
        came = {n + 1 for n in batch if history.types[n] in (RESTRICTS, URGENT)}
        assert came <= set(listener.effects)


def _judge(types: list[str], listener: Listener) -> None:
    effects = listener.effects
    early = {r for r in effects if types[r - 1] == RESTRICTS and effects.count(r) > 1}  # at once, and again in its turn
    assert len(effects) == len(set(effects)) + sum(effects.count(r) - 1 for r in early), "something took effect twice"
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
    progress = listener.progress
    assert (progress["reached"], progress.get("done"), progress.get("held")) == (len(types), None, None)
    assert listener.holds() == 0
    assert "gap_at" not in progress
