"""Reads the evidence of visits out of the audit database: three reads, however many visits are asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog
from pymongo.database import Database

from services.audit.evidence.gather import TOGETHER, evidence
from services.audit.evidence.store import SAID, VISITS, Marks
from services.audit.evidence.verdict import Evidence
from shared.errors import NotFound
from shared.sealing import KeyLost, Sealer

log = structlog.get_logger()
Doc = dict[str, Any]


class Assembly:
    """Evidence by visit. Asks nobody whether the reader may see it: whoever shows it bounds it by `Evidence.branch`."""

    def __init__(self, database: Database[Doc], sealer: Sealer, marks: Marks) -> None:
        self._database, self._sealer, self._marks = database, sealer, marks

    def of(self, visit: str) -> Evidence:
        """The evidence of one visit. Raises NotFound for one that was never told."""
        found = self.of_many([visit]).get(visit)
        if found is None:
            raise NotFound("no such visit")
        return found

    def of_many(self, visits: Iterable[str]) -> Mapping[str, Evidence]:
        """The evidence of many visits; those that were never told are left out."""
        rows = list(self._database[VISITS].find({"_id": {"$in": list(visits)}}))
        done = [row for row in rows if row["state"] == "completed"]
        heard, others = self._heard(done), self._others(done)
        return {row["_id"]: evidence(row, heard[row["_id"]], others[row["_id"]]) for row in rows}

    def _heard(self, rows: list[Doc]) -> Mapping[str, list[Doc]]:
        marks = [self._marks.thing("visit", row["_id"]) for row in rows]
        found: dict[str, list[Doc]] = defaultdict(list)
        for row in self._database[SAID].find({"mark": {"$in": marks}}, sort=[("at", 1), ("_id", 1)]):
            said = opened(self._sealer, row)
            if said is not None:
                found[said["visit"]].append(said)
        return found

    def _others(self, rows: list[Doc]) -> Mapping[str, list[Doc]]:
        found: dict[str, list[Doc]] = defaultdict(list)
        near = [{"household": row["household"], "at": _about(row["at"])} for row in rows]
        beside: Iterable[Doc] = self._database[VISITS].find({"$or": near, "state": "completed"}) if near else ()
        by_home: dict[str, list[Doc]] = defaultdict(list)
        for other in beside:
            by_home[other["household"]].append(other)
        for row in rows:
            found[row["_id"]] = [other for other in by_home[row["household"]] if other["_id"] != row["_id"]]
        return found


def _about(at: datetime) -> Doc:
    return {"$gte": at - TOGETHER, "$lte": at + TOGETHER}


def opened(sealer: Sealer, row: Doc) -> Doc | None:
    """What a family said, with the event that shows it; None once the person is erased, or the key is not there."""
    try:
        said = sealer.open(row["_id"], SAID, row["_id"], row["sealed"])
    except KeyLost:
        log.warning("answer_not_opened", record=row["_id"])
        return None
    return {**said, "record": row["_id"], "event": row["event"], "at": row["at"]} if isinstance(said, dict) else None
