"""What the demo's conductor asks a service before it moves county time: is anything still on its way?

Queue lengths are not asked, since they lag. Instead each source says what it told and each listener what it heard, by noun:
count and sum of the hashes of the ids. Mounted in demo mode only.
"""

from collections.abc import Mapping
from typing import Any

from shared.inbox import held
from shared.runtime import Runtime
from shared.units import sums, timers
from shared.units.outbox import Outbox


def report(runtime: Runtime, open_requests: int) -> dict[str, Any]:
    """The service's figures as of now: the same twice in a row, with all sums equal, means quiet."""
    database = runtime.database
    due = timers.next_due(database)
    moment = runtime.machine_clock.now()
    return {
        "service": runtime.service,
        "untold": Outbox(database).backlog(10_000),
        "told": _figures(sums.read_sums(database, sums.TOLD, lambda words: words[0])),
        "heard": _figures(sums.read_sums(database, sums.HEARD, lambda words: "|".join(words[:2]))),
        "retries": database[held.NAME].count_documents({"state": held.RETRY}),
        "awaits": database[held.NAME].count_documents({"state": held.AWAITS, "due_at": {"$lte": moment}}),
        "taken_timers": database[timers.NAME].count_documents({"taken_until": {"$gt": moment}}),
        "open_requests": open_requests,
        "next_due": due.strftime("%Y-%m-%dT%H:%M:%SZ") if due else None,
    }


def _figures(found: Mapping[str, sums.Sum]) -> dict[str, list[Any]]:
    return {key: [pair.events, pair.hexadecimal] for key, pair in found.items()}
