"""A report out of an inspection as it stands: figures, file and hashes, with which findings they were made."""

from hashlib import sha256
from typing import Any

from services.audit.inspections import steps
from services.audit.inspections.desk import InspectionDesk
from services.audit.queries import LogQueries
from services.audit.report.figures import figures_of
from services.audit.report.typeset import digest_of, typeset
from shared.clock import CountyClock

Doc = dict[str, Any]


def report_of(queries: LogQueries, desk: InspectionDesk, row: Doc, clock: CountyClock) -> Doc:
    """The report that closes an inspection; empty for one that is not drawn, which the closing refuses. Raises Conflict."""
    if row["state"] != steps.DRAWN:
        return {}
    findings = desk.queries.all_findings(row["_id"])
    steps.may_close(row, findings, desk.inspections.today())
    state, at = queries.state(), clock.now()
    now = {"origin": state["origin"], "size": state["signed"], "root": bytes(state["root"]).hex(), "at": at}
    now |= {"undrawn": desk.queries.undrawn_beside(row)}
    branches = {row["branch"], *(each["branch"] for each in row["sample"]), *(found["branch"] for found in findings)}
    figures = figures_of(row, findings, queries.places(branches), now)
    file = typeset(figures, bytes(state["note"]), at)
    return {
        "findings": [(found["_id"], found["revision"]) for found in findings],
        "report": sha256(file).hexdigest(),
        "figures": digest_of(figures),
        "size": now["size"],
        "root": now["root"],
        "file": file,
    }
