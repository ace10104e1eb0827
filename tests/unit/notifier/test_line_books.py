"""The books of the line: one word for every message, long answers put together, receipts of every make."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.model.sms import Place
from services.notifier.smpp import Accepted, Answer, NotSent, ReceiptState, Refused, Throttled, Unknown, ids_of, wire
from services.notifier.smpp.assembly import Assembly, Part
from services.notifier.smpp.flights import Flights, Outgoing
from services.notifier.smpp.receipts import read_receipt


class Books:
    """Flights with a clock, and sequence numbers given in turn."""

    def __init__(self, window: int = 10) -> None:
        self.flights, self.now, self.sequence = Flights(window, answer_within=30, throttled_for=60), 0.0, 0

    def add(self, ref: str, parts: int = 1) -> None:
        self.flights.add(Outgoing(ref, "13800000001", 8, [b"x"] * parts, self.now))

    def send(self) -> list[int]:
        """Put on the wire what may be."""
        sent = []
        while flight := self.flights.next(self.now):
            self.sequence += 1
            self.flights.sent(flight, self.sequence, self.now)
            sent.append(self.sequence)
        return sent

    def answer(self, sequence: int, status: int = 0, carrier_id: str = "A") -> object:
        return self.flights.answered(sequence, status, carrier_id, self.now)


def test_a_long_message_is_accepted_with_its_last_part() -> None:
    books = Books()
    books.add("long", parts=2)
    books.send()
    assert books.answer(2, carrier_id="B") == []
    assert books.answer(1, carrier_id="A") == [Accepted("long", ("A", "B"))]


def test_the_window_bounds_what_is_on_the_wire() -> None:
    books = Books(window=3)
    books.add("long", parts=5)
    assert books.send() == [1, 2, 3]
    books.answer(1)
    assert books.send() == [4]


def test_an_unanswered_part_makes_the_message_unknown_and_a_late_answer_accepts_it() -> None:
    books = Books()
    books.add("one")
    books.send()
    books.now = 31
    assert books.flights.overdue(books.now) == [Unknown("one", ())]
    assert books.answer(1) == [Accepted("one", ("A",))]
    assert books.answer(1) == []


def test_parts_not_yet_sent_of_an_unknown_message_stay_unsent() -> None:
    books = Books(window=1)
    books.add("long", parts=2)
    books.send()
    books.now = 31
    assert books.flights.overdue(books.now) == [Unknown("long", ())]
    assert books.send() == []


def test_a_refused_part_refuses_the_message_once() -> None:
    books = Books()
    books.add("long", parts=3)
    books.send()
    books.answer(1)
    assert books.answer(2, status=0x0B) == [Refused("long", 0x0B, ("A",))]
    assert books.answer(3, status=0x0B) == []


def test_slow_down_pauses_and_sends_the_same_part_again() -> None:
    books = Books()
    books.add("one")
    books.send()
    assert books.answer(1, status=0x58) == []
    assert (books.send(), books.flights.window) == ([], 5)
    books.now = 0.6
    assert books.send() == [2]


def test_slow_down_without_end_gives_the_message_back_only_if_no_part_was_taken() -> None:
    books = Books()
    books.add("whole")
    books.add("begun", parts=2)
    books.send()
    books.answer(2)
    books.answer(3, status=0x58)
    books.answer(1, status=0x58)
    books.now = 61
    assert sorted(books.flights.overdue(books.now), key=str) == [Throttled("whole"), Unknown("begun", ("A",))]


def test_a_lost_connection_leaves_unknown_what_was_on_the_wire_and_gives_back_the_rest() -> None:
    books = Books(window=1)
    books.add("flying", parts=2)
    books.add("waiting")
    books.send()
    assert books.flights.lost() == [Unknown("flying", ()), NotSent("waiting")]
    assert books.send() == []


def test_an_answer_nobody_asked_for_is_passed_over() -> None:
    assert Books().answer(77) == []


@given(st.lists(st.sampled_from(["send", "ok", "slow", "refuse", "late", "cut"]), max_size=60))
def test_every_message_gets_exactly_one_first_word(steps: list[str]) -> None:
    books, words, flying = Books(window=4), [], []
    for nth, step in enumerate(steps):
        books.now += 1
        if step == "send":
            books.add(str(nth), parts=nth % 3 + 1)
        flying += books.send()
        if step in ("ok", "slow", "refuse") and flying:
            status = {"ok": 0, "slow": 0x58, "refuse": 0x08}[step]
            words += books.flights.answered(flying.pop(0), status, "A", books.now)
        if step == "late":
            books.now += 31
            words += books.flights.overdue(books.now)
        if step == "cut":
            words, flying = words + books.flights.lost(), []
    words += books.flights.lost()
    first = [word.ref for word in words if not isinstance(word, Answer)]
    added = [str(nth) for nth, step in enumerate(steps) if step == "send"]
    assert sorted(set(first)) == sorted(added)
    for ref in added:
        kinds = [type(word) for word in words if word.ref == ref]
        assert len(kinds) == 1 or (len(kinds) == 2 and kinds[0] is Unknown)


def part(number: int, total: int, body: bytes, ticket: int = 0) -> Part:
    """One part of a UCS-2 answer."""
    return Part("13800000001", "10690123", 8, body, Place(7, total, number) if total > 1 else None, ticket)


TEXT = "妈妈😀说冷"
BYTES = [TEXT.encode("utf-16-be")[at : at + 6] for at in (0, 6, 12)]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_parts_in_any_order_make_one_answer_even_when_an_emoji_is_cut(order: tuple[int, ...]) -> None:
    assembly = Assembly(2, 120)
    done = [assembly.take(part(number, 3, BYTES[number - 1], number), 0) for number in order]
    assert done[:2] == [None, None]
    assert done[2] is not None and done[2].answer.text == TEXT
    assert sorted(done[2].tickets) == [1, 2, 3]


def test_a_part_that_comes_twice_is_shown_once_and_acknowledged_twice() -> None:
    assembly = Assembly(2, 120)
    assembly.take(part(1, 2, b"\x4f\x60", 1), 0)
    assembly.take(part(1, 2, b"\x4f\x60", 2), 0)
    done = assembly.take(part(2, 2, b"\x59\x7d", 3), 0)
    assert done is not None and (done.answer.text, done.tickets) == ("你好", (1, 2, 3))


def test_a_missing_part_shows_as_a_gap_after_its_time() -> None:
    assembly = Assembly(2, 120)
    assembly.take(part(1, 3, "你好".encode("utf-16-be")), 0)
    assembly.take(part(3, 3, "再见".encode("utf-16-be")), 0)
    assert assembly.overdue(119) == []
    (late,) = assembly.overdue(121)
    assert (late.answer.text, late.answer.whole) == ("你好…再见", False)


def test_parts_are_acknowledged_when_the_next_one_lets_itself_be_waited_for() -> None:
    assembly = Assembly(2, 120)
    assembly.take(part(1, 2, b"\0a", 5), 0)
    assert (assembly.to_acknowledge(1), assembly.to_acknowledge(3), assembly.to_acknowledge(4)) == ([], [5], [])


@pytest.mark.parametrize(("said", "shown"), [("1F4", "500"), ("000001f4", "500"), ("500", "1F4"), ("500", "0500"), ("-", "-")])
def test_ids_in_hex_and_decimal_meet(said: str, shown: str) -> None:
    assert set(ids_of(said)) & set(ids_of(shown))


def test_the_id_as_it_was_given_comes_first() -> None:
    assert ids_of("00A1")[0] == "00A1"


RECEIPT = "id:0123 sub:001 dlvrd:001 submit date:2602020900 done date:2602021005 stat:{} err:000 text:"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", ReceiptState.DELIVERED),
        ("UNDELIV", ReceiptState.FAILED),
        ("EXPIRED", ReceiptState.EXPIRED),
        ("ENROUTE", ReceiptState.ON_THE_WAY),
        ("ACCEPTD", ReceiptState.ON_THE_WAY),
        ("DELIVERED", ReceiptState.ON_THE_WAY),
    ],
)
def test_a_receipt_says_what_became_of_a_message(word: str, state: ReceiptState) -> None:
    at = datetime(2026, 2, 2, 2, 5, tzinfo=UTC)
    assert read_receipt(RECEIPT.format(word), None, None) == ("0123", state, at, "000")


def test_a_receipt_without_text_is_read_from_its_parameters() -> None:
    assert read_receipt("", "77", 2) == ("77", ReceiptState.DELIVERED, None, "")


@given(st.text(max_size=200), st.none() | st.text(max_size=5), st.none() | st.integers(0, 255))
def test_no_receipt_stops_the_reader(text: str, tlv_id: str | None, state: int | None) -> None:
    read_receipt(text, tlv_id, state)


@given(st.binary(min_size=4, max_size=120))
def test_no_pdu_stops_the_reader(body: bytes) -> None:
    raw = (16 + len(body)).to_bytes(4, "big") + b"\0\0\0" + body[:1] + b"\0" * 7 + body[1:2] + body
    try:
        wire.read(raw)
    except wire.Unreadable as bad:
        assert bad.response is not None
