"""One device for many volunteers' accounts.

Known only where the county switched the device's random id on (docs/domain.md, rule 8); else this rule is silent. A
couple shares a phone; an office keys lists in as clerks, whose accounts do not count. Source: docs/domain.md, rule 14
(one device for six volunteers).
"""

from collections.abc import Iterator, Sequence

from services.audit.evidence.rules.finding import Finding, Row, Rule, branch_id, found

MANY = 4


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for a device from which too many volunteers' accounts told of visits."""
    own = [row for row in rows if row.get("by") == "volunteer"]
    accounts = {row["actor"] for row in own}
    if len(accounts) >= MANY:
        yield found("shared_device", branch_id(str(own[0]["branch"])), own, len(accounts), per=str(own[0]["device"]))


RULE = Rule("shared_device", "visits", "device", 31, find, time="reported")
