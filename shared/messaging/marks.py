"""Marks outbox rows told, and counts them once: mark and sum are one transaction, however many relays mark the same row."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.errors import Vanished
from shared.messaging.flight import Flying
from shared.units import Unit, Units, outbox, sums
from shared.units.bound import must_match

Doc = dict[str, Any]
NEVER_TOLD = {"untold": True, "again": {"$exists": False}}


class Marks:
    """The told marks of one service's outbox."""

    def __init__(self, units: Units, fence: Callable[[Unit], bool]) -> None:
        self._units, self._fence = units, fence

    def mark(self, rows: Sequence[Flying]) -> bool:
        """The broker has all events of these rows. Marking twice is harmless.

        False, with nothing marked, when another relay has the lease: it may have mended a binding since these were sent, and
        will send them itself.
        """
        try:
            return self._units.run(lambda unit: self._mark(unit, rows))
        except Vanished:  # another relay was first with some of them
            return self._units.run(lambda unit: self._mark(unit, _still_untold(unit, rows)))

    def _mark(self, unit: Unit, rows: Sequence[Flying]) -> bool:
        if not self._fence(unit):
            return False
        _mark(unit, rows)
        return True


def _mark(unit: Unit, rows: Sequence[Flying]) -> None:
    collection = unit.collection(outbox.NAME)
    for row in rows:
        if row.again:  # a request that came later than this one stands
            collection.update_any({"_id": row.id, "again": row.again}, outbox.told_now())
    fresh = [row for row in rows if not row.again]
    if fresh:
        ids = [row.id for row in fresh]
        must_match(collection.update_any({"_id": {"$in": ids}, **NEVER_TOLD}, outbox.told_now()), len(ids))
        sums.add(unit.collection(sums.TOLD), sums.summed(event for row in fresh for event in row.events))


def _still_untold(unit: Unit, rows: Sequence[Flying]) -> list[Flying]:
    ids = [row.id for row in rows]
    found = unit.collection(outbox.NAME).find({"_id": {"$in": ids}, **NEVER_TOLD}, projection=["_id"])
    fresh = {row["_id"] for row in found}
    return [row for row in rows if row.again or row.id in fresh]
