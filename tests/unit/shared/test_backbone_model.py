"""Progress, relay and broker by thousands of histories: whatever duplicates, delays, reorders, refuses, cuts or dies.

One source with two relays that both believe they hold the lease, two consumers at one queue. In the end each event that was
acknowledged is in effect exactly once and in order, the sums of told and heard are equal, nothing is untold, nothing held.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, pairwise, product

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events import Event
from tests.unit.shared.listener import PLAIN, TYPES, chain
from tests.unit.shared.model_relay import Killed, RelayHere
from tests.unit.shared.model_world import World

Step = tuple[str, int, int]
RELAY_DIES_AT = ("after_publish", "after_confirm", "after_mark", "")
CONSUMER_DIES_AT = ("before_commit", "after_commit", "before_ack", "after_ack")


@dataclass
class History:
    """The chains that are told, how many events each commit takes, what fails or waits first, and all that happens."""

    chains: list[list[str]]
    commits: list[tuple[int, int]]
    failures: list[int]
    await_another: bool
    steps: list[Step]


def die_at(relay: RelayHere, point: str) -> None:
    """Killed at this point, or now."""
    if not point:
        raise Killed
    relay.points.armed[point] = Killed()


HAPPENS: dict[str, Callable[[World, int, int], None]] = {
    "a relay follows its stream": lambda w, who, n: w.with_relay(who, RelayHere.follow),
    "a relay looks for the untold": lambda w, who, n: w.with_relay(who, RelayHere.look),
    "messages arrive": lambda w, who, n: w.with_relay(who, lambda relay: relay.connection.arrive(1 + 3 * n)),
    "the broker answers one": lambda w, who, n: w.with_relay(who, lambda relay: relay.connection.answer(n, False)),
    "the broker answers many": lambda w, who, n: w.with_relay(who, lambda relay: relay.connection.answer(n, True)),
    "a relay marks": lambda w, who, n: w.with_relay(who, RelayHere.mark),
    "a relay mends": lambda w, who, n: w.with_relay(who, RelayHere.mend),
    "a relay's connection is lost": lambda w, who, n: w.cut_relay(who, n),
    "a relay dies": lambda w, who, n: w.with_relay(who, lambda relay: die_at(relay, RELAY_DIES_AT[n % 4])),
    "a consumer has in hand": lambda w, who, n: w.lines[who].prefetch(1 + n),
    "a consumer takes": lambda w, who, n: w.take(who, 1 + 2 * n),
    "an ack is lost": lambda w, who, n: w.take(who, 1 + n, lose_ack=True),
    "a consumer's connection is lost": lambda w, who, n: w.lines[who].cut(),
    "a consumer dies": lambda w, who, n: w.points.armed.update({CONSUMER_DIES_AT[n % 4]: Killed()}),
    "a commit fails": lambda w, who, n: w.trouble(who, "before_commit"),
    "a commit's answer is lost": lambda w, who, n: w.trouble(who, "after_commit"),
    "a queue is full": lambda w, who, n: setattr(w.broker, "full", ("scheduler.events", "audit.log")[who]),
    "a queue has room": lambda w, who, n: setattr(w.broker, "full", ""),
    "the broker dies": lambda w, who, n: w.crash_broker(n),
    "a binding is lost": lambda w, who, n: w.lose_binding(n),
    "a queue is lost": lambda w, who, n: w.broker.lose_queue("scheduler.events"),
    "a copy comes": lambda w, who, n: w.copy(n),
    "the queue changes its order": lambda w, who, n: w.turn_queue(1 + n),
    "time passes": lambda w, who, n: w.pass_seconds(2**n),
}
TELL = "a commit tells"
OFTEN = [TELL, *list(HAPPENS)[:6], "a consumer takes"]
STEPS: list[Step] = list(product([TELL, *OFTEN, *OFTEN, *HAPPENS], range(2), range(5)))
"""One draw a step: what happens, to whom, and how much of it."""


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What moves events on comes oftener than what hinders them."""
    chains = draw(st.lists(st.lists(st.sampled_from(TYPES), min_size=1, max_size=5), min_size=1, max_size=3))
    commits = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=8))
    failures = draw(st.lists(st.integers(0, 2), max_size=8))
    length = draw(st.integers(0, 50))
    steps = draw(st.lists(st.sampled_from(STEPS), min_size=length, max_size=length))
    return History(chains, commits, failures, draw(st.booleans()), steps)


def commits_of(chains: list[list[Event]], pattern: list[tuple[int, int]]) -> Iterator[list[Event]]:
    """Each chain in its order, some events of it at a time: of one subject, or of two in one commit."""
    chains = [list(one) for one in chains]
    for which, most in cycle(pattern):
        left = [one for one in chains if one]
        if not left:
            return
        told: list[Event] = []
        for one in {id(c): c for c in (left[which % len(left)], left[most % len(left)])}.values():
            told += one[:most]
            del one[:most]
        yield told


def play(world: World, history: History, chains: list[list[Event]]) -> None:
    """All that happens; what no step told is told at the end."""
    commits = commits_of(chains, history.commits)
    for what, who, n in history.steps:
        if what == TELL:
            world.tell(next(commits, []), seen_by=n)
        else:
            HAPPENS[what](world, who, n)
    for left in commits:
        world.tell(left, seen_by=0)


@given(history=histories())
@settings(max_examples=400, deadline=None)
def test_any_history_ends_with_each_acknowledged_event_in_effect_once_and_the_sums_equal(history: History) -> None:
    run(history)


LOST_THEN = {
    "its queue is lost, and a consumer makes it anew before a relay looks": [
        lambda w: w.with_relay(0, RelayHere.land),
        lambda w: w.pass_seconds(60),
        lambda w: w.with_relay(0, RelayHere.mend),
        lambda w: w.broker.lose_queue("scheduler.events"),
        lambda w: w.take(0, 1),
        lambda w: w.with_relay(0, RelayHere.mend),
    ],
    "its binding is lost, and the mark of what flew meanwhile fails while the relay mends": [
        lambda w: w.trouble(0, "before_commit"),
        lambda w: w.lose_binding(-1),
        lambda w: w.with_relay(0, lambda relay: relay.connection.arrive(9)),
        lambda w: w.with_relay(0, RelayHere.mend),
    ],
    "its binding is lost, and a relay put to sleep before its mark wakes after another mended": [
        lambda w: w.lose_binding(-1),
        lambda w: w.with_relay(0, lambda relay: relay.connection.arrive(9)),
        lambda w: w.with_relay(0, lambda relay: relay.connection.answer(-1, True)),
        lambda w: w.with_relay(1, RelayHere.mend),
        lambda w: w.with_relay(0, RelayHere.mark),
    ],
    "its binding is lost, and a relay that slept has the lease again before it saw another have it, mend and die": [
        lambda w: w.lose_binding(-1),
        lambda w: w.with_relay(0, lambda relay: relay.connection.arrive(9)),
        lambda w: w.with_relay(1, RelayHere.mend),
        lambda w: w.with_relay(1, lambda relay: die_at(relay, "")),
        lambda w: w.broker.lead_to(w.relays[0]),
        lambda w: w.with_relay(0, RelayHere.land),
    ],
}
CASES = [pytest.param(then, id=name) for name, then in LOST_THEN.items()]


@pytest.mark.parametrize("then", CASES)
def test_a_listener_misses_nothing_though(then: list[Callable[[World], None]]) -> None:
    told = chain([PLAIN])
    world = World([told], {}, {})
    with opened(world):
        world.tell(told, seen_by=0)
        world.with_relay(0, RelayHere.look)
        for happens in then:
            happens(world)
        world.settle()
        world.count()


def test_an_event_behind_a_gap_waits_for_its_turn_though_the_database_failed_when_it_was_laid_aside() -> None:
    told = chain([PLAIN, PLAIN])
    world = World([told], {}, {})
    with opened(world):
        for event in told:
            world.tell([event], seen_by=0)
        world.copy(1)
        for _ in range(2):  # at the first failure it comes again, and is then taken alone
            world.trouble(1, "before_commit")
            world.take(0, 1)
        world.pass_seconds(5)
        world.take(0, 1)
        world.settle()
        world.count()


def run(history: History) -> None:
    """Play a history and count."""
    chains = [chain(types) for types in history.chains]
    events = [event for each in chains for event in each]
    failures = {event.id: times for event, times in zip(events, history.failures, strict=False)}
    awaits = {later[0].id: earlier[0].subject for earlier, later in pairwise(chains)}
    world = World(chains, failures, awaits if history.await_another else {})
    with opened(world):
        play(world, history, chains)
        world.settle()
        world.count()


@contextmanager
def opened(world: World) -> Iterator[None]:
    """With this world's broker in RabbitMQ's place, and the log silent."""
    with pytest.MonkeyPatch.context() as patch, world.in_place(patch), structlog.testing.capture_logs():
        world.open()
        yield
