"""What the duty views are given, and who may use them: the county's administrator alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.access import Principal, Role
from shared.duty.figures import Reader
from shared.duty.held_events import HeldEvents
from shared.duty.releases import Releases
from shared.errors import NotFound
from shared.http.access import principal
from shared.http.cursors import Cursors
from shared.http.idempotency import Idempotent
from shared.runtime import Runtime

ON_DUTY = (Role.ADMINISTRATOR,)


@dataclass(frozen=True)
class DutyDesk:
    """Made once in each process; safe for several threads."""

    runtime: Runtime
    reader: Reader
    held: HeldEvents
    releases: Releases
    cursors: Cursors
    services: Sequence[str]
    """All services of the county, in the order the page shows them."""

    @property
    def service(self) -> str:
        """Whose part this is."""
        return self.runtime.service

    def on_duty(self) -> Principal:
        """Who asks. Raises NotFound for an administrator of less than the county."""
        who = principal()
        if not who.sees(self.runtime.home):
            raise NotFound("not yours to see")
        return who


def open_desk(runtime: Runtime, reader: Reader, once: Idempotent, cursors: Cursors, services: Sequence[str]) -> DutyDesk:
    """The desk of one service."""
    return DutyDesk(runtime, reader, HeldEvents(runtime.database), Releases(runtime, once), cursors, services)
