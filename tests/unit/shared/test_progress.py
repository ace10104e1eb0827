"""Progress through one subject's events, judged by a slow and literal reading of what a hole is."""

from hypothesis import given
from hypothesis import strategies as st

from shared.inbox.progress import Progress


def literal_hole(progress: Progress) -> tuple[int, int] | None:
    known = progress.done.keys() | progress.held.keys()
    missing = [r for r in range(progress.reached + 1, max(known, default=0)) if r not in known]
    if not missing:
        return None
    last = missing[0]
    while last + 1 in missing:
        last += 1
    return missing[0], last


@given(st.integers(0, 5), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_the_first_hole_is_found_whatever_was_done_ahead(reached: int, done: set[int], waiting: set[int]) -> None:
    progress = Progress("s", reached=reached)
    progress.done = {r: str(r) for r in done if r > reached + 1}
    progress.held = {r: str(r) for r in waiting if r > reached and r not in progress.done}
    assert progress.hole == literal_hole(progress)


def test_a_hole_of_two_thousand_million_costs_nothing() -> None:
    progress = Progress("s", reached=1)
    progress.hold(2**31 - 1, "far")
    assert progress.hole == (2, 2**31 - 2)


def test_settling_moves_on_over_what_was_done_ahead_of_order() -> None:
    progress = Progress("s", reached=1, last="a")
    for revision in (4, 3, 2):
        progress.settle(revision, str(revision))
    assert (progress.reached, progress.last, progress.done) == (4, "4", {})
