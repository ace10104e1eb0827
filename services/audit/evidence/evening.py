"""When contradictions are looked for: each evening of the county, called by a timer so that county time stops there in a demo.

The timer only calls; the loop of runner.py looks, outside any transaction. Until it has, the service is not quiet.
"""

from datetime import date, datetime, timedelta
from typing import Any

from pymongo.database import Database

from services.audit.evidence.store import LOOKED
from shared.clock import CountyClock, at_county, county_day
from shared.units import Unit
from shared.units.timers import NAME as TIMERS
from shared.units.timers import Timer, set_timer

Doc = dict[str, Any]
LOOK = "look_for_contradictions"
CALLED, DONE = "called", "done"
HOUR = 20
"""After the day was closed (18:30) and its questions were mostly answered."""


def begin(database: Database[Doc], clock: CountyClock) -> None:
    """See to it that there will be a look this evening. Harmless when it is so already."""
    row = {"name": LOOK, "due_at": _evening(county_day(clock.now())), "payload": {}}
    database[TIMERS].update_one({"_id": LOOK}, {"$setOnInsert": row}, upsert=True)


def call(unit: Unit, timer: Timer) -> None:
    """Evening has come: have the loop look, and come again tomorrow."""
    rows, row = unit.collection(LOOKED), {"upto": timer.due_at}
    if rows.find_one({"_id": CALLED}) is None:
        rows.insert({"_id": CALLED, **row})
    else:
        rows.update({"_id": CALLED}, {"$set": row})
    set_timer(unit, LOOK, _evening(county_day(timer.due_at) + timedelta(days=1)), {}, LOOK)


def called(database: Database[Doc]) -> bool:
    """Whether a look was called for and is not done."""
    upto = {row["_id"]: row["upto"] for row in database[LOOKED].find({"_id": {"$in": [CALLED, DONE]}})}
    return CALLED in upto and (DONE not in upto or upto[DONE] < upto[CALLED])


def _evening(day: date) -> datetime:
    return at_county(day, HOUR)
