"""Texts as the network carries them (docs/faults.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.model.sms import Alphabet, Place, TooLong, decode, encode, read_header, split


def whole_again(text: str) -> str:
    """What a phone shows after putting the parts together."""
    parts = split(text)
    payloads = parts.payloads(7)
    bodies = payloads if len(payloads) == 1 else [read_header(payload)[1] for payload in payloads]
    return "".join(decode(body, parts.alphabet.value) for body in bodies)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    assert whole_again(text) == text


@given(st.text(alphabet="老人😀👩‍👩‍👧🏽é{}[]€ab", max_size=300))
def test_no_part_is_larger_than_the_network_carries(text: str) -> None:
    parts = split(text)
    most = 160 if parts.alphabet is Alphabet.GSM7 else 140
    assert all(len(payload) <= most for payload in parts.payloads(1))


@pytest.mark.parametrize(("length", "parts"), [(70, 1), (71, 2), (134, 2), (135, 3)])
def test_chinese_takes_seventy_letters_or_sixty_seven_a_part(length: int, parts: int) -> None:
    assert len(split("雨" * length).pieces) == parts


@pytest.mark.parametrize(("text", "parts"), [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2)])
def test_an_escaped_letter_counts_twice(text: str, parts: int) -> None:
    assert len(split(text).pieces) == parts


def test_an_emoji_is_never_cut() -> None:
    family = "👨‍👩‍👧"
    first, second = split("雨" * 66 + family + "雨" * 10).pieces
    assert (first, second) == ("雨" * 66, family + "雨" * 10)


def test_an_escaped_letter_is_never_cut() -> None:
    assert split("a" * 152 + "{" + "b" * 20).pieces[0] == "a" * 152


def test_a_text_of_a_dozen_parts_is_refused() -> None:
    with pytest.raises(TooLong):
        split("雨" * 67 * 11)


def test_each_part_says_which_it_is() -> None:
    places = [read_header(payload)[0] for payload in split("雨" * 200).payloads(300)]
    assert places == [Place(44, 3, 1), Place(44, 3, 2), Place(44, 3, 3)]


@pytest.mark.parametrize(("total", "number"), [(0, 1), (3, 7), (3, 0), (1, 1)])
def test_a_part_seven_of_three_is_read_as_a_message_of_its_own(total: int, number: int) -> None:
    assert read_header(bytes([5, 0, 3, 1, total, number]) + b"x") == (None, b"x")


@given(st.binary(max_size=200), st.integers(0, 255))
def test_nothing_a_phone_sends_stops_the_reader(data: bytes, coding: int) -> None:
    place, body = read_header(data)
    assert isinstance(decode(body, coding), str)
    assert place is None or 1 <= place.number <= place.total


def test_an_odd_byte_at_the_end_of_ucs2_is_dropped() -> None:
    assert decode("好的".encode("utf-16-be") + b"\x00", 8) == "好的"


def test_letters_of_the_extension_table_are_read() -> None:
    assert decode(encode("{}[]~|\\^€", Alphabet.GSM7), 0) == "{}[]~|\\^€"


def test_a_lone_surrogate_does_not_stop_a_message() -> None:
    assert decode(encode("好\ud83d", Alphabet.UCS2), 8) == "好\ufffd"
