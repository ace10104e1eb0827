"""The count: acknowledged = rows in the outbox = effects = the log's queue, no hole, nothing twice, nothing left over."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo.errors import BulkWriteError

from shared.events.envelope import read
from shared.inbox import PROGRESS, held
from shared.messaging.bodies import Bodies
from shared.units import outbox, sums
from shared.units.sums import Sum, one
from tests.faults.backbone import TOPOLOGY, TYPE, Backbone
from tests.faults.effects import EFFECTS
from tests.soak.load import Load

LOGGED = "logged"
DUPLICATE_KEY = 11000


class Ledger:
    """Reads the log's queue all the while, and counts at the end."""

    def __init__(self, backbone: Backbone, load: Load) -> None:
        self._load, self._scheduler, self._registry = load, backbone.scheduler.database, backbone.registry.database
        self._bodies = Bodies(backbone.vhost.amqp_url, "audit.log", TOPOLOGY)

    def read_log(self, stop: threading.Event) -> None:
        """Take what comes for the log; a copy is known by its id."""
        self._bodies.run(stop, self._keep, lambda _idle: None)

    def figures(self) -> dict[str, int]:
        """For a line while it runs."""
        return {
            "told": self._load.acknowledged.events,
            "handled": self._scheduler[EFFECTS].estimated_document_count(),
            "untold": self._registry[outbox.NAME].count_documents({"untold": True}),
            "held": self._scheduler[held.NAME].count_documents({}),
        }

    def at_rest(self) -> bool:
        """Whether as many took effect and were logged as were told, and nothing waits."""
        now, told = self.figures(), self._load.acknowledged.events
        logged = self._registry[LOGGED].count_documents({})
        return now["untold"] == now["held"] == 0 and now["handled"] >= told and logged >= told

    def count(self) -> tuple[list[str], list[str]]:
        """Every figure as a line, and what is wrong."""
        acknowledged = self._load.acknowledged
        effects = list(self._scheduler[EFFECTS].find({}, {"event": 1, "subject": 1, "revision": 1}, sort=[("_id", 1)]))
        found = {
            "acknowledged": acknowledged,
            "rows": _sum(self._told_ids()),
            "effects": _sum({row["event"] for row in effects}),
            "the log's queue": _sum(row["_id"] for row in self._registry[LOGGED].find({}, {"_id": 1})),
            "sum of told": self._noun(self._registry, sums.TOLD, 0),
            "sum of heard": self._noun(self._scheduler, sums.HEARD, 1),
        }
        left = {
            "doubles": sum(times - 1 for times in Counter(row["event"] for row in effects).values()),
            "holes": self._holes(),
            "out of order": _out_of_order(effects),
            **{name: n for name, n in self.figures().items() if name in ("untold", "held")},
        }
        wrong = [name for name, each in found.items() if each != acknowledged] + [name for name, n in left.items() if n]
        lines = [f"{name:>16}  {each.events:>8}  {each.hexadecimal[:16]}" for name, each in found.items()]
        return lines + [f"{name:>16}  {n:>8}" for name, n in left.items()], wrong

    def _keep(self, bodies: Sequence[bytes]) -> None:
        events = [read(body) for body in bodies]
        rows = [{"_id": event.id} for event in events if event.type == TYPE]
        try:
            if rows:
                self._registry[LOGGED].insert_many(rows, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise

    def _told_ids(self) -> Iterable[str]:
        steps: list[dict[str, Any]] = [
            {"$unwind": "$events"},
            {"$match": {"events.type": TYPE}},
            {"$project": {"id": "$events.id"}},
        ]
        return (row["id"] for row in self._registry[outbox.NAME].aggregate(steps))

    def _noun(self, database: Any, name: str, word: int) -> Sum:
        return sums.read_sums(database, name, lambda words: words[word]).get(TYPE.split(".", 1)[0], Sum())

    def _holes(self) -> int:
        """Things whose chain was not followed as far as it was acknowledged."""
        rows = self._scheduler[PROGRESS].find({}, {"reached": 1})
        reached = {row["_id"]: row["reached"] for row in rows}
        return sum(reached.get(subject) != revision for subject, revision in self._load.reached.items())


def _sum(ids: Iterable[str]) -> Sum:
    total = Sum()
    for event_id in ids:
        total = total.plus(one(event_id))
    return total


def _out_of_order(effects: list[dict[str, Any]]) -> int:
    last: dict[str, int] = {}
    wrong = 0
    for row in effects:
        wrong += row["revision"] < last.get(row["subject"], 0)
        last[row["subject"]] = row["revision"]
    return wrong
