"""What this listener has heard, by source and noun: the same two figures the sources keep of what they told (`told.py`)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pymongo.database import Database

from shared.events import Event
from shared.messaging.told import MODULUS, row_of, weight
from shared.messaging.unit import Unit

NAME = "heard"


def count_heard(unit: Unit, events: Sequence[Event], shard: str) -> None:
    """Count events taken over for the first time, in the unit that takes them over. One shard for each consumer."""
    news: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        pair = news[f"{event.service}|{event.noun}|{shard}"]
        pair[0] += 1
        pair[1] += weight(event.id)
    if news:
        _write(unit, news)


def _write(unit: Unit, news: dict[str, list[int]]) -> None:
    rows = unit.collection(NAME)
    had = {row["_id"]: row for row in rows.find({"_id": {"$in": list(news)}})}
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for key, (count, total) in news.items():
        old = had.get(key, {"count": 0, "sum": "0"})
        row = row_of(key, old["count"] + count, int(old["sum"], 16) + total)
        (changed if key in had else fresh).append(row)
    rows.insert_many(fresh)
    rows.replace_rows(changed)


def figures(database: Database[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Count and sum by `source|noun`, over all shards."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in database[NAME].find():
        pair = totals[row["_id"].rsplit("|", 1)[0]]
        pair[0] += row["count"]
        pair[1] += int(row["sum"], 16)
    return {key: (count, f"{total % MODULUS:064x}") for key, (count, total) in totals.items()}
