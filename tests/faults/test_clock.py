"""The host's clock jumps under a relay and a consumer: durations are monotonic, leases are the database's, so nothing is lost.

Jumps of county time are in tests/integration/test_timers.py. The two processes get their false clock from libfaketime, where
the machine has it; the retries' clock is moved without it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from shared.clock import MachineClock
from shared.events import Event
from shared.ids import new_id
from shared.inbox.held import Patience
from shared.units import Unit
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.worker_process import note

JUMPS = ("+1h", "-1h", "+3650d", "-20d", "+0")
SHORT = Patience(first_delay=timedelta(milliseconds=20), longest_delay=timedelta(milliseconds=100), most_tries=1000)


class JumpingClock(MachineClock):
    """The host's clock, put forward or back by a test. The monotonic one does not move with it, as on any host."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


def all_handled(backbone: Backbone, told: list[Event]) -> bool:
    return len(backbone.effects()) == len(told)


def under_false_time(folder: Path) -> tuple[Path, dict[str, str]]:
    """A file that says by how much the clock is off, and the environment in which a process believes it."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed")
    false_time = folder / "false-time"
    false_time.write_text("+0")
    environ = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(false_time)}
    return false_time, environ | {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def clock_of(environ: Mapping[str, str]) -> str:
    """What a process under this environment takes for the time."""
    say = [sys.executable, "-c", "import time; print(time.time())"]
    return subprocess.run(say, env={**os.environ, **environ}, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_a_clock_that_jumps_under_relay_and_consumer_delays_nothing_and_loses_nothing(
    backbone: Backbone, tmp_path: Path
) -> None:
    false_time, environ = under_false_time(tmp_path)
    workers = [backbone.process("registry", "relay", **environ), backbone.process("scheduler", "consumer", **environ)]
    told = backbone.tell(subjects=2, each=2)
    for jump in JUMPS:
        eventually(partial(all_handled, backbone, told), f"events flow before {jump}", within=30)
        false_time.write_text(jump)
        jumped = abs(float(clock_of(environ)) - time.time()) > 1800
        assert jumped == (jump != "+0"), "the clock did jump"
        told += backbone.tell(subjects=10, each=4)
    backbone.count(told)
    for worker in workers:
        worker.stop(within=10)
        assert worker.exit_status() == 0


@pytest.mark.slow
def test_a_relay_whose_clock_is_weeks_behind_has_nothing_go_before_its_time(backbone: Backbone, tmp_path: Path) -> None:
    false_time, environ = under_false_time(tmp_path)
    false_time.write_text("-40d")
    backbone.process("registry", "relay", **environ)
    admin = backbone.registry.client.admin
    with backbone.running(backbone.consumer()):
        told = backbone.tell(subjects=5, each=2)
        backbone.count(told)
        swept = _sweeps(backbone)
        admin.command("setParameter", 1, ttlMonitorSleepSecs=1)
        try:
            eventually(lambda: _sweeps(backbone) > swept + 1, "the database has swept", within=70)
        finally:
            admin.command("setParameter", 1, ttlMonitorSleepSecs=60)
        backbone.count(told)


def _sweeps(backbone: Backbone) -> int:
    """How often the database has looked for what is past its date."""
    return int(backbone.registry.client.admin.command("serverStatus")["metrics"]["ttl"]["passes"])


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=3650)], ids=str)
def test_a_clock_that_jumps_and_is_put_right_loses_and_parks_no_retry(backbone: Backbone, jump: timedelta) -> None:
    clock = JumpingClock()
    backbone.scheduler.machine_clock = clock
    bad, well = new_id(), list[int]()

    def handler(unit: Unit, event: Event) -> None:
        if event.subject == bad and not well:
            raise ValueError("not yet")
        note(unit, event)

    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(handler, SHORT)):
        told = [backbone.tell_one(bad, revision) for revision in (1, 2)] + backbone.tell(subjects=3, each=2)
        eventually(lambda: backbone.held(state="retry") == 1 and len(backbone.effects()) == 6, within=30)
        clock.off = jump
        told += backbone.tell(subjects=3, each=2)
        eventually(lambda: len(backbone.effects()) == 12, "the others go on", within=30)
        well.append(1)
        clock.off = max(jump, timedelta())
        backbone.count(told)
