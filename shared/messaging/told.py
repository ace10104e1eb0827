"""What this service has told, by noun: how many events, and the sum of the SHA-256 of their ids modulo 2^256.

Listeners keep the same two figures of what they heard. Equal figures mean: nothing is missing and nothing was heard twice.
"""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

NAME = "told"
MODULUS = 2**256
Figures = dict[str, tuple[int, int]]


def weight(event_id: str) -> int:
    """What one event adds to the sum."""
    return int.from_bytes(hashlib.sha256(event_id.encode("ascii")).digest(), "big")


def row_of(key: str, count: int, total: int) -> dict[str, Any]:
    """The row that keeps a pair of figures; the sum is hexadecimal, since it outgrows any number of the database."""
    return {"_id": key, "count": count, "sum": f"{total % MODULUS:064x}"}


class ToldCounts:
    """Kept by the relay beside its marks; counted anew from the outbox whenever somebody else may have told."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._outbox, self._rows = database["outbox"], database[NAME]
        self._figures: Figures = {}
        self._lock = threading.Lock()
        self.in_doubt = True
        """Whether another relay told entries too: `recount` before the figures are believed."""

    def recount(self) -> None:
        """Count all entries that the outbox still holds and that were told at least once."""
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        with self._lock:
            self.in_doubt = False
            told = {"$or": [{"told_at": {"$exists": True}}, {"again": True}]}
            for entry in self._outbox.find(told, {"type": 1}):
                _add(found, entry["_id"], entry["type"])
            self._figures = {noun: (count, total % MODULUS) for noun, (count, total) in found.items()}
            self._write(self._figures)

    def add(self, told: Iterable[tuple[str, str]], *, exact: bool) -> None:
        """Count entries (id, type) told for the first time just now; not `exact`: another relay marked some of them."""
        if not exact:
            self.in_doubt = True
            return
        news: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for entry_id, type_ in told:
            _add(news, entry_id, type_)
        with self._lock:
            for noun, (count, total) in news.items():
                had, had_sum = self._figures.get(noun, (0, 0))
                self._figures[noun] = (had + count, (had_sum + total) % MODULUS)
            self._write({noun: self._figures[noun] for noun in news})

    def _write(self, figures: Figures) -> None:
        if figures:
            rows = [ReplaceOne({"_id": n}, row_of(n, count, total), upsert=True) for n, (count, total) in figures.items()]
            self._rows.bulk_write(rows, ordered=False)


def _add(figures: dict[str, list[int]], entry_id: str, type_: str) -> None:
    pair = figures[type_.split(".", 1)[0]]
    pair[0] += 1
    pair[1] += weight(entry_id)
