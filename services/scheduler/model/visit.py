"""What can become of a visit: its states and the allowed moves, and who bore witness to it."""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Conflict


class State(StrEnum):
    """Where a visit stands. Witness is apart: it comes later, and from others."""

    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    DECLINED = "declined"
    COMPLETED = "completed"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What can be done with a visit."""

    CHECK_IN = "check_in"
    REPORT = "report"
    DECLINE = "decline"
    MOVE = "move"
    MISS = "miss"
    CANCEL = "cancel"


MOVES: Mapping[tuple[State, Move], State] = {
    (State.PLANNED, Move.CHECK_IN): State.CHECKED_IN,
    (State.PLANNED, Move.REPORT): State.COMPLETED,
    (State.CHECKED_IN, Move.REPORT): State.COMPLETED,
    (State.PLANNED, Move.DECLINE): State.DECLINED,
    (State.PLANNED, Move.MOVE): State.PLANNED,
    (State.DECLINED, Move.MOVE): State.PLANNED,
    (State.PLANNED, Move.MISS): State.MISSED,
    (State.DECLINED, Move.MISS): State.MISSED,
    (State.PLANNED, Move.CANCEL): State.CANCELLED,
    (State.DECLINED, Move.CANCEL): State.CANCELLED,
}
"""The only moves there are. Who checked in was there: such a visit is neither missed nor cancelled, only reported."""

OPEN = (State.PLANNED, State.CHECKED_IN, State.DECLINED)
TAKES_ROOM = (State.PLANNED, State.CHECKED_IN, State.COMPLETED)
"""States in which a visit uses up what its volunteer offered: not when missed, and not after "I cannot"."""


class Witness(StrEnum):
    """What those present said (docs/domain.md, rule 1). Nobody asked or no answer is unknown, and costs nobody anything."""

    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


def after(state: str, move: Move) -> State:
    """The state after this move. Raises Conflict when the table has no such move."""
    found = MOVES.get((State(state), move))
    if found is None:
        raise Conflict(f"a visit that is {state} cannot do this any more: {move}")
    return found


def heard(before: str, came: bool) -> Witness:
    """The witness after another answer. A dispute stays until the township has looked, whoever says otherwise."""
    if not came or before == Witness.DISPUTED:
        return Witness.DISPUTED
    return Witness.CONFIRMED


def as_shown(state: str, witness: str, asked: bool, sees_disputes: bool, said_yes: bool = False) -> str:
    """The word for a visit on a page. Who may not see disputes sees every asked visit without a yes as in review.

    So the silent and the disputed look the same, and nobody can tell who complained (docs/domain.md, rule 2). What was
    confirmed before it was disputed (`said_yes`) stays so for them: a word that changes tells that somebody spoke.
    """
    if state != State.COMPLETED:
        return state
    if witness == Witness.CONFIRMED or (said_yes and not sees_disputes):
        return "confirmed"
    if sees_disputes:
        return "disputed" if witness == Witness.DISPUTED else "completed"
    return "in_review" if asked else "completed"
