"""Unwrapped keys in memory: few, and not for long. Nothing may stay longer than the store's limit of 60 s."""

import threading
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, Literal

from shared.clock import MachineClock
from shared.sealing.format import DataKey


class State(Enum):
    """The two answers of the key store that are no key."""

    ERASED = "erased"
    LOST = "lost"


ERASED: Final = State.ERASED
LOST: Final = State.LOST
Erasure = Literal[State.ERASED]
Answer = DataKey | State


class KeyCache:
    """Answers by person with the moment their reading began. Oldest first, so that forgetting is cheap. Thread-safe."""

    def __init__(self, clock: MachineClock, kept_for: float, most: int = 10_000) -> None:
        self._clock, self._kept_for, self._most = clock, kept_for, most
        self._held: dict[str, tuple[float, Answer]] = {}
        self._forgotten: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, persons: Iterable[str]) -> dict[str, Answer]:
        """The answers that are still good."""
        with self._lock:
            self._sweep()
            return {person: self._held[person][1] for person in persons if person in self._held}

    def put(self, answers: Mapping[str, Answer], since: float) -> None:
        """Keep what was read from `since` (monotonic) on, except LOST and what was forgotten while it was read."""
        with self._lock:
            for person, answer in answers.items():
                self._held.pop(person, None)
                if answer is not LOST and self._forgotten.get(person, -1.0) < since:
                    self._held[person] = (since, answer)
            self._sweep()

    def forget(self, persons: Iterable[str]) -> None:
        """Drop these now."""
        with self._lock:
            for person in persons:
                self._held.pop(person, None)
                self._forgotten.pop(person, None)
                self._forgotten[person] = self._clock.monotonic()

    def sweep(self) -> None:
        """Drop what is too old or too much."""
        with self._lock:
            self._sweep()

    def _sweep(self) -> None:
        too_old = self._clock.monotonic() - self._kept_for
        for held in (self._held, self._forgotten):
            for person in list(_oldest(held, too_old, self._most)):
                del held[person]


def _oldest(held: Mapping[str, object], too_old: float, most: int) -> Iterable[str]:
    """What must go, from the front: entries stand in the order they were put, which is nearly that of their age."""
    over = len(held) - most
    for number, (person, entry) in enumerate(held.items()):
        since = entry[0] if isinstance(entry, tuple) else entry
        if number >= over and isinstance(since, float) and since > too_old:
            return
        yield person
