"""How well contradictions are found: months with planted fakes and with all the oddities of honest people.

Recall: planted fakes that were found. Precision: findings that were planted. Thresholds were set on the seeds `TUNED_ON`; the
figures are of seeds that were never looked at before. Also the time over a county's month, and that honest months stay quiet.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.audit.evidence.rules import RULES
from services.audit.evidence.rules.finding import Finding, Row, Rule
from tests.bench.evening import evening
from tests.bench.invented_county import County, honest
from tests.bench.planted import Plant, plant
from tests.bench.rows import Row as Figure

Doc = dict[str, Any]
TUNED_ON = range(1, 13)
KEPT_APART = range(1001, 1013)
QUICK_SEEDS = 4
EACH = 3
"""Fakes of each kind in a month."""
RECALL, PRECISION = 80, 90
"""Goals in per cent. A careful cheat stays below a threshold; a false alarm costs an honest person a bad day."""


def measure(quick: bool) -> Iterable[Figure]:
    """All figures of the suite."""
    seeds = KEPT_APART[:QUICK_SEEDS] if quick else KEPT_APART
    yield from _recall_and_precision(seeds)
    quiet = [find_all(honest(seed)) for seed in seeds]
    yield Figure("false alarms in a month of 3,000 honest visits", sum(map(len, quiet)) / len(seeds), "findings")
    county = honest(seeds[0])
    start, visits = time.perf_counter(), len(county.rows["visits"])
    find_all(county)
    yield Figure("rules over a month, rows at hand", visits / (time.perf_counter() - start), "visits/s", 20_000)
    yield from evening(quick)


def _recall_and_precision(seeds: Sequence[int]) -> Iterator[Figure]:
    planted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    findings: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for seed in seeds:
        county = honest(seed)
        plants = plant(county, EACH)
        found = find_all(county)
        planted.update(one.kind for one in plants)
        hit.update(one.kind for one in plants if any(_shows(finding, one) for finding in found if finding.kind == one.kind))
        findings.update(finding.kind for finding in found)
        true.update(finding.kind for finding in found if any(_shows(finding, one) for one in plants))
    for kind in planted:
        yield Figure(f"recall, {kind}", 100 * hit[kind] / planted[kind], "%")
        yield Figure(f"precision, {kind}", 100 * true[kind] / max(1, findings[kind]), "%")
    yield Figure("recall, all kinds", 100 * hit.total() / planted.total(), "%", RECALL)
    yield Figure("precision, all kinds", 100 * true.total() / findings.total(), "%", PRECISION)


def _shows(finding: Finding, one: Plant) -> bool:
    return not one.events.isdisjoint(finding.shows)


def find_all(county: County) -> list[Finding]:
    """What the rules find in a month, each given the rows of one key as the audit service gives them."""
    return [finding for rule in RULES for rows in groups(rule, county.rows[rule.rows]) for finding in rule.find(rows)]


def groups(rule: Rule, rows: Iterable[Doc]) -> list[list[Row]]:
    """Rows by the rule's key, in the order of their time."""
    key = "number" if rule.rows == "people" else rule.key
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row[rule.time]):
        if key in row:
            found[row[key]].append(row)
    return list(found.values())
