"""Answers within seconds of the question: the phones of several families in one hand, that waited for it.

An old person looks for the glasses first; a grandchild with the phone in hand answers at once, in one home. So three
homes of one volunteer, and a third of all who said yes. Hidden: what families answered is nobody's below the township.
Source: docs/domain.md, rule 14.
"""

from collections.abc import Iterator, Sequence

from services.audit.evidence.gather import QUICK_SECONDS
from services.audit.evidence.rules.finding import Finding, Row, Rule, found, homes

MANY_HOMES = 3
SHARE = 3
"""One in so many of the answers must have been quick."""


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for a volunteer whose homes answer too quickly, too often."""
    yes = [row for row in rows if row.get("meaning") == "came" and "seconds" in row]
    quick = [row for row in yes if row["seconds"] <= QUICK_SECONDS]
    if quick and homes(quick) >= MANY_HOMES and len(quick) * SHARE >= len(yes):
        yield found("quick_answers", quick[0]["volunteer"], quick, len(quick), record=str(quick[0]["record"]))


RULE = Rule("quick_answers", "said", "whose", 31, find)
