"""Instants and days as the county reads them (Asia/Shanghai), in the reader's language.

Pages never show UTC and never guess: an unknown time is the word for unknown, not an empty cell.
"""

from datetime import UTC, date, datetime

from babel.dates import format_date, format_time
from flask_babel import get_locale, gettext  # type: ignore[import-untyped]

from shared.clock import SHANGHAI, county_day, from_wire

DAY = {"zh": "y年M月d日", "en": "d MMM y"}
SHORT_DAY = {"zh": "M月d日 E", "en": "EEE d MMM"}


def county_time(instant: datetime | str | None, *, short: bool = False) -> str:
    """Day and minute in the county. Takes an aware datetime or wire form; `short`: no year. Naive: ValueError."""
    if instant is None or instant == "":
        return str(gettext("未知"))
    there = _aware(instant).astimezone(SHANGHAI)
    return f"{_day(there.date(), short)} {format_time(there.time(), 'HH:mm', locale=_language())}"


def county_date(when: date | datetime | str | None, *, short: bool = False) -> str:
    """The county's calendar day of an instant or day (`YYYY-MM-DD` or wire form as text)."""
    if when is None or when == "":
        return str(gettext("未知"))
    if isinstance(when, str) and len(when) == 10:
        when = date.fromisoformat(when)
    if isinstance(when, (datetime, str)):
        when = county_day(_aware(when))
    return _day(when, short)


def machine_time(instant: datetime | str | None) -> str:
    """For `<time datetime>` and sorting: ISO 8601 in UTC, so that text order is time order. Empty when unknown."""
    return "" if instant is None or instant == "" else _aware(instant).isoformat(timespec="milliseconds")


def _aware(instant: datetime | str) -> datetime:
    found = from_wire(instant) if isinstance(instant, str) else instant
    if found.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown: read documents with tz_aware=True")
    return found.astimezone(UTC)


def _day(day: date, short: bool) -> str:
    language = _language()
    return format_date(day, (SHORT_DAY if short else DAY)[language[:2]], locale=language)


def _language() -> str:
    return str(get_locale() or "zh_CN")
