"""When a family may be written to, and how promises in hours are counted. Pure; county time is passed in.

Quiet from 20:30 to 08:00: a message at night means bad news to whoever is 900 km away.
"""

from datetime import datetime, time, timedelta

from shared.clock import SHANGHAI, at_county

QUIET_FROM, QUIET_UNTIL = time(20, 30), time(8, 0)
DAY_FROM, DAY_UNTIL = 8, 20
"""Hours in which somebody can go and look."""
LOOK_IN_HOURS = 4
"""What is promised to who asks `看看`: so many hours of daytime."""


def next_allowed(now: datetime) -> datetime:
    """The first instant from `now` on at which a message that is not urgent may go."""
    local = now.astimezone(SHANGHAI)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return at_county(day, QUIET_UNTIL.hour, QUIET_UNTIL.minute)


def promised_until(asked: datetime, hours: int = LOOK_IN_HOURS) -> datetime:
    """`hours` of daytime after `asked`, on the next full half hour: asked at 19:00, promised for 11:00."""
    day, left = asked.astimezone(SHANGHAI).date(), timedelta(hours=hours)
    start = max(asked, at_county(day, DAY_FROM))
    while left > (room := max(timedelta(0), at_county(day, DAY_UNTIL) - start)):
        left -= room
        day += timedelta(days=1)
        start = at_county(day, DAY_FROM)
    end = start + left
    return end + timedelta(seconds=-end.timestamp() % 1800)


def next_weekly(now: datetime, weekday: int = 6, hour: int = 18) -> datetime:
    """The next Sunday 18:00 after `now`: when home is thought of, and people are off work."""
    day = now.astimezone(SHANGHAI).date()
    due = at_county(day + timedelta(days=(weekday - day.weekday()) % 7), hour)
    return due if due > now else due + timedelta(days=7)
