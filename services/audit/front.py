"""What the audit service's views are given: questions, commands, and the tiles."""

from dataclasses import dataclass

from services.audit.commands.concerns import Concerns
from services.audit.evidence.assembly import Assembly
from services.audit.inspections.desk import InspectionDesk
from services.audit.log.folder import TileFolder
from services.audit.queries import LogQueries
from services.audit.unsealing import Unsealing
from shared.http import Cursors, Idempotent
from shared.runtime import Runtime


@dataclass(frozen=True)
class Front:
    """Made once in each process (wiring.py); safe for several threads."""

    runtime: Runtime
    queries: LogQueries
    concerns: Concerns
    unsealing: Unsealing
    folder: TileFolder
    once: Idempotent
    cursors: Cursors
    inspecting: InspectionDesk
    evidence: Assembly
