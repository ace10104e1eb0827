"""Hours of the day in which somebody can be asked to go and look."""

from datetime import datetime, timedelta

FIRST_HOUR, LAST_HOUR = 8, 20
PROMISED_HOURS = 4


def daytime_hours_after(there: datetime, hours: int = PROMISED_HOURS) -> datetime:
    """So many hours of daytime (8 to 20) later, rounded up to a half hour. `there` is county-local time."""
    moment = _into_daytime(_rounded_up(there))
    left = timedelta(hours=hours)
    while (until := moment.replace(hour=LAST_HOUR, minute=0)) - moment < left:
        left -= until - moment
        moment = (moment + timedelta(days=1)).replace(hour=FIRST_HOUR, minute=0)
    return moment + left


def _rounded_up(there: datetime) -> datetime:
    spare = (30 - there.minute % 30) % 30
    whole = there.replace(second=0, microsecond=0) + timedelta(minutes=spare)
    return whole if whole >= there else whole + timedelta(minutes=30)


def _into_daytime(moment: datetime) -> datetime:
    if moment.hour < FIRST_HOUR:
        return moment.replace(hour=FIRST_HOUR, minute=0)
    if moment.hour >= LAST_HOUR:
        return (moment + timedelta(days=1)).replace(hour=FIRST_HOUR, minute=0)
    return moment
