"""The real inbox against a broker that duplicates, delays, reorders and cuts, by thousands of histories.

Whatever comes in whatever order, however often, and whichever handlings fail for a while: in the end each event that is no
whole state took effect once and in order, what restricts took effect the moment it came (and again in its turn, when that was
early), and a whole state is never followed by an older one.
"""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.inbox import held
from tests.unit.shared.listener import RESTRICTS, TYPES, URGENT, Listener, chain, judge


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
    judge(events, listener)
    assert not listener.rows(held.NAME)


@given(histories())
@settings(max_examples=500, deadline=None)
def test_what_restricts_is_in_effect_the_moment_it_comes(history: History) -> None:
    events = chain(history.types)
    listener = Listener({})
    for batch in history.deliveries:
        listener.come([events[n] for n in batch])
        came = {n + 1 for n in batch if history.types[n] in (RESTRICTS, URGENT)}
        assert came <= set(listener.effects(events[0].subject))
