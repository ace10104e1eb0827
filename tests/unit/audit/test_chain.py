"""A subject's revisions, and what is missing of them."""

from hypothesis import given
from hypothesis import strategies as st

from services.audit.model.chain import Chain, Hole, Seen, Twice, faults_of_chain


def test_a_chain_without_a_hole_has_no_faults_in_whatever_order_it_came() -> None:
    assert faults_of_chain("visit", [(3, 7), (1, 5), (2, 9)]) == []


def test_a_missing_beginning_is_a_hole() -> None:
    assert faults_of_chain("visit", [(3, 7)]) == [Hole("visit", 1, 2, 7)]


def test_a_hole_and_a_revision_told_twice_are_both_named() -> None:
    told = [(1, 0), (2, 4), (2, 6), (5, 8)]
    assert faults_of_chain("visit", told) == [Twice("visit", 2, 4, 6), Hole("visit", 3, 4, 8)]


@given(st.sets(st.integers(1, 40), min_size=1).flatmap(lambda each: st.permutations(sorted(each))))
def test_a_growing_chain_misses_what_the_finished_one_misses(revisions: list[int]) -> None:
    chain = Chain()
    for revision in revisions:
        chain, seen = chain.tell(revision)
        assert seen is not Seen.AGAIN
        assert chain.tell(revision) == (chain, Seen.AGAIN)
    holes = [(each.first, each.last) for each in faults_of_chain("s", [(r, 0) for r in revisions]) if isinstance(each, Hole)]
    assert chain.missing() == holes
    assert max(revisions) == max(chain.ahead, default=chain.reached)
