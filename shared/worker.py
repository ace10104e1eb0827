"""The worker of a service: relay, consumer, timers, beats and its own loops, each a thread, until SIGTERM.

A stop finishes the batch in hand and gives the lease back.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.config import load_settings
from shared.errors import ConfigError
from shared.healing.again import Answering, send_ask
from shared.healing.beats import BeatSender
from shared.healing.bindings import Bindings
from shared.healing.days import COUNT_THE_DAY, COUNTED, DayCount, DayWatch, note_count
from shared.healing.gaps import GapWatch
from shared.healing.orphans import Orphans
from shared.healing.outbox_again import OutboxAgain
from shared.healing.recall import Recall, Window
from shared.healing.watches import Watches
from shared.inbox import Handler, Inbox
from shared.logs import configure_logs
from shared.messaging.consumer import Consumer
from shared.messaging.follows import county_topology
from shared.messaging.relay import Pace, Relay
from shared.messaging.topology import Topology
from shared.running import Loop, run_until_stopped
from shared.runtime import Runtime, open_runtime
from shared.units import Unit
from shared.units.outbox import Outbox
from shared.units.timers import TimerHandler, TimerLoop

ROLES = ("relay", "consumer", "timers", "own")
WRONG_SETTING = 2
WAIT_SECONDS = 0.2
SHARDS = 8
"""Rows of sums of what was heard: two consumers seldom wait for each other there."""


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
    if {"relay", "consumer"} & {*roles}:
        table["orphans"] = Orphans(runtime.client, runtime.service).run
    if "relay" in roles:
        table["relay"] = relay_of(runtime, topology).run
        answers = OutboxAgain(database, runtime.service)
        table["answers"] = Answering(settings.amqp_url, runtime.service, answers.find, topology).run
        table["beats"] = BeatSender(runtime.service, Outbox(database), settings.amqp_url, runtime.machine_clock).run
    if "consumer" in roles:
        table["consumer"] = consumer_of(runtime, duties, topology).run
        table["watches"] = Watches(looks_of(runtime, topology)).run
    if "timers" in roles:
        count = DayCount(runtime.service, runtime.home, runtime.county_clock)
        count.begin(database)
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
            while not (recalled.wait(WAIT_SECONDS) or stop.is_set()):
                continue
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
    shard = str(os.getpid() % SHARDS)
    return Inbox(runtime.settings.county, runtime.service, runtime.home, handlers, runtime.machine_clock, shard)


def work(service: str, duties_of: Callable[[Runtime], Duties], roles: Sequence[str] = ROLES) -> int:
    """A worker's process from start to end. The exit status: 0 a clean stop, 1 a loop died, 2 with one line a wrong setting."""
    configure_logs(service)
    try:
        runtime = open_runtime(load_settings(os.environ), service)
    except ConfigError as error:
        print(f"{service}: {error.message}", file=sys.stderr)
        return WRONG_SETTING
    try:
        return run_until_stopped(loops_of(runtime, duties_of(runtime), roles=roles))
    finally:
        runtime.close()
