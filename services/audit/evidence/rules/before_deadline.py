"""Visits crowded before a deadline: half a branch's month in its last three days, when figures are due.

Even days would give a tenth. Left out: festival visits, look-ins (they come when asked), and what the weather moved.
Source: docs/domain.md, rule 14; half is five times what even days give, and a branch of less than twenty visits says
nothing.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from services.audit.evidence.rules.finding import Finding, Row, Rule, branch_id, found
from shared.clock import county_day

LAST_DAYS = 3
FEWEST = 20
NOT_ROUTINE = ("festival_visit", "look_in", "telephone")


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for each month of a branch that was crowded into its end."""
    months: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["kind"] not in NOT_ROUTINE and not row.get("weather"):
            months[county_day(row["at"]).isoformat()[:7]].append(row)
    for month, told in sorted(months.items()):
        late = [row for row in told if _at_the_end(county_day(row["at"]))]
        if len(told) >= FEWEST and len(late) * 2 >= len(told):
            yield found("before_deadline", branch_id(str(told[0]["branch"])), late, len(late), per=month)


def _at_the_end(day: date) -> bool:
    return day.day > monthrange(day.year, day.month)[1] - LAST_DAYS


def _judged_on(day: date) -> bool:
    return _at_the_end(day) or day.day <= LAST_DAYS


RULE = Rule("before_deadline", "visits", "branch", 31, find, time="reported", judged_on=_judged_on)
