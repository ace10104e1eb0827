"""The contradictions that raise a concern, one file each: pure functions over rows of one key, thresholds named and
reasoned."""

from collections.abc import Sequence

from services.audit.evidence.rules import (
    answers_differ,
    before_deadline,
    burst,
    copied_report,
    hard_cases,
    moved_often,
    quick_answers,
    shared_device,
    shared_number,
    two_places,
)
from services.audit.evidence.rules.finding import Rule

RULES: Sequence[Rule] = (
    answers_differ.RULE,
    two_places.RULE,
    burst.RULE,
    copied_report.RULE,
    shared_number.RULE,
    shared_device.RULE,
    quick_answers.RULE,
    before_deadline.RULE,
    moved_often.RULE,
    hard_cases.RULE,
)
