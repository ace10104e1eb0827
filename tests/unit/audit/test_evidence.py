"""What shows a visit and what does not: point by point, and never to the cost of those who cannot be asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.audit.evidence.gather import evidence
from services.audit.evidence.point import CHANNELS
from services.audit.evidence.verdict import Evidence, Verdict, standing
from services.audit.pages.evidence_words import EVIDENCE_WORDS, WHY
from shared.ids import new_id

Doc = dict[str, Any]
NOON = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)


def visit(**changed: Any) -> Doc:
    made = {"_id": new_id(), "branch": "c/t/v", "household": "h", "volunteer": "w", "state": "completed", "actor": "a"}
    return made | {"event": new_id(), "at": NOON} | changed


def yes(by: str = "home") -> Doc:
    return {"confirmed": [{"by": by, "event": new_id(), "at": NOON}]}


def channels(found: Evidence) -> list[str]:
    return sorted(point.channel for point in found.points)


def test_a_visit_is_shown_by_who_was_present_and_said_so() -> None:
    for by in ("home", "carer", "neighbour"):
        found = evidence(visit(**yes(by)))
        assert (channels(found), found.verdict) == (sorted([by, "reported"]), Verdict.SHOWN)


def test_the_visitors_own_word_shows_nothing_and_costs_nothing() -> None:
    alone = evidence(visit(checked_in_event=new_id(), checked_in_at=NOON))
    assert (alone.verdict, alone.worth) == (Verdict.UNKNOWN, 0)
    assert standing([alone]).standing == 1000


def test_a_mother_away_is_no_witness() -> None:
    assert not {"relative", "mother", "away"} & set(CHANNELS)
    came = {"what": "answer", "meaning": "came", "event": new_id(), "at": NOON}
    assert evidence(visit(), [came]).verdict is Verdict.UNKNOWN, "an answer counts when the scheduler took it for a witness's"


def test_who_says_that_nobody_came_outweighs_everything_and_is_not_named() -> None:
    said = {"what": "dispute", "event": new_id(), "at": NOON, "visit": "v", "record": "r"}
    found = evidence(visit(**yes(), proofs={"door_code": new_id()}), [said])
    assert found.verdict is Verdict.DISPUTED
    (against,) = [point for point in found.points if point.worth < 0]
    assert against.hidden and not hasattr(against, "person")


def test_a_branch_cannot_tell_the_disputed_from_the_silent() -> None:
    said = {"what": "dispute", "event": new_id(), "at": NOON}
    assert evidence(visit(), [said]).for_branch() == evidence(visit()).for_branch() == "in_review"
    assert evidence(visit(**yes())).for_branch() == evidence(visit(**yes()), [said]).for_branch() == "shown", "nothing changes"


def test_a_yes_within_seconds_shows_nothing_alone() -> None:
    quick = {"what": "answer", "meaning": "came", "seconds": 3, "event": new_id(), "at": NOON}
    assert evidence(visit(**yes()), [quick]).verdict is Verdict.UNKNOWN
    assert evidence(visit(**yes()), [quick, {**quick, "seconds": 90}]).verdict is Verdict.SHOWN


def test_another_visitor_counts_only_with_a_hand_and_a_device_of_their_own() -> None:
    mine = visit(device="d")
    other = visit(volunteer="x", actor="b", at=NOON + timedelta(minutes=20), device="e")
    assert "other_visitor" in channels(evidence(mine, [], [other]))
    for same in ({"actor": "a"}, {"device": "d"}, {"volunteer": "w"}, {"at": NOON + timedelta(hours=5)}):
        assert "other_visitor" not in channels(evidence(mine, [], [{**other, **same}])), same


def test_a_weak_point_alone_shows_nothing_and_a_wrong_code_is_no_blame() -> None:
    assert evidence(visit(renewed={"event": new_id(), "at": NOON})).verdict is Verdict.UNKNOWN
    for channel in ("door_code", "home_call"):
        assert evidence(visit(proofs={channel: new_id()})).verdict is Verdict.SHOWN
    assert standing([evidence(visit(proofs={}))]).standing == 1000


def test_each_channel_has_words_for_who_reads_the_page() -> None:
    assert set(EVIDENCE_WORDS["channel"]) == set(WHY) == set(CHANNELS)
    assert set(EVIDENCE_WORDS["verdict"]) == {*Verdict, "in_review"}


def test_each_point_names_the_event_that_shows_it_and_a_stated_reason() -> None:
    for point in evidence(visit(**yes(), checked_in_event=new_id(), checked_in_at=NOON)).points:
        assert point.event and point.why == CHANNELS[point.channel].why


said = st.sampled_from(["yes", "quick", "no", "silent"])


def home(word: str, phone: bool) -> Evidence:
    """A visit to a home whose people would say this word, if they can be asked."""
    dispute = {"what": "dispute", "event": "e", "at": NOON}
    quick = {"what": "answer", "meaning": "came", "seconds": 2, "event": "e", "at": NOON}
    heard = {"no": [dispute], "quick": [quick]}.get(word, []) if phone else []
    return evidence(visit(**(yes() if phone and word in ("yes", "quick") else {})), heard)


@given(st.lists(st.tuples(said, st.booleans()), min_size=1, max_size=60), st.data())
def test_no_score_falls_with_the_share_of_homes_without_a_phone(homes: list[tuple[str, bool]], data: st.DataObject) -> None:
    """Take the phone away from any homes: nobody's standing falls, and no single visit does worse than unknown."""
    without = data.draw(st.sets(st.integers(0, len(homes) - 1)))
    before = [home(word, phone) for word, phone in homes]
    after = [home(word, phone and place not in without) for place, (word, phone) in enumerate(homes)]
    now, then = standing(after).standing, standing(before).standing
    assert now is not None and then is not None and now >= then
    assert all(after[place].verdict is Verdict.UNKNOWN for place in without)


@given(st.lists(st.tuples(said, st.booleans()), min_size=1, max_size=60), st.integers(1, 60))
def test_serving_more_homes_without_a_phone_never_lowers_a_score(homes: list[tuple[str, bool]], poorer: int) -> None:
    asked = [home(word, phone) for word, phone in homes]
    more = standing([*asked, *(home("silent", False) for _ in range(poorer))]).standing
    then = standing(asked).standing
    assert more is not None and then is not None and more >= then
