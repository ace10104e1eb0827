"""How the log is, as its watch saw it last: for /health/ready, /metrics and the pages, which so never contradict each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.log.logbook import FREE_FLOOR
from services.audit.store import HEALTH, HOLES, LOG, THE_LOG
from services.audit.watch.health import LATE_SECONDS
from services.audit.witnessing.cosigned import Cosigned, Witnessed
from shared.clock import MachineClock

UNWATCHED_SECONDS = 60
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """`seen`: seconds since the watch looked, None before its first look. `sources`: rows as health.py keeps them."""

    size: int
    signed: int
    stopped: str
    damaged: int
    holes: int
    late: int
    free: int | None
    seen: int | None
    witnessed: Witnessed
    sources: Sequence[Doc]

    def part(self) -> str:
        """For /health/ready. Never "down": what comes lies in the broker's queue, and the pages go on."""
        if self.stopped:
            return f"degraded: stopped, somebody must look: {self.stopped}"
        if self.damaged:
            return f"degraded: {self.damaged} entries are not what was signed"
        if self.witnessed.evidence:
            return "degraded: a witness holds a checkpoint of this log that contradicts it"
        if self.seen is None or self.seen > UNWATCHED_SECONDS:
            return "degraded: no audit worker looks after the log"
        if self.free is not None and self.free < FREE_FLOOR:
            return "degraded: its disk is full, it takes in nothing"
        if self.late > LATE_SECONDS:
            return f"degraded: an event has waited {self.late} s for its place"
        if self.witnessed.known and not self.witnessed.signing:
            return "degraded: no witness cosigns the log"
        return "ok"


def condition_of(database: Database[Doc], clock: MachineClock) -> Condition:
    """Read it. Raises PyMongoError."""
    row = database[LOG].find_one(THE_LOG) or {}
    seen = database[HEALTH].find_one(THE_LOG) or {}
    return Condition(
        size=row.get("size", 0),
        signed=row.get("signed", 0),
        stopped=row.get("stopped") or seen.get("stopped", ""),
        damaged=len(row.get("damaged", ())),
        holes=database[HOLES].count_documents({}),
        late=seen.get("late_seconds", 0),
        free=seen.get("free"),
        seen=max(0, int((clock.now() - seen["at"]).total_seconds())) if "at" in seen else None,
        witnessed=Cosigned(database).witnessed(row.get("origin", ""), clock.now()),
        sources=seen.get("sources", ()),
    )


class LogCollector(Collector):
    """The log's figures for Prometheus, read when asked for."""

    def __init__(self, database: Database[Doc], clock: MachineClock) -> None:
        self._database, self._clock = database, clock

    def collect(self) -> Iterable[Metric]:
        """The figures now; none when the database does not answer."""
        try:
            found = condition_of(self._database, self._clock)
        except PyMongoError:
            return
        yield _gauge("springrain_log_entries", "Entries of the log", found.size)
        yield _gauge("springrain_log_unsigned", "Entries under no checkpoint yet", found.size - found.signed)
        yield _gauge("springrain_log_oldest_seconds", "Since when the oldest event waits for its place", found.late)
        yield _gauge("springrain_log_stopped", "Whether nothing is signed until somebody has looked", bool(found.stopped))
        yield _gauge("springrain_log_damaged", "Entries that are not what was signed", found.damaged)
        against = bool(found.witnessed.evidence)
        yield _gauge("springrain_log_contradicted", "Whether a witness holds what contradicts it", against)
        yield _gauge("springrain_log_witnesses", "Witnesses that cosigned in the last ten minutes", found.witnessed.signing)
        yield _gauge("springrain_log_holes", "Events missing in the chains of their things", found.holes)
        if found.free is not None:
            yield _gauge("springrain_log_free_bytes", "Room on the disk of its folder", found.free)
        if found.seen is not None:
            yield _gauge("springrain_log_watch_age_seconds", "Since a worker looked after the log", found.seen)
        yield _by_source({row["source"]: len(row["differing"]) for row in found.sources})

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the database while the app is put together."""
        return []


def _gauge(name: str, meaning: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=["service"])
    family.add_metric(["audit"], value)
    return family


def _by_source(days: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily("springrain_log_incomplete_days", "Days whose counts do not agree", labels=["service", "source"])
    for source, count in days.items():
        family.add_metric(["audit", source], count)
    return family
