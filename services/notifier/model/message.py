"""The life of a message: its states and the moves between them, as one table. States never go backwards.

The one way back to `queued` is the carrier's own word that nothing of it was taken. From `unknown` there is no way back:
what may have been sent is never sent again by itself (docs/faults.md). Of what a restored backup has as `queued`, nobody knows.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    """Waits for its turn, or for the morning."""
    SUBMITTING = "submitting"
    """Committed before it is handed to the line: a crash from here on leaves it unknown."""
    SUBMITTED = "submitted"
    """The carrier took it."""
    UNKNOWN = "unknown"
    """Sent perhaps. Only the carrier's late word or a receipt settles it."""
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """Never sent: a rule stood against it before its turn came."""


MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SUBMITTING, State.WITHDRAWN, State.UNKNOWN}),
    State.SUBMITTING: frozenset({State.SUBMITTED, State.FAILED, State.UNKNOWN, State.QUEUED}),
    State.UNKNOWN: frozenset({State.SUBMITTED, State.DELIVERED, State.FAILED}),
    State.SUBMITTED: frozenset({State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
TOLD: Mapping[State, str] = {
    State.SUBMITTED: "message.submitted.v1",
    State.DELIVERED: "message.delivered.v1",
    State.FAILED: "message.failed.v1",
    State.UNKNOWN: "message.unknown.v1",
}
"""The event that tells of a state; the others are nobody else's business."""
RESTORED = "restored"
"""Why a message is unknown: this database was restored, and from its lost time the log does not say that it was sent."""


def may_move(now: State, to: State) -> bool:
    """Whether a message may go from one state to the other."""
    return to in MOVES[now]


def of_parts(parts: int, receipts: Sequence[State]) -> State | None:
    """What the final receipts of single parts say of the whole: one failed part fails it, all delivered deliver it."""
    if State.FAILED in receipts:
        return State.FAILED
    return State.DELIVERED if parts and len(receipts) >= parts else None


REFUSED = {0x0B: "no_such_number", 0x33: "no_such_number"}
"""SMPP command_status by which a carrier says that the number does not exist."""
NO_SUCH_NUMBER = ("", "0", "00", "000", "1", "01", "001", "UNDELIV", "UNKNOWN")
"""Error codes of a failed receipt that speak of the number; others speak of the message."""


def why_refused(status: int) -> str:
    """The kind of a refused submit."""
    return REFUSED.get(status, "refused")


def why_failed(*, expired: bool, error: str) -> str:
    """The kind of a failed receipt."""
    if expired:
        return "expired"
    return "no_such_number" if error.upper() in NO_SUCH_NUMBER else "rejected"
