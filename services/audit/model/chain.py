"""Each thing's events, counted by its owner 1, 2, 3, ... without a hole (docs/design.md, 3); how many each source told.

From the numbers alone: says nothing of what the events tell. Pure; serves the log's own watch and the offline verifier.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Hole:
    """Revisions of a subject that are not in the log, `first` to `last`; `entry` holds the next one that is."""

    subject: str
    first: int
    last: int
    entry: int


@dataclass(frozen=True)
class Twice:
    """A revision of a subject told twice, or an event id used twice (`revision` 0): the two entries."""

    subject: str
    revision: int
    entry: int
    again: int


class Seen(Enum):
    """What a revision is to a chain."""

    NEXT = "next"
    AHEAD = "ahead"
    AGAIN = "again"


@dataclass(frozen=True)
class Chain:
    """How far one subject's revisions go without a hole, and which lie beyond one: the log's watch while it grows."""

    reached: int = 0
    ahead: frozenset[int] = frozenset()

    def tell(self, revision: int) -> tuple["Chain", Seen]:
        """The chain after this revision, and what it was. The same revision again changes nothing."""
        if revision <= self.reached or revision in self.ahead:
            return self, Seen.AGAIN
        ahead = self.ahead | {revision}
        reached = self.reached
        while reached + 1 in ahead:
            reached += 1
        kept = frozenset(each for each in ahead if each > reached)
        return Chain(reached, kept), Seen.NEXT if revision <= reached else Seen.AHEAD

    def missing(self) -> list[tuple[int, int]]:
        """The holes, as first and last revision not told. Empty when whole."""
        holes, after = [], self.reached
        for revision in sorted(self.ahead):
            if revision > after + 1:
                holes.append((after + 1, revision - 1))
            after = revision
        return holes


def faults_of_chain(subject: str, told: Iterable[tuple[int, int]]) -> list[Hole | Twice]:
    """What is wrong with one subject's chain, given (revision, entry) of all that was told, in any order.

    That a source holds nothing back at the end of a chain is shown by its day's counts, not here.
    """
    faults: list[Hole | Twice] = []
    before, before_entry = 0, -1
    for revision, entry in sorted(told):
        if revision == before:
            faults.append(Twice(subject, revision, before_entry, entry))
        elif revision > before + 1:
            faults.append(Hole(subject, before + 1, revision - 1, entry))
        before, before_entry = revision, entry
    return faults


class Told:
    """Counts what each source told."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, source: str) -> None:
        """One more of this source."""
        self._counts[source] = self._counts.get(source, 0) + 1

    def counts(self) -> dict[str, int]:
        """Source -> number of entries, by name."""
        return dict(sorted(self._counts.items()))
