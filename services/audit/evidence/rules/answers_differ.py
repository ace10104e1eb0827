"""Answers against each other: of one visit somebody present says "came", another says that nobody did.

One of them is mistaken, or was told what to say. Hidden as a dispute is (docs/domain.md, rule 2). No threshold: one is
enough.
"""

from collections.abc import Iterator, Sequence

from services.audit.evidence.rules.finding import Finding, Row, Rule, found


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for a visit of which both was said."""
    came = [row for row in rows if row.get("meaning") == "came"]
    not_so = [row for row in rows if row.get("meaning") == "did_not_come"]
    if came and not_so:
        yield found("answers_differ", came[0]["visit"], [*came, *not_so], 2, record=str(not_so[0]["record"]))


RULE = Rule("answers_differ", "said", "mark", 31, find)
