"""Keeps the list of visits that nobody can give, by household and month, for the leading group."""

from collections.abc import Sequence
from typing import Any

from services.scheduler import store
from services.scheduler.commands.desk import ACTOR
from shared.ids import new_id
from shared.units import Unit

Doc = dict[str, Any]


def note(unit: Unit, household: Doc, month: str, visits: int, why: str | None) -> None:
    """Say how many visits of the month stay open and why; 0 when what was open is covered after all. Tells changes only."""
    note_all(unit, month, [(household, visits, why)])


def note_all(unit: Unit, month: str, found: Sequence[tuple[Doc, int, str | None]]) -> None:
    """`note` for many households of one month, with one read and one write of new rows."""
    rows = unit.collection(store.UNCOVERED)
    ids = [household["_id"] for household, _, _ in found]
    known = {row["household"]: row for row in rows.find({"household": {"$in": ids}, "month": month})}
    fresh = []
    for household, visits, why in found:
        before = known.get(household["_id"])
        row = _row(household, month, visits, why or (before or {}).get("why"), before)
        if row is None:
            continue
        if before is None:
            fresh.append(row)
        else:
            rows.replace(row, was=before["revision"])
        _tell(unit, row)
    rows.insert_many(fresh)


def _row(household: Doc, month: str, visits: int, why: str | None, before: Doc | None) -> Doc | None:
    """The row as it is now; None when there is nothing to say."""
    if why is None or (before is not None and (before["visits"], before["why"]) == (visits, why)):
        return None
    id_, revision = (before["_id"], before["revision"] + 1) if before else (new_id(), 1)
    head = {"household": household["_id"], "month": month, "number": household["number"], "branch": household["branch"]}
    return {"_id": id_, "revision": revision, **head, "visits": visits, "why": why}


def _tell(unit: Unit, row: Doc) -> None:
    unit.tell(
        "care.not_covered.v1",
        subject=row["_id"],
        revision=row["revision"],
        branch=row["branch"],
        actor=ACTOR,
        data={name: row[name] for name in ("household", "month", "visits", "why")},
    )
