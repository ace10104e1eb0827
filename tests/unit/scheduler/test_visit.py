"""What can become of a visit, who is told of a dispute, lots, and the hours of the day."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.model.daytime import daytime_hours_after
from services.scheduler.model.lots import drawn
from services.scheduler.model.visit import MOVES, Move, State, Witness, after, as_shown, heard
from shared.clock import SHANGHAI
from shared.errors import Conflict


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", list(Move))
def test_a_visit_makes_only_the_moves_of_the_table(state: State, move: Move) -> None:
    if (state, move) in MOVES:
        assert after(state, move) is MOVES[(state, move)]
    else:
        with pytest.raises(Conflict):
            after(state, move)


def test_what_is_over_stays_as_it_is() -> None:
    assert not [state for state, _ in MOVES if state in (State.COMPLETED, State.MISSED, State.CANCELLED)]


def test_a_dispute_stays_though_somebody_else_says_yes() -> None:
    assert heard(Witness.UNKNOWN, came=True) is Witness.CONFIRMED
    assert heard(Witness.CONFIRMED, came=False) is Witness.DISPUTED
    assert heard(Witness.DISPUTED, came=True) is Witness.DISPUTED


def test_the_village_cannot_tell_a_disputed_visit_from_an_unanswered_one() -> None:
    disputed = as_shown("completed", "disputed", asked=True, sees_disputes=False)
    silent = as_shown("completed", "unknown", asked=True, sees_disputes=False)
    assert disputed == silent == "in_review"
    assert as_shown("completed", "disputed", asked=True, sees_disputes=True) == "disputed"


def test_a_dispute_changes_nothing_in_what_the_village_saw_confirmed() -> None:
    before = as_shown("completed", "confirmed", asked=True, sees_disputes=False, said_yes=True)
    assert as_shown("completed", "disputed", asked=True, sees_disputes=False, said_yes=True) == before == "confirmed"
    assert as_shown("completed", "disputed", asked=True, sees_disputes=True, said_yes=True) == "disputed"


def test_a_visit_nobody_was_asked_about_is_simply_done() -> None:
    assert as_shown("completed", "unknown", asked=False, sees_disputes=False) == "completed"


def test_the_same_seed_draws_the_same_lots_and_about_half() -> None:
    day = date(2026, 9, 1)
    first = [drawn(b"seed", "asked", f"360124103-{number:06d}", day) for number in range(1000)]
    assert first == [drawn(b"seed", "asked", f"360124103-{number:06d}", day) for number in range(1000)]
    assert first != [drawn(b"other", "asked", f"360124103-{number:06d}", day) for number in range(1000)]
    assert 430 < sum(first) < 570


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        ("10:00", "1 14:00"),
        ("10:01", "1 14:30"),
        ("17:00", "2 09:00"),
        ("22:10", "2 12:00"),
        ("03:00", "1 12:00"),
        ("16:00", "1 20:00"),
    ],
)
def test_a_look_in_is_promised_in_hours_of_daytime(asked: str, promised: str) -> None:
    there = datetime.fromisoformat(f"2026-09-01T{asked}:00").replace(tzinfo=SHANGHAI)
    assert daytime_hours_after(there).strftime("%-d %H:%M") == promised


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_a_promise_is_due_on_a_half_hour_of_daytime_at_least_four_hours_later(naive: datetime) -> None:
    there = naive.replace(tzinfo=SHANGHAI)
    due = daytime_hours_after(there)
    assert due.minute in (0, 30) and due.second == 0
    assert 8 <= due.hour + due.minute / 60 <= 20
    assert timedelta(hours=4) <= due - there <= timedelta(hours=17)
