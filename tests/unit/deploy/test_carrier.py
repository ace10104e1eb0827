"""The demo's families: the same seed gives the same month, and the carrier's codec reads what it must."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.carrier import pdu, table, text
from deploy.local.carrier.behaviour import Behaviour, kind_of
from deploy.local.carrier.handsets import plain_number
from shared.clock import SHANGHAI

NOW = datetime(2026, 2, 2, 2, 10, tzinfo=UTC)
NUMBERS = [f"138{nth:08}" for nth in range(3000)]


def families(seed: str = "7", at_once: bool = False) -> Behaviour:
    """The families of a seed."""
    return Behaviour(seed, {}, at_once)


def test_the_same_seed_gives_the_same_month_and_another_another() -> None:
    def month(seed: str) -> list[object]:
        return [families(seed).fate(number, "question", 0, NOW, True) for number in NUMBERS[:300]]

    assert month("7") == month("7")
    assert month("7") != month("8")


def test_families_tell_the_truth_but_for_a_few() -> None:
    def answers(came: bool) -> Counter[str | None]:
        return Counter(families().fate(number, "question", 0, NOW, came).answer for number in NUMBERS)

    assert answers(True)["1"] > 15 * answers(True)["2"] > 0
    assert answers(False)["2"] > 15 * answers(False)["1"] > 0


def test_some_numbers_do_not_exist_some_phones_are_off_and_some_families_ask_for_a_look_in() -> None:
    fates = [families().fate(number, "weekly", 0, NOW, False) for number in NUMBERS]
    assert {fate.state for fate in fates} == {"DELIVRD", "UNDELIV", "EXPIRED"}
    assert {"看看", "9", "TD"} <= {fate.answer for fate in fates}


def test_everything_happens_on_half_hours_and_people_answer_by_day() -> None:
    for number in NUMBERS[:500]:
        fate = families().fate(number, "greeting", 0, NOW + timedelta(hours=10), True)
        if fate.answers_at is not None:
            local = fate.answers_at.astimezone(SHANGHAI)
            assert local.minute in (0, 30) and table.AWAKE[0] <= local.hour < table.AWAKE[1]
            assert fate.answers_at >= fate.settles_at >= NOW


def test_a_code_for_signing_in_is_never_answered() -> None:
    assert {families().fate(number, "code", 0, NOW, True).answer for number in NUMBERS} == {None}


@pytest.mark.parametrize(
    ("words", "kind"),
    [("有人来吗？来了回1，没来回2", "question"), ("验证码 123456", "code"), ("这一周家里都好", "weekly"), ("天冷了", "other")],
)
def test_a_message_is_known_by_its_words(words: str, kind: str) -> None:
    assert kind_of(words) == kind


@pytest.mark.parametrize("address", ["13800000001", "+8613800000001", "8613800000001", "008613800000001"])
def test_a_number_with_and_without_country_code_is_one_handset(address: str) -> None:
    assert plain_number(address) == "13800000001"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="`\x1b"), min_size=1, max_size=200))
def test_a_handset_reads_what_a_handset_wrote(words: str) -> None:
    coding, parts = text.write(words)
    assert text.read(b"".join(parts), coding) == words
    for number, part in enumerate(parts, 1):
        place = (9, len(parts), number) if len(parts) > 1 else None
        assert text.take_header(text.with_header(part, 9, len(parts), number)) == (place, part)


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 30))
def test_pdus_are_found_however_the_bytes_are_cut(bodies: list[bytes], size: int) -> None:
    stream = b"".join(pdu.frame(4, 0, nth, body) for nth, body in enumerate(bodies))
    buffer, found = bytearray(), []
    for at in range(0, len(stream), size):
        buffer += stream[at : at + size]
        found += pdu.frames(buffer)
    assert [one.body for one in found] == bodies


@given(st.binary(max_size=80))
def test_a_broken_submit_is_answered_and_stops_nothing(body: bytes) -> None:
    try:
        pdu.read_submit(body)
    except pdu.BadPdu as bad:
        assert bad.command_status == pdu.BAD_LENGTH
