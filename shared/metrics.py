"""Prometheus figures of the backbone, read from the database when asked for: they hold for all processes of a service.

Labels come out of the code (services, states, types of the catalogue, names of faults), never out of a message: their number
is bounded, and no figure names a person.
"""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError

from shared.duty.figures import Figures, Reader

Labels = Sequence[str]
Samples = Iterable[tuple[Labels, float]]


class Gauge:
    """One figure: its name, what it means, its labels beside the service, and how it is read off."""

    def __init__(self, name: str, meaning: str, labels: Labels, read: Callable[[Figures], Samples]) -> None:
        self._name, self._meaning, self._labels, self._read = name, meaning, ["service", *labels], read

    def of(self, figures: Figures) -> Metric:
        """The figure with its samples now; without any when it cannot be known."""
        family = GaugeMetricFamily(self._name, self._meaning, labels=self._labels)
        for labels, value in self._read(figures):
            family.add_metric([figures.service, *labels], value)
        return family


def gauges() -> list[Gauge]:
    """Every figure of the backbone. docs/operating.md, "On duty", says what each asks of a person."""
    return [
        Gauge("springrain_outbox_waiting", "Events the broker has not confirmed", [], lambda f: [([], f.waiting)]),
        Gauge("springrain_outbox_bound", "Events that may wait before work is refused", [], lambda f: [([], f.bound)]),
        Gauge("springrain_outbox_oldest_seconds", "Age of the oldest of them", [], lambda f: [([], f.oldest_seconds)]),
        Gauge("springrain_held_events", "Events held, by state", ["state"], lambda f: [([s], n) for s, n in f.held.items()]),
        Gauge(
            "springrain_parked_events",
            "Events parked, by type and reason",
            ["type", "reason"],
            lambda f: [([each.type, each.reason], each.events) for each in f.parked],
        ),
        Gauge("springrain_chains_with_holes", "Subjects with a missing revision", [], lambda f: [([], f.holes)]),
        Gauge("springrain_queue_messages", "Messages in a queue, by state", ["queue", "state"], _lengths),
        Gauge("springrain_broker_answers", "Whether its management can be asked", [], lambda f: [([], f.queues is not None)]),
        Gauge(
            "springrain_lease_held",
            "Whether somebody holds the lease",
            ["lease"],
            lambda f: [([lease.name], bool(lease.holder)) for lease in f.leases],
        ),
        Gauge(
            "springrain_beat_age_seconds",
            "Since a service's last beat, as this one hears it",
            ["source"],
            lambda f: [([beat.service], beat.seconds) for beat in f.beats],
        ),
    ]


def _lengths(figures: Figures) -> Samples:
    for name, length in (figures.queues or {}).items():
        yield [name, "ready"], length.ready
        yield [name, "unacked"], length.unacked


class BackboneCollector(Collector):
    """The figures of one service."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._gauges = reader, gauges()

    def collect(self) -> Iterable[Metric]:
        """The figures now; none when the database does not answer."""
        try:
            figures = self._reader.read()
        except PyMongoError:
            return []
        return [gauge.of(figures) for gauge in self._gauges]

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the database while the app is put together."""
        return []


def backbone_metrics(reader: Reader, registry: CollectorRegistry) -> None:
    """Add the figures to a registry."""
    registry.register(BackboneCollector(reader))
