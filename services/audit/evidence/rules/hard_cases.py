"""Hard cases ended or re-graded before an assessment: those whom the rhythm asks to be seen weekly leave the figures in
time.

Children turn sixteen and old people die on any day. So at least three people of one branch within the ten days before a
quarter ends, and four times as many a day as in the rest of the quarter. Source: docs/domain.md, rule 14 (hard cases
"moved away").
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from services.audit.evidence.rules.finding import Finding, Row, Rule, branch_id, found

BEFORE_DAYS = 10
QUARTER_DAYS = 92
MANY, TIMES = 3, 4


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for each quarter of a branch that lost its hard cases at the end."""
    quarters: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        if row["hard"] and "person" in row:
            quarters[_quarter_end(date.fromisoformat(row["day"]))].append(row)
    for end, ended in sorted(quarters.items()):
        last = [row for row in ended if date.fromisoformat(row["day"]) > end - timedelta(days=BEFORE_DAYS)]
        people, before = {row["person"] for row in last}, len(ended) - len(last)
        if len(people) >= MANY and len(last) * (QUARTER_DAYS - BEFORE_DAYS) >= TIMES * before * BEFORE_DAYS:
            yield found("hard_cases", branch_id(str(last[0]["branch"])), last, len(people), per=end.isoformat())


def _quarter_end(day: date) -> date:
    first = date(day.year + day.month // 10, (day.month + 2) // 3 * 3 % 12 + 1, 1)
    return first - timedelta(days=1)


RULE = Rule("hard_cases", "endings", "branch", QUARTER_DAYS, find)
