"""Ten homes in one minute by one account, that are not one household or group.

A printed list keyed in takes a quarter of a minute a line at least; ten within a minute were not written by anybody who
had been there. A group at a festival reports together: such visits are left out. The hour is that of the check-in where
there was one. Source: docs/domain.md, rule 14 (answers and reports within seconds); ten and a minute are the issue's own
words.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from services.audit.evidence.rules.finding import Finding, Row, Rule, found, homes, whom

MANY = 10
WITHIN = timedelta(minutes=1)


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """The first minute in which an account told of ten homes, once for all that follow without a pause."""
    told = sorted((row for row in rows if row["kind"] != "festival_visit" and row.get("by") != "system"), key=_hour)
    start, raised_until = 0, -1
    for end in range(len(told)):
        while _hour(told[end]) - _hour(told[start]) > WITHIN:
            start += 1
        if start > raised_until and homes(told[start : end + 1]) >= MANY:
            minute = [row for row in told[start:] if _hour(row) - _hour(told[start]) <= WITHIN]
            raised_until = start + len(minute) - 1
            yield found("burst", whom(minute), minute, homes(minute))


def _hour(row: Row) -> datetime:
    hour: datetime = row.get("checked_in_at") or row["reported"]
    return hour


RULE = Rule("burst", "visits", "actor", 1, find, time="reported")
