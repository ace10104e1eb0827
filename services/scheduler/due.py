"""What the scheduler does when a timer is due: one table, name -> function; and the two timers that always run."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from services.scheduler.commands import closing, looking_in, planning, settling
from services.scheduler.commands.desk import Desk
from shared.clock import at_county
from shared.units import Unit
from shared.units.timers import Timer, TimerHandler

TIMERS: Mapping[str, Callable[[Unit, Desk, Timer], object]] = {
    "plan_month": lambda unit, desk, timer: planning.plan_month(unit, desk, timer.payload["month"], timer.due_at),
    "plan_late": lambda unit, desk, timer: planning.plan_late(unit, desk, timer.due_at),
    "tell_plans": lambda unit, desk, timer: planning.tell_plans(unit, desk, timer.payload["key"], timer.due_at),
    "close_day": lambda unit, desk, timer: closing.close_day(
        unit, desk, date.fromisoformat(timer.payload["day"]), timer.due_at
    ),
    "look_in_due": lambda unit, desk, timer: looking_in.look_in_due(unit, desk, timer.payload["visit"]),
    "settle": lambda unit, desk, timer: settling.settle(unit, desk, timer.due_at),
}


def timer_handlers(desk: Desk) -> dict[str, TimerHandler]:
    """The table, bound to this process's desk."""
    return {name: _bound(function, desk) for name, function in TIMERS.items()}


def wind_up(unit: Unit, desk: Desk) -> None:
    """Set the timers that must always run: the next month's planning, the next day's closing. Harmless when they do."""
    today = desk.today()
    planning.set_month_timer(unit, planning.next_month(today))
    closed = desk.now() > at_county(today, closing.CLOSE_HOUR, closing.CLOSE_MINUTE)
    closing.set_day_timer(unit, today + timedelta(days=1) if closed else today)


def _bound(function: Callable[[Unit, Desk, Timer], object], desk: Desk) -> TimerHandler:
    def handle(unit: Unit, timer: Timer) -> None:
        function(unit, desk, timer)

    return handle
