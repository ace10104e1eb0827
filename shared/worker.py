"""The worker of a service: relay, consumer, timers, beats and its own loops, each a thread, until SIGTERM.

A stop finishes the batch in hand and gives the lease back. A thread that dies takes the process with it, so that whoever
keeps processes up starts it anew: half a worker is worse than none.
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from shared.healing.again import Answering, send_ask
from shared.healing.beats import BeatSender
from shared.healing.bindings import Bindings
from shared.healing.days import COUNT_THE_DAY, COUNTED, DayCount, DayWatch, note_count
from shared.healing.gaps import GapWatch
from shared.healing.orphans import Orphans
from shared.healing.outbox_again import OutboxAgain
from shared.healing.recall import Recall, Window
from shared.healing.watches import Watches
from shared.messaging.consumer import Consumer
from shared.messaging.follows import county_topology
from shared.messaging.inbox import Handler, Inbox
from shared.messaging.outbox import Outbox
from shared.messaging.relay import Pace, Relay
from shared.messaging.timers import TimerHandler, TimerLoop
from shared.messaging.topology import Topology
from shared.messaging.unit import Unit
from shared.runtime import Runtime

log = structlog.get_logger()
Loop = Callable[[threading.Event], None]
ROLES = ("relay", "consumer", "timers", "own")
STOP_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class Duties:
    """What a service's worker does beside the backbone: its handlers, its timers, its own loops by name."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    recall: Mapping[str, Handler] = field(default_factory=dict)
    """After a restored backup: how each own event that comes back changes the thing it tells of."""
    after_recall: Callable[[Unit, Window], None] = lambda unit, window: None
    needed_to_recall: frozenset[str] = frozenset()
    """Loops that run also before a restored database has its own events back."""


def loops_of(
    runtime: Runtime, duties: Duties, topology: Topology | None = None, roles: Sequence[str] = ROLES
) -> dict[str, Loop]:
    """All loops of a worker by name, for the chosen roles."""
    table: dict[str, Loop] = {"keys": runtime.sweep_keys}
    settings, database = runtime.settings, runtime.database
    topology = topology or county_topology()
    if "relay" in roles:
        table["relay"] = relay_of(runtime, topology).run
        answers = OutboxAgain(database, runtime.service)
        table["answers"] = Answering(settings.amqp_url, runtime.service, answers.find, topology).run
        table["beats"] = BeatSender(runtime.service, Outbox(database), settings.amqp_url, runtime.machine_clock).run
    if "consumer" in roles:
        table["consumer"] = consumer_of(runtime, duties, topology).run
        table["orphans"] = Orphans(runtime.client, runtime.service).run
        table["watches"] = Watches(looks_of(runtime, topology)).run
    if "timers" in roles:
        count = DayCount(runtime.service, runtime.home)
        count.begin(database, runtime.county_clock.now())
        timers = {**duties.timers, COUNT_THE_DAY: count.count}
        table["timers"] = TimerLoop(runtime.units, database, timers, runtime.county_clock, faults=runtime.faults).run
    if "own" in roles:
        table.update(duties.loops)
    return _after_recall(runtime, duties, topology, table)


def _after_recall(runtime: Runtime, duties: Duties, topology: Topology, table: Mapping[str, Loop]) -> dict[str, Loop]:
    """The same loops, which begin once a restored database has its own events back; at once when it never was restored."""
    recall = Recall(
        runtime.units,
        runtime.database,
        runtime.settings.amqp_url,
        runtime.service,
        topology,
        duties.recall,
        duties.after_recall,
    )
    recalled = threading.Event()

    def recalling(stop: threading.Event) -> None:
        recall.run(stop)
        recalled.set()

    def later(loop: Loop) -> Loop:
        def run(stop: threading.Event) -> None:
            recalled.wait()
            if not stop.is_set():
                loop(stop)

        return run

    at_once = duties.needed_to_recall | {"keys"}
    return {"recall": recalling, **{name: loop if name in at_once else later(loop) for name, loop in table.items()}}


def relay_of(runtime: Runtime, topology: Topology, pace: Pace | None = None) -> Relay:
    """The relay of this service's outbox."""
    settings, database = runtime.settings, runtime.database
    return Relay(
        runtime.units,
        database,
        settings.amqp_url,
        Bindings(database, settings.amqp_url, topology, runtime.broker_view()),
        holder=runtime.holder,
        clock=runtime.machine_clock,
        faults=runtime.faults,
        pace=pace or Pace(),
    )


def consumer_of(runtime: Runtime, duties: Duties, topology: Topology) -> Consumer:
    """The consumer of this service's queue."""
    return Consumer(
        runtime.units,
        runtime.database,
        inbox_of(runtime, duties),
        runtime.settings.amqp_url,
        f"{runtime.service}.events",
        topology,
        clock=runtime.machine_clock,
        has_room=runtime.bound.room_for_consuming,
        faults=runtime.faults,
    )


def looks_of(runtime: Runtime, topology: Topology) -> list[Callable[[], int]]:
    """What a listener looks for again and again, and asks its sources for."""
    ask = partial(send_ask, runtime.settings.amqp_url)
    follows = topology.follows(f"{runtime.service}.events")
    whose = (runtime.units, runtime.database, runtime.service, runtime.home)
    gaps = GapWatch(*whose, runtime.machine_clock, ask)
    days = DayWatch(*whose, follows, runtime.machine_clock, ask)
    return [gaps.look, days.look]


def inbox_of(runtime: Runtime, duties: Duties) -> Inbox:
    """The taking-in of this service, also used by the operator's verbs."""
    handlers = {**duties.handlers, COUNTED: note_count}
    return Inbox(runtime.settings.county, runtime.service, runtime.home, handlers, runtime.machine_clock)


def run_until_stopped(loops: Mapping[str, Loop], stop: threading.Event | None = None) -> int:
    """Run all loops until SIGTERM or SIGINT. Returns the exit status: 0 for a clean stop, 1 when a loop died."""
    stop = stop or threading.Event()
    died = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=_guard, args=(n, loop, stop, died), name=n, daemon=True) for n, loop in loops.items()]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    for thread in threads:
        thread.join(STOP_WITHIN_SECONDS)
    if any(thread.is_alive() for thread in threads):
        os._exit(1)
    return 1 if died.is_set() else 0


def _guard(name: str, loop: Loop, stop: threading.Event, died: threading.Event) -> None:
    try:
        loop(stop)
    except BaseException as error:
        log.error("loop_died", loop=name, error=type(error).__name__, exc_info=True)
        died.set()
        stop.set()
