"""Parcels: whatever travels together, each subject's events come out in their order, each once, byte for byte."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.flight import Flying
from shared.messaging.parcels import MOST_BYTES, MOST_EVENTS, TRACEPARENT, pack, unpack

KINDS, SUBJECTS = st.sampled_from(["a.made.v1", "b.made.v1", "c.made.v1"]), st.integers(0, 3)
SIZES, TRACES = st.sampled_from([10, 200, 30_000]), st.sampled_from(["", "one", "two"])
TOLD = st.lists(st.lists(st.tuples(KINDS, SUBJECTS, SIZES, TRACES), min_size=1, max_size=12), max_size=12)
Doc = dict[str, Any]


def rows_of(told: list[list[tuple[str, int, int, str]]]) -> list[tuple[Flying, Doc]]:
    """Outbox rows: each event knows its number among all."""
    rows, number = [], 0
    for commit in told:
        events = []
        for kind, subject, size, trace in commit:
            body = f"{number}|{subject}|".encode() + b"x" * size
            event = {"id": str(number), "type": kind, "subject": str(subject), "body": body}
            events.append({**event, TRACEPARENT: trace} if trace else event)
            number += 1
        rows.append((Flying(events[0]["id"], "", [("", each["id"]) for each in events]), {"events": events}))
    return rows


@given(TOLD)
def test_what_was_packed_comes_out_whole_each_subject_in_its_order(told: list[list[tuple[str, int, int, str]]]) -> None:
    rows = rows_of(told)
    sent = {event["body"]: event.get(TRACEPARENT, "") for _row, doc in rows for event in doc["events"]}
    parcels = pack(rows, lambda event: event["type"])
    came = [part for parcel in parcels for part in unpack(parcel.body(), (parcel.headers() or {}).get(TRACEPARENT))]
    assert sorted(came) == sorted(sent.items())
    for subject in "0123":
        numbers = [int(body.split(b"|")[0]) for body, _ in came if body.split(b"|")[1] == subject.encode()]
        assert all(one < other for one, other in pairwise(numbers))
    for parcel in parcels:
        assert len(parcel.bodies) <= MOST_EVENTS
        assert parcel.size <= MOST_BYTES
        assert len({event["type"] for _row, doc in rows for event in doc["events"] if event["body"] in parcel.bodies}) == 1


@given(TOLD)
def test_a_row_waits_for_each_parcel_it_has_an_event_in(told: list[list[tuple[str, int, int, str]]]) -> None:
    rows = rows_of(told)
    parcels = pack(rows, lambda event: event["type"])
    for row, doc in rows:
        mine = {event["body"] for event in doc["events"]}
        assert row.left == sum(not mine.isdisjoint(parcel.bodies) for parcel in parcels)


def test_two_hundred_of_one_commit_make_four_messages() -> None:
    told = [[("a.made.v1", number, 300, "one") for number in range(200)]]
    parcels = pack(rows_of(told), lambda event: event["type"])
    assert [len(parcel.bodies) for parcel in parcels] == [MOST_EVENTS] * 4
    assert {str(parcel.headers()) for parcel in parcels} == {str({TRACEPARENT: "one"})}


def test_bytes_of_a_stranger_stay_one_piece_when_they_are_no_parcel() -> None:
    assert unpack(b"", None) == [(b"", "")]
    assert unpack(b"\n" * MOST_EVENTS, 7) == [(b"\n" * MOST_EVENTS, "")]
    assert unpack(b"a\nb", "x\ny\nz") == [(b"a", "x"), (b"b", "x")]
