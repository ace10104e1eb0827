"""Prometheus figures of the backbone, read from the database when asked for: they hold for all processes of a service."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError

from shared.messaging import held
from shared.messaging.outbox import Outbox
from shared.runtime import Runtime


class BackboneCollector(Collector):
    """Outbox waiting, held events by state, and holes, of one service."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterable[Metric]:
        """The figures now; none when the database does not answer."""
        try:
            return list(self._read())
        except PyMongoError:
            return []

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the database while the app is put together."""
        return []

    def _read(self) -> Iterable[Metric]:
        database, service = self._runtime.database, self._runtime.service
        waiting = GaugeMetricFamily("springrain_outbox_waiting", "Events the broker has not confirmed", labels=["service"])
        waiting.add_metric([service], Outbox(database).backlog(self._runtime.settings.outbox_bound))
        yield waiting
        lying = GaugeMetricFamily("springrain_held_events", "Events held, by state", labels=["service", "state"])
        for state in (held.AHEAD, held.AWAITS, held.RETRY, held.PARKED):
            lying.add_metric([service, state], database[held.NAME].count_documents({"state": state}))
        yield lying
        holes = GaugeMetricFamily("springrain_chains_with_holes", "Subjects with a missing revision", labels=["service"])
        holes.add_metric([service], database["progress"].count_documents({"gap_at": {"$exists": True}}))
        yield holes


def backbone_metrics(runtime: Runtime, registry: CollectorRegistry) -> None:
    """Add the figures to a registry."""
    registry.register(BackboneCollector(runtime))
