"""What the views of inspections are given, and what the worker does for them: put together from what the service has."""

from dataclasses import dataclass
from typing import Any

from services.audit.commands.concerns import Concerns
from services.audit.inspections.answering import OVERDUE, Findings
from services.audit.inspections.inspecting import DRAW_OVERDUE, Inspections
from services.audit.inspections.queries import InspectionQueries
from services.audit.report.keeping import ReportFolder
from shared.looks import Looks
from shared.runtime import Runtime
from shared.units.timers import TimerHandler

Doc = dict[str, Any]


@dataclass(frozen=True)
class InspectionDesk:
    """Made once in each process; safe for several threads."""

    queries: InspectionQueries
    inspections: Inspections
    findings: Findings
    looks: Looks
    reports: ReportFolder

    def timers(self) -> dict[str, TimerHandler]:
        """What is done when time comes."""
        return {OVERDUE: self.findings.overdue, DRAW_OVERDUE: self.inspections.overdue}


def desk_of(runtime: Runtime, concerns: Concerns, reports: ReportFolder) -> InspectionDesk:
    """The desk of this county."""
    database, clock = runtime.database, runtime.county_clock
    return InspectionDesk(
        InspectionQueries(database, reports),
        Inspections(concerns, clock, runtime.home),
        Findings(runtime.sealer, concerns, clock, runtime.home),
        Looks(runtime.units, database, clock),
        reports,
    )
