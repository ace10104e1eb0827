"""What a rule finds, and what a rule is. Pure: rows of one key in, findings out; no clock, no database, no person opened.

A finding is a question to a person above the branch, never a verdict: honest oddities look the same (docs/threats.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.audit.model.concern import above

Row = Mapping[str, Any]
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against itself: what it is about, where, and which events show it."""

    kind: str
    about: str
    branches: tuple[str, ...]
    shows: tuple[str, ...]
    times: int
    """How many things it is made of: visits, answers, homes, as the rule counts them."""
    per: str = ""
    """Tells several about one thing apart."""
    record: str = ""
    """Whose key seals it, when it tells what families answered."""

    @property
    def place(self) -> str:
        """Where most of it happened; the first by path among equals."""
        return min(set(self.branches), key=lambda branch: (-self.branches.count(branch), branch))

    @property
    def level(self) -> str:
        """Who may look: the township of all its branches, or the county; never a branch that it is about."""
        townships = {tuple(branch.split("/")[:2]) for branch in self.branches}
        return above(self.place) if len(townships) == 1 else "county"


@dataclass(frozen=True, slots=True)
class Rule:
    """One contradiction: which rows it wants together, of how many days, and what it says of them.

    `key`: the field by which rows belong together. `find` gets them in the order of their time.
    """

    kind: str
    rows: str
    key: str
    days: int
    find: Callable[[Sequence[Row]], Iterator[Finding]]
    time: str = "at"
    wanted: Mapping[str, Any] = field(default_factory=dict)
    judged_on: Callable[[date], bool] = lambda day: True
    """On which days of the county it can find anything."""


def found(kind: str, about: str, rows: Sequence[Row], times: int, **more: str) -> Finding:
    """A finding that these rows show."""
    shows = tuple(dict.fromkeys(str(row["event"]) for row in rows))[:MOST_SHOWN]
    return Finding(kind, about, tuple(str(row["branch"]) for row in rows), shows, times, **more)


def branch_id(path: str) -> str:
    """The branch itself, of its path."""
    return path.rsplit("/", 1)[-1]


def whom(rows: Sequence[Row]) -> str:
    """The one volunteer of all these visits; the branch of the first where there are several."""
    volunteers = {str(row["volunteer"]) for row in rows}
    return volunteers.pop() if len(volunteers) == 1 else branch_id(str(rows[0]["branch"]))


def homes(rows: Sequence[Row]) -> int:
    """In how many different homes."""
    return len({row["household"] for row in rows})
