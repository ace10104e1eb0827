"""What all points together say of a visit. Pure.

No channel means *unknown*, never low (docs/domain.md, rule 1): it must not cost to serve the poorest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.audit.evidence.point import AGAINST, SHOWN_FROM, Point


class Verdict(StrEnum):
    """Three words, and no number between them: a visit is shown, or spoken against, or nothing is known."""

    SHOWN = "shown"
    UNKNOWN = "unknown"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The points of one visit. `branch` bounds who may ask."""

    visit: str
    branch: str
    points: tuple[Point, ...] = ()

    @property
    def worth(self) -> int:
        """The sum of what speaks for the visit; a dispute is no minus here but another verdict. A channel counts once."""
        return sum(worth for worth in {point.channel: point.worth for point in self.points}.values() if worth > 0)

    @property
    def verdict(self) -> Verdict:
        """Spoken against as soon as somebody present said so; a person looks, whatever else there is."""
        if any(point.channel == AGAINST for point in self.points):
            return Verdict.DISPUTED
        return Verdict.SHOWN if self.worth >= SHOWN_FROM else Verdict.UNKNOWN

    def for_branch(self) -> str:
        """All that a branch or a volunteer is told: the silent and the disputed look the same (rule 2).

        A dispute changes nothing here: a visit that was shown and no longer is would tell who has spoken since.
        """
        return "shown" if self.worth >= SHOWN_FROM else "in_review"


@dataclass(frozen=True, slots=True)
class Tally:
    """The visits of a volunteer, branch or period by verdict."""

    shown: int = 0
    unknown: int = 0
    disputed: int = 0

    @property
    def standing(self) -> int | None:
        """Per thousand visits against which nothing speaks; None without a visit.

        A home without a phone can raise it at most: what cannot be asked is counted, and counts for nobody's harm.
        """
        whole = self.shown + self.unknown + self.disputed
        return 1000 - 1000 * self.disputed // whole if whole else None


def standing(evidences: Iterable[Evidence]) -> Tally:
    """Counts verdicts."""
    found = [each.verdict for each in evidences]
    return Tally(*(found.count(verdict) for verdict in (Verdict.SHOWN, Verdict.UNKNOWN, Verdict.DISPUTED)))
