"""Keeps the exchange's bindings in place, and has told again what was told while one was gone.

Every binding we make carries a mark of its own, so that each relay sees for itself that one was lost, though another put it
back: the same mark means it was never away. A queue made anew is marked so, since it lost what lay in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pymongo import ReplaceOne
from pymongo.database import Database

from shared.errors import Busy
from shared.healing.broker_view import BrokerView, Present
from shared.ids import new_id
from shared.messaging.relay import sound
from shared.messaging.topology import MADE_ANEW, PUT_BACK, Pair, Topology, declare
from shared.units.outbox import Outbox, routed_by

log = structlog.get_logger()
NAME = "bindings"
MARGIN = timedelta(seconds=5)
"""A mark that was on its way while the bindings were looked at."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the broker found: each binding's marks, and those that were lost, since when."""

    asked_at: datetime
    marks: Mapping[Pair, set[str]]
    lost: Sequence[tuple[Pair, datetime]]


class Bindings:
    """One service's watch over the whole topology. Used by its relay, in one thread."""

    def __init__(
        self,
        database: Database[Doc],
        amqp_url: str,
        topology: Topology,
        view: BrokerView | None,
        alarm: Callable[[str], None] = sound,
    ) -> None:
        self._seen, self._outbox = database[NAME], Outbox(database)
        self._amqp_url, self._topology, self._view, self._alarm = amqp_url, topology, view, alarm

    def mend(self) -> Look | None:
        """Make what is missing. `settle` is to follow, once all that was published before has landed.

        None without the broker's management: only plain bindings are made then, and a loss shows by gaps alone. Raises
        pika's and pymongo's errors.
        """
        asked_at = self._now()
        present = self._ask()
        if present is None:
            declare(self._amqp_url, self._topology)
            return None
        wanted = self._topology.bindings()
        made = {pair: _mark(pair[0] in present.queues) for pair in wanted - present.marks.keys()}
        if made or not self._topology.all_queues() <= present.queues:
            declare(self._amqp_url, self._topology, made)
        marks = {pair: {made[pair]} if pair in made else present.marks[pair] for pair in wanted}
        return Look(asked_at, marks, self._lost(marks))

    def settle(self, look: Look) -> int:
        """Have told again what lost bindings missed. Returns how many rows of the outbox."""
        again = 0
        for (queue, key), since in look.lost:
            again += self._outbox.tell_again({**routed_by(key), "told_at": {"$gte": since}})
            self._alarm(f"{queue} had lost its binding {key}")
        self._remember(look.marks, look.asked_at)
        return again

    def _now(self) -> datetime:
        """By the database's clock, as the told marks are."""
        now: datetime = self._seen.database.command("hello")["localTime"]
        return now.replace(tzinfo=UTC)

    def _ask(self) -> Present | None:
        try:
            return self._view.present() if self._view else None
        except Busy:
            log.warning("topology_not_checked")
            return None

    def _lost(self, marks: Mapping[Pair, set[str]]) -> list[tuple[Pair, datetime]]:
        """Bindings that were away, and since when: from the very beginning if the queue was lost with what lay in it."""
        seen = {row["_id"]: row for row in self._seen.find()}
        found = []
        for pair, now in marks.items():
            before = seen.get(_row_id(*pair))
            if before is not None and not now & set(before["marks"]):
                emptied = any(mark.startswith(MADE_ANEW) for mark in now)
                found.append((pair, EVER if emptied else before["checked_at"].replace(tzinfo=UTC) - MARGIN))
        return found

    def _remember(self, marks: Mapping[Pair, set[str]], checked_at: datetime) -> None:
        rows = [{"_id": _row_id(*pair), "marks": sorted(now), "checked_at": checked_at} for pair, now in marks.items()]
        self._seen.bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False)


def _row_id(queue: str, key: str) -> str:
    return f"{queue}|{key}"


def _mark(queue_was_there: bool) -> str:
    return (PUT_BACK if queue_was_there else MADE_ANEW) + new_id()
