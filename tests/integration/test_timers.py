"""Timers on the real database: at or after their time, once in effect, whoever competes, dies, or moves the clock."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from shared.clock import ManualCountyClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units import Unit
from shared.units.timers import Timer, TimerLoop, cancel_timer, next_due, set_timer
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost

MORNING = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def scheduler(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Runtime]:
    county = County(stack, vhost, database_name, tmp_path)
    yield county.service("scheduler")
    county.close()


def ring(unit: Unit, timer: Timer) -> None:
    """A handler whose effect can be counted."""
    unit.collection("rings").insert({"_id": new_id(), "timer": timer.id, "number": timer.payload["number"]})


def loop(scheduler: Runtime, clock: ManualCountyClock, handler: Any = ring, **more: Any) -> TimerLoop:
    return TimerLoop(scheduler.units, scheduler.database, {"close_day": handler}, clock, **more)


def set_many(scheduler: Runtime, count: int, due_at: datetime = MORNING) -> list[str]:
    def work(unit: Unit) -> list[str]:
        return [set_timer(unit, "close_day", due_at + timedelta(seconds=n), {"number": n}) for n in range(count)]

    return scheduler.units.run(work)


def rings(scheduler: Runtime) -> list[Any]:
    return list(scheduler.database["rings"].find(sort=[("_id", 1)]))


def test_a_timer_never_fires_before_its_time_and_fires_in_order_of_it(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING - timedelta(seconds=1))
    set_many(scheduler, 5)
    timers = loop(scheduler, clock)
    assert timers.fire_due() == 0
    clock.forward(timedelta(seconds=3))
    assert timers.fire_due() == 3
    assert [row["number"] for row in rings(scheduler)] == [0, 1, 2]
    assert next_due(scheduler.database) == MORNING + timedelta(seconds=3)


def test_ten_workers_that_compete_fire_each_timer_once(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING + timedelta(hours=1))
    ids = set_many(scheduler, 60)
    stop = threading.Event()
    workers = [threading.Thread(target=loop(scheduler, clock).run, args=(stop,)) for _ in range(10)]
    for worker in workers:
        worker.start()
    eventually(lambda: len(rings(scheduler)) >= 60, within=30)
    stop.set()
    for worker in workers:
        worker.join(15)
    assert sorted(row["timer"] for row in rings(scheduler)) == sorted(ids)


def test_a_timer_taken_by_a_worker_that_died_is_fired_by_another_and_once(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING)
    set_many(scheduler, 1)

    def die(unit: Unit, timer: Timer) -> None:
        raise RuntimeError("the worker ends here")

    assert loop(scheduler, clock, die, taken_for=0.5).fire_due(1) == 1
    assert loop(scheduler, clock).fire_due() == 0, "it is still taken"
    eventually(lambda: loop(scheduler, clock).fire_due() == 1)
    assert len(rings(scheduler)) == 1
    assert scheduler.database["timers"].count_documents({}) == 0


def test_a_clock_that_jumps_loses_and_doubles_no_timer(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING)
    timers = loop(scheduler, clock)
    set_many(scheduler, 3, MORNING + timedelta(hours=2))
    moves: list[Callable[[], None]] = [
        lambda: clock.forward(timedelta(hours=-1)),
        lambda: clock.forward(timedelta(days=3650)),
        lambda: clock.forward(timedelta(days=-3650)),
        lambda: clock.forward(timedelta(hours=4)),
    ]
    for move in moves:
        move()
        timers.fire_due()
    assert [row["number"] for row in rings(scheduler)] == [0, 1, 2]


def test_a_timer_taken_back_in_its_unit_does_not_fire(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING + timedelta(hours=1))
    first, _ = set_many(scheduler, 2)
    assert scheduler.units.run(lambda unit: cancel_timer(unit, first))
    loop(scheduler, clock).fire_due()
    assert [row["number"] for row in rings(scheduler)] == [1]
    assert not scheduler.units.run(lambda unit: cancel_timer(unit, first))


def test_a_handler_that_fails_keeps_its_timer_and_the_others_go_on(scheduler: Runtime) -> None:
    clock = ManualCountyClock(MORNING + timedelta(hours=1))

    def fussy(unit: Unit, timer: Timer) -> None:
        ring(unit, timer)
        if timer.payload["number"] == 0:
            raise ValueError("not this one")

    set_many(scheduler, 3)
    loop(scheduler, clock, fussy, taken_for=30).fire_due()
    assert [row["number"] for row in rings(scheduler)] == [1, 2]
    assert scheduler.database["timers"].count_documents({}) == 1
