"""When a volunteer can help, and how much may be asked of them for it.

The two tables are the programme's promise that no more is asked than can be given (docs/domain.md, rule 7): a blank cell gets
the modest middle, never the most.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.registry.model.text import folded


class FreeDays(StrEnum):
    """The kind of days a roster names."""

    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"
    EVENINGS = "evenings"
    WEEKENDS = "weekends"
    SATURDAYS = "saturdays"
    SUNDAYS = "sundays"
    HOLIDAYS = "holidays"
    UNKNOWN = "unknown"


SPELLINGS: dict[str, FreeDays] = {
    **dict.fromkeys(("每天", "天天", "随时", "全天", "都可以"), FreeDays.EVERY_DAY),
    **dict.fromkeys(("工作日", "平时", "周一至周五", "平日"), FreeDays.WORKDAYS),
    **dict.fromkeys(("平时晚上", "晚上", "夜间", "下班后"), FreeDays.EVENINGS),
    **dict.fromkeys(("周末", "双休日", "星期六日", "周六日", "周六周日"), FreeDays.WEEKENDS),
    **dict.fromkeys(("周六", "星期六", "礼拜六"), FreeDays.SATURDAYS),
    **dict.fromkeys(("周日", "星期日", "星期天", "礼拜天"), FreeDays.SUNDAYS),
    **dict.fromkeys(("节假日", "假日", "放假", "寒暑假"), FreeDays.HOLIDAYS),
}
VISITS_A_MONTH: dict[FreeDays, int] = {
    FreeDays.EVERY_DAY: 20,
    FreeDays.WORKDAYS: 16,
    FreeDays.EVENINGS: 12,
    FreeDays.WEEKENDS: 8,
    FreeDays.SATURDAYS: 4,
    FreeDays.SUNDAYS: 4,
    FreeDays.HOLIDAYS: 2,
    FreeDays.UNKNOWN: 8,
}
HOUSEHOLDS_EACH: dict[FreeDays, int] = {
    FreeDays.EVERY_DAY: 10,
    FreeDays.WORKDAYS: 8,
    FreeDays.EVENINGS: 6,
    FreeDays.WEEKENDS: 6,
    FreeDays.SATURDAYS: 4,
    FreeDays.SUNDAYS: 4,
    FreeDays.HOLIDAYS: 2,
    FreeDays.UNKNOWN: 4,
}
VISITS_A_DAY = 2
_COUNTED = re.compile(r"(?:每月)?(\d{1,2})(?:\.0+)?(?:天|日)?")


@dataclass(frozen=True, slots=True)
class FreeTime:
    """The days a volunteer named, or a count of days a month (then it rules)."""

    days: FreeDays = FreeDays.UNKNOWN
    days_a_month: int | None = None

    @property
    def visits_a_month(self) -> int:
        """The most visits to plan in a month."""
        if self.days_a_month is not None:
            return self.days_a_month * VISITS_A_DAY
        return VISITS_A_MONTH[self.days]

    @property
    def households(self) -> int:
        """The most households to pair with at once; each is owed a visit a month at least."""
        return min(HOUSEHOLDS_EACH[self.days] if self.days_a_month is None else 10, self.visits_a_month)


def read_free_time(text: str) -> FreeTime:
    """Unknown when the cell is blank or says something unheard of; a volunteer is asked, not enrolled."""
    words = folded(text)
    counted = _COUNTED.fullmatch(words)
    if counted and int(counted[1]) <= 31:
        return FreeTime(days_a_month=int(counted[1]))
    return FreeTime(SPELLINGS.get(words, FreeDays.UNKNOWN))
