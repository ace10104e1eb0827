"""The event backbone: from a command to its handled event, with the very settings of every day (majority, journaled, confirms).

Callers are threads of one process, each command a change and its event; relay and listener are processes of their own. The
frameworks people would otherwise take are measured in the same run, on the same servers, the same way (tests/bench/peers).
"""

from collections.abc import Generator, Iterable, Mapping

from deploy.local.stack import Stack
from tests.bench.backlog import measure_catch_up, measure_relay
from tests.bench.limits import measure_limits
from tests.bench.line import BULK, Line
from tests.bench.load import PACED, latencies, percentile, rate
from tests.bench.micro import measure_parts
from tests.bench.over_http import measure_http
from tests.bench.peers.beside import QUEUES, measure_peer
from tests.bench.peers.environment import environment
from tests.bench.place import county_on, servers
from tests.bench.processes import memory_watched, others_watched
from tests.bench.rows import Row
from tests.bench.size import measure_sizes

MOST_MIB = 80
GOALS: Mapping[str, float] = {"8 callers": 1.5, "32 callers": 3, "bulk": 8}
"""How many times the best peer."""
WORDS: Mapping[str, str] = {
    "8 callers": "command to handled, 8 callers",
    "32 callers": "command to handled, 32 callers",
    "bulk": f"bulk, units of {BULK}, to handled",
    "p50": f"commit to handled at {PACED}/s, p50",
    "p99": f"commit to handled at {PACED}/s, p99",
}
P99_MS = 25
BULK_CALLERS = 2
"""Of ours; a peer has eight, since each of them waits for its confirms."""


def measure(quick: bool) -> Iterable[Row]:
    """All figures of the suite, and last how much others disturbed them."""
    environment()  # what cannot be had is said at once
    with others_watched() as others, servers() as stack:
        yield from measure_on(stack, quick)
    yield Row("processors kept busy by others meanwhile", others[0], "%")


def measure_on(stack: Stack, quick: bool) -> Iterable[Row]:
    """All figures, each part in a county of its own."""
    seconds = 4.0 if quick else 15.0
    with county_on(stack) as made:
        line = Line(stack, made)
        ours = yield from measure_ours(line, seconds)
        yield from measure_peers(stack, seconds, ours)
        yield from measure_limits(line, quick)
        yield from measure_parts(line)
    with county_on(stack) as made:
        yield from measure_http(stack, made, quick)
    for measured in (measure_catch_up, measure_relay):
        with county_on(stack) as made:
            yield from measured(Line(stack, made), quick)
    yield from measure_sizes(stack, quick)


def measure_ours(line: Line, seconds: float) -> Generator[Row, None, dict[str, float]]:
    """Our rates and waits, and the memory of relay and consumer meanwhile. Returns the figures by their short names."""
    with (
        line.working() as (relay, listener),
        memory_watched(relay.pid) as of_relay,
        memory_watched(listener.pid) as of_listener,
    ):
        found = {f"{callers} callers": rate(line.one, line.handled, callers, seconds) for callers in (8, 32)}
        found["bulk"] = rate(line.many, line.handled, BULK_CALLERS, seconds)
        waits = latencies(line.timed, "event", line.effects, seconds)
    found |= {"p50": percentile(waits, 0.50), "p99": percentile(waits, 0.99)}
    for name, words in WORDS.items():
        yield _row(name, words, found[name], P99_MS if name == "p99" else None)
    yield Row("memory of the relay, most", max(of_relay), "MiB", goal=MOST_MIB, better="less")
    yield Row("memory of the consumer, most", max(of_listener), "MiB", goal=MOST_MIB, better="less")
    return found


def measure_peers(stack: Stack, seconds: float, ours: Mapping[str, float]) -> Iterable[Row]:
    """Each peer's figures, and ours in times of the best peer's."""
    found = {name: measure_peer(stack, name, seconds) for name in QUEUES}
    for name, figures in found.items():
        for measure, value in figures.items():
            yield _row(measure, f"{WORDS[measure]}: {name} ({QUEUES[name]} queue)", value)
    for measure, goal in GOALS.items():
        best = max(figures[measure] for figures in found.values())
        yield Row(f"{WORDS[measure]}: times the best peer", ours[measure] / best, "x", goal=goal)


def _row(measure: str, words: str, value: float, goal: float | None = None) -> Row:
    if measure in ("p50", "p99"):
        return Row(words, value, "ms", goal=goal, better="less")
    return Row(words, value, "events/s")
