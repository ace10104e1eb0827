"""The line against two carriers: ours, and one nobody here wrote (docs/faults.md)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from services.notifier.smpp import (
    Accepted,
    Answer,
    Happening,
    Line,
    LineSettings,
    Receipt,
    ReceiptState,
    Throttled,
    Unknown,
    ids_of,
)
from shared.clock import FileCountyClock, MachineClock, from_wire
from shared.errors import Busy, Refused
from tests.carriers import Carrier, npm_carrier, our_carrier
from tests.eventually import eventually

PHONE, OTHER = "13800000001", "13800000002"
LONG = "【春雨】" + "村里来看过老人了，家里都好，天冷了被子也晒过了😀。" * 9
SOON = 10.0


class Notifier:
    """Hears the line, and waits for what is to come. `trouble` is raised instead, as often as it is set."""

    def __init__(self) -> None:
        self.heard: list[Happening] = []
        self.troubles = 0
        self.changed = threading.Condition()

    def __call__(self, batch: Sequence[Happening]) -> None:
        with self.changed:
            if self.troubles > 0:
                self.troubles -= 1
                raise RuntimeError("the database is away")
            self.heard += batch
            self.changed.notify_all()

    def hears(self, fits: Callable[[Happening], bool], what: str = "") -> Happening:
        """The first happening that fits, within the deadline."""
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(fits, self.heard)), SOON), f"{what} never came: {self.heard}"
            return next(filter(fits, self.heard))

    def hears_of(self, ref: str) -> Happening:
        """The word for this message."""
        return self.hears(lambda one: getattr(one, "ref", None) == ref, ref)

    def hears_receipt(self, word: Happening) -> Receipt:
        """The receipt for the first part of an accepted message, whichever way the carrier writes its id."""
        assert isinstance(word, Accepted)
        forms = set(ids_of(word.carrier_ids[0]))
        found = self.hears(lambda one: isinstance(one, Receipt) and bool(forms & set(ids_of(one.carrier_id))), "receipt")
        assert isinstance(found, Receipt)
        return found


def settings(carrier: Carrier, **more: object) -> LineSettings:
    """A line to this carrier with short patience."""
    base: dict[str, object] = {"answer_within": 2.0, "throttled_for": 5.0, "reconnect": (0.05, 0.2)}
    return LineSettings("127.0.0.1", carrier.port, "springrain", "rain", "10690123", **(base | more))  # type: ignore[arg-type]


@pytest.fixture(params=[lambda: our_carrier("--real-time", "--character", f"{PHONE}=silent"), npm_carrier], ids=["ours", "npm"])
def carrier(request: pytest.FixtureRequest) -> Iterator[Carrier]:
    """Each carrier in turn."""
    with request.param() as running:
        yield running


@pytest.fixture
def notifier() -> Notifier:
    """Who hears the line."""
    return Notifier()


@contextmanager
def line_to(carrier: Carrier, notifier: Notifier, **more: object) -> Iterator[Line]:
    """A line that is started, and stopped whatever happens."""
    line = Line(settings(carrier, **more), notifier, MachineClock(), structlog.get_logger())
    line.start()
    try:
        yield line
    finally:
        line.stop()


@pytest.fixture
def line(carrier: Carrier, notifier: Notifier) -> Iterator[Line]:
    """A line that is up."""
    with line_to(carrier, notifier) as line:
        yield line


def test_a_message_is_taken_and_its_receipt_comes(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    line.submit("one", PHONE, "【春雨】家里都好。")
    assert notifier.hears_receipt(notifier.hears_of("one")).state is ReceiptState.DELIVERED
    assert carrier.arrived(PHONE) == ["【春雨】家里都好。"]


def test_a_long_message_arrives_whole(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    line.submit("long", PHONE, LONG)
    word = notifier.hears_of("long")
    assert isinstance(word, Accepted) and len(word.carrier_ids) == 4
    assert carrier.arrived(PHONE) == [LONG]


@pytest.mark.parametrize("text", ["1", "看看", "{[~€]}", "妈妈说冷，" * 30 + "😀"])
def test_what_a_family_writes_is_heard_whole(carrier: Carrier, line: Line, notifier: Notifier, text: str) -> None:
    line.submit("one", PHONE, "【春雨】您好")
    notifier.hears_of("one")
    carrier.writes(PHONE, text)
    answer = notifier.hears(lambda one: isinstance(one, Answer), "answer")
    assert isinstance(answer, Answer) and (answer.sender, answer.text, answer.whole) == (PHONE, text, True)


def test_a_submit_without_an_answer_is_unknown_and_not_sent_again(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    line.submit("first", OTHER, "【春雨】您好")
    notifier.hears_of("first")
    carrier.fails(mute=1)
    line.submit("muted", PHONE, "【春雨】家里都好。")
    assert isinstance(notifier.hears_of("muted"), Unknown)
    line.submit("after", OTHER, "【春雨】您好")
    assert isinstance(notifier.hears_of("after"), Accepted)
    assert carrier.arrived(PHONE) == ["【春雨】家里都好。"]
    assert carrier.state()["parts"] == 3


def test_slow_down_is_heeded_and_the_message_sent_once(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    carrier.fails(throttle=2)
    line.submit("slow", PHONE, LONG)
    assert isinstance(notifier.hears_of("slow"), Accepted)
    assert line.state().window < 100
    assert (carrier.arrived(PHONE), carrier.state()["parts"]) == ([LONG], 4)


def test_a_message_held_back_too_long_may_be_queued_again(carrier: Carrier, notifier: Notifier) -> None:
    with line_to(carrier, notifier, throttled_for=0.5) as line:
        carrier.fails(throttle=1000)
        line.submit("held", PHONE, "【春雨】您好")
        assert notifier.hears_of("held") == Throttled("held")
        carrier.fails(throttle=0)
        line.submit("held", PHONE, "【春雨】您好")
        notifier.hears(lambda one: isinstance(one, Accepted), "accepted")
    assert carrier.arrived(PHONE) == ["【春雨】您好"]


def test_a_cut_connection_makes_unanswered_messages_unknown_and_comes_back(
    carrier: Carrier, line: Line, notifier: Notifier
) -> None:
    carrier.fails(mute=1)
    line.submit("cut", PHONE, "【春雨】您好")
    notifier.hears(lambda one: isinstance(one, Receipt), "its receipt")
    carrier.fails(cut=True)
    assert isinstance(notifier.hears_of("cut"), Unknown)
    line.submit("after", PHONE, "【春雨】又通了")
    assert isinstance(notifier.hears_of("after"), Accepted)
    assert line.state().connections == 2
    assert carrier.arrived(PHONE) == ["【春雨】您好", "【春雨】又通了"]


def test_what_was_not_committed_is_told_again(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    line.submit("one", PHONE, "【春雨】您好")
    notifier.hears_of("one")
    notifier.troubles = 1
    line.submit("two", PHONE, "【春雨】您好")
    assert notifier.hears_receipt(notifier.hears_of("two")).number == PHONE


def test_a_hundred_messages_at_once_are_each_taken_once(carrier: Carrier, line: Line, notifier: Notifier) -> None:
    for nth in range(100):
        line.submit(str(nth), f"138000001{nth:02}", "【春雨】过年好")
    words = [notifier.hears_of(str(nth)) for nth in range(100)]
    assert len({word.carrier_ids for word in words if isinstance(word, Accepted)}) == 100
    assert carrier.state()["parts"] == 100


def test_a_line_that_is_down_takes_nothing(notifier: Notifier) -> None:
    with our_carrier("--real-time", "--password", "other") as carrier, line_to(carrier, notifier) as line:
        with pytest.raises(Busy):
            line.submit("one", PHONE, "【春雨】您好", timeout=0.5)
        assert (line.state().bound, line.state().down_because) == (False, "bind_refused_0xe")


@pytest.mark.parametrize("to", ["", "138-0000", "１３８００００００００", "13800000001\x00", "1" * 30])
def test_what_is_no_number_never_reaches_the_wire(carrier: Carrier, line: Line, to: str) -> None:
    with pytest.raises(Refused):
        line.submit("one", to, "【春雨】您好")
    assert carrier.state()["parts"] == 0


def test_receipts_and_answers_come_when_county_time_reaches_them(tmp_path: Path, notifier: Notifier) -> None:
    time = FileCountyClock(tmp_path / "county-time")
    time.move_to(from_wire("2026-02-02T02:00:00Z"))
    words = ["--county-time", str(tmp_path / "county-time"), "--receipt-ids", "decimal"]
    words += [f"--character={PHONE}=family", f"--character={OTHER}=off"]
    with our_carrier(*words) as carrier, line_to(carrier, notifier) as line:
        carrier.sees(PHONE, came=True)
        line.submit("asked", PHONE, "【春雨】今天有人来看老人吗？来了回1，没来回2。")
        line.submit("off", OTHER, "【春雨】家里都好。")
        off = notifier.hears_of("off")
        assert notifier.hears_receipt(notifier.hears_of("asked")).state is ReceiptState.DELIVERED
        answers_at = carrier.state()["next_due"]
        assert answers_at in {f"2026-02-02T0{hour}:{minute}:00Z" for hour in (2, 3, 4, 5) for minute in ("00", "30")}
        time.move_to(from_wire(answers_at))
        answer = notifier.hears(lambda one: isinstance(one, Answer), "answer")
        assert isinstance(answer, Answer) and (answer.sender, answer.text) == (PHONE, "1")
        assert carrier.state()["next_due"] == "2026-02-03T02:00:00Z"
        time.move_to(from_wire("2026-02-03T02:00:00Z"))
        assert notifier.hears_receipt(off).state is ReceiptState.EXPIRED
        eventually(lambda: carrier.state()["idle"], "the carrier is idle")
        counts = carrier.state()
        assert (counts["submitted"], counts["delivered"], counts["failed"], counts["answers"]) == (2, 1, 1, 1)


def test_the_carrier_is_not_idle_while_somebody_has_not_taken_what_is_due(carrier: Carrier, notifier: Notifier) -> None:
    if "idle" not in carrier.state():
        return  # npm's has no county time to hold back
    with line_to(carrier, notifier) as line:
        line.submit("one", PHONE, "【春雨】您好")
        notifier.hears_receipt(notifier.hears_of("one"))
    carrier.writes(PHONE, "看看")
    assert not carrier.state()["idle"]
    with line_to(carrier, notifier):
        notifier.hears(lambda one: isinstance(one, Answer), "answer")
        eventually(lambda: carrier.state()["idle"], "the carrier is idle")


def test_a_person_sees_the_phones_and_answers_on_the_page(notifier: Notifier) -> None:
    words = ["--real-time", f"--character={PHONE}=silent"]
    with our_carrier(*words) as carrier, line_to(carrier, notifier) as line:
        line.submit("one", PHONE, "【春雨】<b>您好</b>")
        notifier.hears_of("one")
        assert "&lt;b&gt;您好" in carrier.page(f"/demo/handsets/{PHONE}")
        assert PHONE in carrier.page("/demo/handsets")
        page = carrier.page(f"/demo/handsets/{PHONE}/answer", {"text": "看看"})
        assert "看看" in page and "<form" in page
        answer = notifier.hears(lambda one: isinstance(one, Answer), "answer")
        assert isinstance(answer, Answer) and answer.text == "看看"
