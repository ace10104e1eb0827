"""What can be asked of inspections and findings: the first by inspectors and the county, the second by the branches too."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from services.audit.inspections.rows import FINDINGS, INSPECTIONS, REPORTS
from services.audit.report.keeping import ReportFolder
from services.audit.store import BRANCHES, ENTRIES
from shared.access import Principal
from shared.errors import NotFound
from shared.http.cursors import PAGE

Doc = dict[str, Any]
HEAVY = {"sample": 0, "checks": 0, "anchor.note": 0}
"""What a list of inspections can do without."""


class InspectionQueries:
    """Reads one county's inspections."""

    def __init__(self, database: Database[Doc], reports: ReportFolder) -> None:
        self._database, self._reports = database, reports

    def inspections(self, who: Principal, before: str = "", most: int = PAGE + 1) -> list[Doc]:
        """Inspections in scope, newest first."""
        filter = {"$and": [who.scope(), {"_id": {"$lt": before}} if before else {}]}
        return list(self._database[INSPECTIONS].find(filter, HEAVY, sort=[("_id", DESCENDING)], limit=most))

    def inspection(self, who: Principal, inspection: str) -> Doc:
        """One inspection. Raises NotFound when it is not there, or not in scope."""
        return self._one(INSPECTIONS, who, inspection, "no such inspection")

    def findings(self, who: Principal, state: str = "", before: str = "", most: int = PAGE + 1) -> list[Doc]:
        """Findings that a branch in scope answers, newest first."""
        wanted: Doc = {"state": {"$eq": state}} if state else {}
        wanted |= {"_id": {"$lt": before}} if before else {}
        filter = {"$and": [who.scope(), wanted]}
        return list(self._database[FINDINGS].find(filter, sort=[("_id", DESCENDING)], limit=most))

    def finding(self, who: Principal, finding: str) -> Doc:
        """One finding. Raises NotFound when it is not there, or not in scope."""
        return self._one(FINDINGS, who, finding, "no such finding")

    def all_findings(self, inspection: str) -> list[Doc]:
        """Every finding of an inspection, oldest first."""
        return list(self._database[FINDINGS].find({"inspection": {"$eq": inspection}}, sort=[("_id", 1)]))

    def counts(self, inspections: Iterable[str]) -> Mapping[str, int]:
        """How many findings each of these has."""
        wanted = {"inspection": {"$in": list(inspections)}}
        return Counter(row["inspection"] for row in self._database[FINDINGS].find(wanted, {"inspection": 1}))

    def undrawn_beside(self, row: Doc) -> int:
        """How many other inspections of this branch over these days were opened and never drawn."""
        overlap = {"first_day": {"$lte": row["last_day"]}, "last_day": {"$gte": row["first_day"]}}
        wanted = {"branch": row["branch"], "_id": {"$ne": row["_id"]}, "secret": {"$exists": False}, **overlap}
        return self._database[INSPECTIONS].count_documents(wanted)

    def report(self, row: Doc) -> bytes:
        """The report's file as it was when this inspection was closed. Raises NotFound, also when both places lost it."""
        found = self._database[REPORTS].find_one({"_id": row["_id"]})
        file = bytes(found["file"]) if found else self._reports.find(row.get("closed", {}).get("report", ""))
        if file is None:
            raise NotFound("no report is kept here; a copy is known by the SHA-256 in the log")
        return file

    def entries(self, indexes: Iterable[int]) -> Mapping[int, Doc]:
        """Entries by their index."""
        found = self._database[ENTRIES].find({"_id": {"$in": list(indexes)}})
        return {row["_id"]: row for row in found}

    def branches(self, who: Principal) -> list[Doc]:
        """The branches in scope, {_id, path, name, level}, by their place in the tree."""
        filter = {"path": {"$gte": who.branch, "$lt": who.branch + "0"}}
        return list(self._database[BRANCHES].find(filter, sort=[("path", 1)]))

    def _one(self, name: str, who: Principal, thing: str, missing: str) -> Doc:
        found = self._database[name].find_one({"_id": {"$eq": thing}, **who.scope()})
        if found is None:
            raise NotFound(missing)
        return found
