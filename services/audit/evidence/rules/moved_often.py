"""A date moved again and again: each put-off begins where the last one ended, and nobody came in between.

About the home, never the volunteer: "I cannot" costs nothing (docs/domain.md, rule 7). What the weather moved, or that
the family was away, is no put-off. The scheduler itself plans a missed visit anew twice at most, so four in a row were
made by people.
"""

from collections.abc import Iterator, Sequence

from services.audit.evidence.rules.finding import Finding, Row, Rule, found

MANY = 4
NOT_THEIRS = ("weather", "away")


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for each chain of put-offs that is too long."""
    chain: list[Row] = []
    for row in (row for row in rows if row["why"] not in NOT_THEIRS):
        if chain and row["from_day"] != chain[-1]["day"]:
            yield from _judged(chain)
            chain = []
        chain.append(row)
    yield from _judged(chain)


def _judged(chain: list[Row]) -> Iterator[Finding]:
    if len(chain) >= MANY:
        yield found("moved_often", chain[0]["household"], chain, len(chain))


RULE = Rule("moved_often", "moves", "household", 62, find)
