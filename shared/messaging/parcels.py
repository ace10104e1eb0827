"""Parcels: what the broker carries. One event, or some of one type, a line each: the broker works by messages, not by bytes.

Canonical JSON holds no newline, so the bytes of an event are the same alone and in company. Events of one subject never pass
each other: a parcel that would let them is closed, and another begun.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.messaging.flight import Flying

Doc = dict[str, Any]
Part = tuple[bytes, str]
"""The body of one event, and the trace it was told in or nothing."""
MOST_EVENTS = 50
MOST_BYTES = 32 * 1024
NEWLINE = b"\n"
TRACEPARENT = "traceparent"


@dataclass(slots=True, eq=False)
class Parcel:
    """One message: events of one routing key, and the outbox rows that wait for its confirm."""

    key: str
    first: str
    """Id of its first event."""
    bodies: list[bytes] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    rows: list[Flying] = field(default_factory=list)
    size: int = 0

    def body(self) -> bytes:
        """As it travels."""
        return NEWLINE.join(self.bodies)

    def headers(self) -> dict[str, str] | None:
        """The trace of all its events when it is one, else a line for each."""
        if not any(self.traces):
            return None
        return {TRACEPARENT: self.traces[0] if len(set(self.traces)) == 1 else "\n".join(self.traces)}

    def has_room(self, body: bytes) -> bool:
        """Whether one more event may come along."""
        return len(self.bodies) < MOST_EVENTS and self.size + len(body) <= MOST_BYTES

    def add(self, row: Flying, event: Doc) -> None:
        """Take an event along; its row waits for one more confirm, once."""
        self.bodies.append(event["body"])
        self.traces.append(event.get(TRACEPARENT, ""))
        self.size += len(event["body"])
        if not self.rows or self.rows[-1] is not row:
            self.rows.append(row)
            row.left += 1


def pack(rows: Iterable[tuple[Flying, Doc]], key_of: Callable[[Doc], str]) -> list[Parcel]:
    """The parcels for these outbox rows, in the order in which they must be published."""
    parcels: list[Parcel] = []
    open_ones: dict[str, int] = {}
    latest: dict[str, int] = {}
    for row, doc in rows:
        for event in doc["events"]:
            key, subject = key_of(event), event["subject"]
            at = open_ones.get(key, -1)
            if at < latest.get(subject, 0) or not parcels[at].has_room(event["body"]):
                at = open_ones[key] = len(parcels)
                parcels.append(Parcel(key, event["id"]))
            latest[subject] = at
            parcels[at].add(row, event)
    return parcels


def unpack(body: bytes, traceparent: object) -> Sequence[Part]:
    """The events of a message. What has more lines than any parcel is nobody's, and stays one piece."""
    if body.count(NEWLINE) >= MOST_EVENTS:
        return [(body, "")]
    bodies = body.split(NEWLINE)
    traces = traceparent.split("\n") if isinstance(traceparent, str) else [""]
    if len(traces) != len(bodies):
        traces = traces[:1] * len(bodies)
    return list(zip(bodies, traces, strict=True))
