"""What this listener has heard, by source and noun: the same two figures the sources keep of what they told (`told.py`)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pymongo.database import Database

from shared.events import Event
from shared.messaging.told import MODULUS, weight
from shared.messaging.unit import Unit

NAME = "heard"
LIMBS = 8
"""The sum outgrows any number of the database, so it is kept in eight parts of 32 bits, each added to without being read."""


def count_heard(unit: Unit, events: Sequence[Event], shard: str) -> None:
    """Count events taken over for the first time, in the unit that takes them over. One shard for each consumer."""
    news: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in events:
        amounts = news[f"{event.service}|{event.noun}|{shard}"]
        amounts["count"] += 1
        total = weight(event.id)
        for limb in range(LIMBS):
            amounts[f"sum{limb}"] += (total >> (32 * limb)) & 0xFFFFFFFF
    unit.collection(NAME).increase(news)


def figures(database: Database[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Count and sum by `source|noun`, over all shards."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in database[NAME].find():
        pair = totals[row["_id"].rsplit("|", 1)[0]]
        pair[0] += row["count"]
        pair[1] += sum(row[f"sum{limb}"] << (32 * limb) for limb in range(LIMBS))
    return {key: (count, f"{total % MODULUS:064x}") for key, (count, total) in totals.items()}
