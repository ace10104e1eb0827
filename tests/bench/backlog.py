"""After a long absence: a listener with very many events waiting in its queue, a relay with very many in its outbox."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from shared.messaging.topology import declare
from shared.units import sums
from tests.bench.filler import copies, fill_outbox
from tests.bench.line import Line
from tests.bench.pipelined import publish_all
from tests.bench.processes import growth, memory_watched
from tests.bench.rows import Row
from tests.eventually import eventually
from tests.faults.backbone import TOPOLOGY

QUEUE = "scheduler.events"
MOST_MIB = 80
FLAT_MIB = 8
TOGETHER = 20
"""Events of one commit, as commands that commit together have."""
AT_MOST_SECONDS = 180
"""What is not done by then is left, and the rate is that of what was done."""


def measure_catch_up(line: Line, quick: bool) -> Iterable[Row]:
    """A listener that was away, each event about a subject of its own."""
    many = 20_000 if quick else 200_000
    template = line.told()
    declare(line.county.settings.amqp_url, TOPOLOGY, {})
    publish_all(line.county.settings.amqp_url, QUEUE, (event.body for event in copies(template, range(many))))
    before = line.handled()
    listener = line.listener()
    with memory_watched(listener.pid) as memory:
        rate = _rate(lambda: line.handled() - before, many)
    listener.stop(within=5)
    yield Row(f"catch-up of a listener, {many} events waiting", rate, "events/s", goal=8_000)
    yield Row("memory of the consumer catching up, most", max(memory), "MiB", goal=MOST_MIB, better="less")


def measure_relay(line: Line, quick: bool) -> Iterable[Row]:
    """A relay whose broker was away: each event a commit of its own, the most that can wait; then commits told together."""
    many = 50_000 if quick else 1_000_000
    rate, memory = _relayed(line, range(many), together=1)
    yield Row(f"relay with {many} entries waiting", rate, "events/s", goal=10_000)
    yield Row("memory of the relay meanwhile, most", max(memory), "MiB", goal=MOST_MIB, better="less")
    yield Row("memory of the relay meanwhile, growth", growth(memory), "MiB", goal=FLAT_MIB, better="less")
    more = range(many, many + many // 5)
    rate, memory = _relayed(line, more, together=TOGETHER)
    yield Row(f"relay with {len(more)} events waiting, {TOGETHER} a commit", rate, "events/s")


def _relayed(line: Line, numbers: range, *, together: int) -> tuple[float, list[float]]:
    """Events a second, and the relay's memory over the run."""
    template = line.told()
    fill_outbox(line.registry.database, copies(template, numbers), told=False, together=together)
    before = _told(line)
    relay = line.relay()
    with memory_watched(relay.pid) as memory:
        rate = _rate(lambda: _told(line) - before, len(numbers))
    relay.stop(within=5)
    return rate, memory


def _told(line: Line) -> int:
    """Events marked told so far, as the relay itself counts them with each mark."""
    return sum(found.events for found in sums.read_sums(line.registry.database, sums.TOLD, lambda words: words[0]).values())


def _rate(done: Callable[[], int], many: int) -> float:
    """Events a second, from the moment it is seen at work until all is done, or time is up."""
    already = eventually(done, "it works", within=60)
    start = time.monotonic()
    with suppress(AssertionError):
        eventually(lambda: done() >= many, "all done", within=AT_MOST_SECONDS, every=0.05)
    return (min(done(), many) - already) / (time.monotonic() - start)
