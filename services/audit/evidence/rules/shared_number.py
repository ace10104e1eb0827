"""One telephone number for many families: a clerk who enters their own, to answer for them.

Three neighbours share a phone, the village shop's serves some: so five homes, not two. Compared by a keyed mark made here
when the registry tells of a person; the registry's own look-up hash stands in no event (docs/privacy.md). `household` of
a row is the person's home; a relative whose home is not known here counts as one. Source: docs/domain.md, rule 14
(clerks' own phones), rule 10.
"""

from collections.abc import Iterator, Sequence

from services.audit.evidence.rules.finding import Finding, Row, Rule, branch_id, found, homes

MANY = 5


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for a number that stands in too many homes."""
    if homes(rows) >= MANY:
        yield found("shared_number", branch_id(str(rows[0]["branch"])), rows, homes(rows), per=str(rows[0]["number"]))


RULE = Rule("shared_number", "people", "phones", 0, find)
