"""Messages to families: what a night left in the queue, from the hour it may go until the carrier has all of it.

The notifier's worker and the carrier are processes of their own, with relay and broker at work beside. Each message is
committed as being sent before it leaves, and as submitted after the carrier's word, as on every day. The families stay
silent, and the phones are all on.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local.stack import Stack
from services.notifier.store import MESSAGES
from shared.clock import SHANGHAI, FileCountyClock, county_day
from tests.bench.families import Ears, families
from tests.bench.place import county
from tests.bench.rows import Row
from tests.carriers import ROOT, Carrier, our_carrier
from tests.county import County
from tests.eventually import eventually

GOAL = 500
NIGHT = datetime(2026, 9, 1, 6, 0, tzinfo=SHANGHAI).astimezone(UTC)
"""Routine messages wait until 08:00."""
ON_THE_WAY = ["queued", "submitting"]


def measure(quick: bool) -> Iterable[Row]:
    """All figures of the suite."""
    many = 1_000 if quick else 5_000
    phones = [f"138{number:08}" for number in range(many)]
    with at_night(phones) as (stack, made, carrier, clock):
        ears = Ears(made)
        them = families(phones)
        ears.registered(them)
        command = [sys.executable, "-m", "services.notifier.worker"]
        stack.children.start("notifier-worker", command, env={**os.environ, **made.environ}, cwd=ROOT)
        eventually(lambda: ears.notifier.database["leases"].find_one({"_id": "outgoing"}), "the line is held", within=60)
        yield from morning(f"{many} greetings", ears, carrier, clock, many)
        night = clock.now() + timedelta(hours=21)
        clock.move_to(night)
        day = county_day(night)
        ears.missed(them, (day - timedelta(days=1)).isoformat(), (day + timedelta(days=2)).isoformat())
        yield from morning(f"{many} words of a missed visit", ears, carrier, clock, 2 * many)


@contextmanager
def at_night(phones: list[str]) -> Iterator[tuple[Stack, County, Carrier, FileCountyClock]]:
    """A county at six in the morning, and a carrier behind which all these phones are silent."""
    silent = [word for phone in phones for word in ("--character", f"{phone}=silent")]
    with our_carrier("--real-time", *silent) as carrier:

        def settings(folder: Path) -> dict[str, str]:
            clock_of(folder).move_to(NIGHT)
            line = {"smpp_port": str(carrier.port), "smpp_password": "rain"}
            return {"county_time_file": str(folder / "county.time"), **line}

        with county(settings) as (stack, made):
            yield stack, made, carrier, clock_of(made.settings.data)


def clock_of(folder: Path) -> FileCountyClock:
    """County time in a file, as the demo has it."""
    return FileCountyClock(folder / "county.time")


def morning(what: str, ears: Ears, carrier: Carrier, clock: FileCountyClock, delivered: int) -> Iterator[Row]:
    """It turns nine, and all that waits goes. `delivered`: how many have arrived then, since the beginning."""
    rows = ears.notifier.database[MESSAGES]
    many = rows.count_documents({"state": "queued"})
    assert delivered == many + rows.count_documents({"state": "delivered"}), "each family has its message"
    start = time.monotonic()
    clock.move_to(clock.now() + timedelta(hours=3))
    eventually(lambda: not rows.find_one({"state": {"$in": ON_THE_WAY}}), "all submitted", within=150)
    submitted = time.monotonic() - start
    eventually(lambda: rows.count_documents({"state": "delivered"}) == delivered, "all receipts", within=150)
    settled = time.monotonic() - start
    counts = carrier.state()
    assert counts["submitted"] == counts["delivered"] == delivered, counts
    yield Row(f"{what}: due to submitted", many / submitted, "messages/s", GOAL)
    yield Row(f"{what}: due to final receipt", many / settled, "messages/s")
