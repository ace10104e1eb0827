"""Keeps the list of visits that nobody can give, by household and month, for the leading group."""

from typing import Any

from services.scheduler import store
from services.scheduler.commands.desk import ACTOR
from shared.ids import new_id
from shared.messaging.unit import Unit

Doc = dict[str, Any]


def note(unit: Unit, household: Doc, month: str, visits: int, why: str | None) -> None:
    """Say how many visits of the month stay open and why; 0 when what was open is covered after all. Tells changes only."""
    rows = unit.collection(store.UNCOVERED)
    known = rows.find_one({"household": household["_id"], "month": month})
    reason = why or (known or {}).get("why")
    if reason is None or (known is not None and (known["visits"], known["why"]) == (visits, reason)):
        return
    head = {"household": household["_id"], "month": month, "number": household["number"], "branch": household["branch"]}
    row: Doc = {"_id": new_id(), "revision": 1} if known is None else {"_id": known["_id"], "revision": known["revision"] + 1}
    row |= {**head, "visits": visits, "why": reason}
    if known is None:
        rows.insert(row)
    else:
        rows.replace(row, was=known["revision"])
    data = {name: row[name] for name in ("household", "month", "visits", "why")}
    unit.tell(
        "care.not_covered.v1",
        subject=row["_id"],
        revision=row["revision"],
        branch=row["branch"],
        actor=ACTOR,
        data=data,
    )
