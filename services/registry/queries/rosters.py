"""Questions about imports: progress, faults by kind, the correction workbook. The file's name is opened, never its rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.model.roster_faults import KINDS, FaultKind
from services.registry.queries.branches import path_of
from services.registry.queries.pages import listed, one
from services.registry.store import PEOPLE, ROSTER_PARTS, ROSTER_ROWS, ROSTERS
from services.registry.store.files import WORKBOOK, joined
from services.registry.store.sealed import opened
from shared.access import Principal
from shared.errors import NotFound


def rosters(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Imports in scope, oldest first."""
    return listed(desk, ROSTERS, who, {}, "_id", after, path_of(desk, who, branch))


def latest(desk: Desk, who: Principal, most: int = 20) -> list[Doc]:
    """The newest imports in scope, newest first, for the page."""
    return list(desk.database[ROSTERS].find(who.scope(), sort=[("_id", -1)], limit=most))


def roster(desk: Desk, who: Principal, roster_id: str) -> Doc:
    """One import in scope. Raises NotFound."""
    return one(desk, ROSTERS, who, roster_id)


def file_name(desk: Desk, job: Doc) -> str:
    """The name of the uploaded file; "" once its key is destroyed."""
    return str(opened(desk.sealer, ROSTERS, job, job["_id"]).get("file", ""))


def faults_by_kind(job: Doc) -> list[Doc]:
    """{kind, title, severity, do, count, rows: [listed faults]} in the order of the table of kinds."""
    rows: Mapping[str, list[Doc]] = defaultdict(list)
    for fault in job["listed"]:
        rows[fault["kind"]].append(fault)
    kinds = [kind for kind in FaultKind if job["faults"].get(kind.value)]
    ordered = sorted(kinds, key=list(KINDS).index)
    return [_group(kind, job["faults"][kind.value], rows[kind.value]) for kind in ordered]


def _group(kind: FaultKind, count: int, rows: list[Doc]) -> Doc:
    words = KINDS[kind]
    return {"kind": kind.value, "title": words.title, "severity": words.severity, "do": words.do, "count": count, "rows": rows}


def workbook(desk: Desk, who: Principal, roster_id: str) -> tuple[bytes, list[str]]:
    """The correction workbook, and whom it shows. Raises NotFound when there is none (any more)."""
    job = roster(desk, who, roster_id)
    if not job["workbook"]:
        raise NotFound("this import has no correction workbook, or it was destroyed")
    wanted = {"roster": roster_id, "what": WORKBOOK}
    parts = list(desk.database[ROSTER_PARTS].find(wanted, sort=[("part", 1)]))
    return joined(desk.sealer, roster_id, parts), people_of(desk, roster_id)


def people_of(desk: Desk, roster_id: str) -> list[str]:
    """Whose rows have something to mend: those the workbook shows."""
    found = desk.database[ROSTER_ROWS].find({"roster": roster_id}, {"rows": 1})
    listed_people = [row[2] for part in found for row in part["rows"]]
    wanted = {"_id": {"$in": listed_people}, "to_mend": {"$ne": []}}
    return [row["_id"] for row in desk.database[PEOPLE].find(wanted, {"_id": 1})]
