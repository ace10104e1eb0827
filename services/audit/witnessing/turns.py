"""Whose turn it is to be asked for a cosignature, and which lines came together under one checkpoint. Asks nobody itself.

A round asks about one checkpoint everybody who can be asked: two witnesses that were each asked when it suited them would
never have signed the same one, and "two of three" would never be met.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.audit.model.note import Signature
from services.audit.witnessing.asking import Asking, Outcome
from services.audit.witnessing.cosigned import SIGNS

AT_MOST_EVERY_SECONDS = 2.0
AGAIN_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 300.0


@dataclass
class Turn:
    """One witness: since when it waits, in machine time, and for how long; its last thread while that still runs."""

    asking: Asking
    names: tuple[str, ...]
    asked: float = float("-inf")
    pause: float = 0.0
    signed: bytes = b""
    thread: threading.Thread | None = None
    outcome: Outcome | None = None

    def is_due(self, text: bytes, now: float) -> bool:
        """Whether to ask about this text now: something new, or a minute over; and not while it still answers."""
        if self.thread is not None and self.thread.is_alive():
            return False
        return now - self.asked >= (AGAIN_SECONDS if text == self.signed else self.pause)

    def settle(self, outcome: Outcome, text: bytes, now: float) -> None:
        """Note what came of it: who signs is asked in every round, who does not after growing pauses."""
        signs = outcome.state == SIGNS
        self.pause = 0.0 if signs else min(max(self.pause, AT_MOST_EVERY_SECONDS) * 2, LONGEST_PAUSE_SECONDS)
        self.asked, self.signed = now, text if signs else b""


class Rounds:
    """When the next round is, and who takes part."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self._last = float("-inf")

    def due(self, text: bytes, now: float) -> list[Turn]:
        """Whom to ask about this text now; nobody when the last round was a moment ago."""
        if now - self._last < AT_MOST_EVERY_SECONDS:
            return []
        found = [turn for turn in self._turns if turn.is_due(text, now)]
        self._last = now if found else self._last
        return found


@dataclass
class Gathered:
    """Good lines for one checkpoint, the newest of each key."""

    text: bytes = b""
    lines: dict[tuple[str, bytes], Signature] = field(default_factory=dict)

    def add(self, text: bytes, lines: Sequence[Signature]) -> None:
        """Add lines; those of another checkpoint go."""
        if text != self.text:
            self.text, self.lines = text, {}
        self.lines |= {(line.name, line.key_id): line for line in lines}
