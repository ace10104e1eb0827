"""The notifier's rules: who is told what, when, and with which trust in a number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.model import contact, hours
from services.notifier.model.audience import OCCASIONS, Whom
from services.notifier.model.gate import Facts, May, judge
from services.notifier.model.message import MOVES, State, may_move, of_parts, why_failed, why_refused
from services.notifier.model.templates import TEMPLATES
from shared.clock import SHANGHAI, at_county

NOON = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
OPEN = Facts(contact="proven", unreachable="", fresh=True, shared=False, known=frozenset({"elder"}))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


def verdict(occasion: str = "visit_missed", at: datetime = NOON, **facts: object) -> May:
    """What the gate says of a message to the son about the elder."""
    given_facts = Facts(**{name: facts.get(name, getattr(OPEN, name)) for name in Facts.__dataclass_fields__})  # type: ignore[arg-type]
    return judge(occasion, "son", ("elder",), at, given_facts, at).may


def test_final_states_lead_nowhere_and_no_state_leads_back_to_an_earlier_one() -> None:
    for final in (State.DELIVERED, State.FAILED, State.WITHDRAWN):
        assert MOVES[final] == frozenset()
    assert not may_move(State.UNKNOWN, State.QUEUED) and not may_move(State.UNKNOWN, State.SUBMITTING)
    assert not may_move(State.SUBMITTED, State.UNKNOWN) and not may_move(State.DELIVERED, State.FAILED)
    assert {state for state, to in MOVES.items() if State.QUEUED in to} == {State.SUBMITTING}


def test_a_long_message_is_as_good_as_its_worst_part() -> None:
    assert of_parts(2, [State.DELIVERED]) is None
    assert of_parts(2, [State.DELIVERED, State.DELIVERED]) is State.DELIVERED
    assert of_parts(3, [State.DELIVERED, State.FAILED]) is State.FAILED


def test_what_a_failure_says_of_the_number() -> None:
    assert why_refused(0x0B) == "no_such_number" and why_refused(0x45) == "refused"
    assert why_failed(expired=True, error="001") == "expired"
    assert why_failed(expired=False, error="001") == "no_such_number"
    assert why_failed(expired=False, error="069") == "rejected"


@pytest.mark.parametrize(
    ("local", "allowed"),
    [("07:59", "08:00"), ("08:00", "08:00"), ("20:29", "20:29"), ("20:30", "next 08:00"), ("02:15", "08:00")],
)
def test_a_message_waits_out_the_night(local: str, allowed: str) -> None:
    hour, minute = map(int, local.split(":"))
    there = hours.next_allowed(at_county(NOON.date(), hour, minute)).astimezone(SHANGHAI)
    shown = f"{there:%H:%M}" if there.date() == NOON.date() else f"next {there:%H:%M}"
    assert shown == allowed


@given(INSTANTS)
def test_the_next_allowed_hour_is_never_before_and_never_at_night(moment: datetime) -> None:
    allowed = hours.next_allowed(moment)
    assert moment <= allowed <= moment + timedelta(hours=12)
    assert hours.QUIET_UNTIL <= allowed.astimezone(SHANGHAI).time() < hours.QUIET_FROM


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        ((1, 9, 0), (1, 13, 0)),
        ((1, 19, 0), (2, 11, 0)),
        ((1, 23, 0), (2, 12, 0)),
        ((1, 3, 0), (1, 12, 0)),
        ((1, 10, 10), (1, 14, 30)),
    ],
)
def test_a_look_in_is_promised_in_hours_of_daytime(asked: tuple[int, int, int], promised: tuple[int, int, int]) -> None:
    at = at_county(datetime(2026, 9, asked[0]).date(), asked[1], asked[2])
    assert hours.promised_until(at) == at_county(datetime(2026, 9, promised[0]).date(), promised[1], promised[2])


@given(INSTANTS)
def test_a_promise_ends_in_daytime_within_a_day(moment: datetime) -> None:
    end = hours.promised_until(moment)
    assert timedelta(hours=4) <= end - moment <= timedelta(hours=17) and end.timestamp() % 1800 == 0
    assert hours.DAY_FROM <= end.astimezone(SHANGHAI).hour <= hours.DAY_UNTIL


@given(INSTANTS)
def test_the_weekly_word_is_on_a_sunday_at_six(moment: datetime) -> None:
    due = hours.next_weekly(moment)
    assert moment < due <= moment + timedelta(days=7)
    assert (due.astimezone(SHANGHAI).weekday(), f"{due.astimezone(SHANGHAI):%H:%M}") == (6, "18:00")


def test_a_number_is_fresh_for_some_months_after_it_answered() -> None:
    until = NOON + contact.FRESH_FOR
    assert contact.is_fresh("proven", until, until - timedelta(seconds=1))
    assert not contact.is_fresh("proven", until, until)
    assert not contact.is_fresh("unproven", until, NOON) and not contact.is_fresh("proven", None, NOON)


@pytest.mark.parametrize("spelling", ["+86 138-0000-0001", "8613800000001", "008613800000001", "13800000001"])
def test_a_number_is_one_number_in_any_spelling(spelling: str) -> None:
    assert contact.plain_number(spelling) == "13800000001"


def test_only_mobiles_get_messages() -> None:
    assert contact.mobiles(["0791-85567363", "13800000001", "+8613800000001", "120"]) == ["13800000001"]


def test_a_phone_of_father_and_mother_is_one_family_and_of_two_villages_two() -> None:
    assert contact.families({"father": {"a"}, "mother": {"a"}}) == 1
    assert contact.families({"son": {"a", "b"}, "wife": {"b", "c"}, "cousin": {"c"}}) == 1
    assert contact.families({"clerk": {"a"}, "other": {"b"}}) == 2
    assert contact.families({"nobody": set(), "other": set()}) == 2


def test_every_occasion_has_its_text_and_only_replies_and_danger_are_urgent() -> None:
    assert {rule.template for rule in OCCASIONS.values()} == set(TEMPLATES)
    assert {name for name, rule in OCCASIONS.items() if rule.urgent} == {
        *("look_in_asked", "look_in_done", "look_in_missed", "alarm_raised", "alarm_heard")
    }
    assert [name for name, rule in OCCASIONS.items() if rule.whom is Whom.HOME] == ["visit_completed"]


def test_the_gate_lets_through_what_stands_open() -> None:
    assert verdict() is May.GO


@pytest.mark.parametrize(
    "facts",
    [
        {"contact": "wrong"},
        {"contact": "stopped"},
        {"unreachable": "no_such_number"},
        {"gone": frozenset({"son"})},
        {"gone": frozenset({"elder"})},
        {"known": frozenset()},
        {"barred": frozenset({"elder"})},
        {"in_alarm": frozenset({"elder"})},
    ],
)
def test_the_gate_stops_what_must_not_go(facts: dict[str, object]) -> None:
    assert verdict(**facts) is May.NEVER


@pytest.mark.parametrize("occasion", [name for name, rule in OCCASIONS.items() if rule.urgent])
def test_urgent_messages_pass_night_parking_and_red_path_but_no_bar(occasion: str) -> None:
    night = at_county(NOON.date(), 23)
    assert verdict(occasion, night, parked=frozenset({"elder"}), in_alarm=frozenset({"elder"})) is May.GO
    assert verdict(occasion, night, barred=frozenset({"elder"})) is May.NEVER
    assert verdict(occasion, night, contact="stopped") is May.NEVER


def test_routine_waits_for_the_morning_and_for_what_is_parked_until_it_is_too_late() -> None:
    assert verdict(at=at_county(NOON.date(), 23)) is May.LATER
    assert verdict(parked=frozenset({"elder"})) is May.LATER
    assert judge("visit_missed", "son", ("elder",), NOON - timedelta(hours=73), OPEN, NOON).why == "too_late"


def test_a_question_needs_a_fresh_number_of_one_family() -> None:
    assert verdict("visit_completed") is May.GO
    assert verdict("visit_completed", fresh=False) is May.NEVER
    assert verdict("visit_completed", shared=True) is May.NEVER


def test_without_consent_only_what_the_duty_of_care_needs_goes_on() -> None:
    withdrawn = frozenset({"elder"})
    assert verdict("week_over", without_consent=withdrawn) is May.NEVER
    assert verdict("visit_missed", without_consent=withdrawn) is May.GO


def test_of_two_people_one_barred_only_the_other_is_spoken_of() -> None:
    facts = Facts("proven", "", True, False, known=frozenset({"elder", "child"}), barred=frozenset({"child"}))
    assert judge("week_over", "son", ("child", "elder"), NOON, facts, NOON).about == ("elder",)
