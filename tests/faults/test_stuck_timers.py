"""Timers whose handlers fail for ever: the others fire."""

from datetime import UTC, datetime, timedelta

from shared.clock import ManualCountyClock
from shared.ids import new_id
from shared.units import Unit
from shared.units.timers import Timer, TimerLoop, set_timer
from tests.eventually import eventually
from tests.faults.backbone import Backbone

MORNING = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
BAD, GOOD = 120, 40


def ring(unit: Unit, timer: Timer) -> None:
    """An effect to be counted; a bad one comes to nothing."""
    unit.collection("rings").insert({"_id": new_id(), "timer": timer.id})
    if timer.payload["bad"]:
        raise ValueError("never works")


def test_timers_that_always_fail_hold_up_none_of_the_others_however_many_and_old_they_are(backbone: Backbone) -> None:
    scheduler = backbone.scheduler
    clock = ManualCountyClock(MORNING + timedelta(days=1))

    def work(unit: Unit) -> list[str]:
        for number in range(BAD):
            set_timer(unit, "ring", MORNING + timedelta(seconds=number), {"bad": True})
        return [set_timer(unit, "ring", MORNING + timedelta(hours=1, seconds=n), {"bad": False}) for n in range(GOOD)]

    good = scheduler.units.run(work)
    loops = [TimerLoop(scheduler.units, scheduler.database, {"ring": ring}, clock, taken_for=0.3) for _ in range(2)]
    with backbone.running(*(loop.run for loop in loops)):
        eventually(lambda: scheduler.database["rings"].count_documents({}) >= GOOD, "the good ones rang", within=8)
    assert sorted(row["timer"] for row in scheduler.database["rings"].find()) == sorted(good)
    assert scheduler.database["timers"].count_documents({"payload.bad": True}) == BAD
