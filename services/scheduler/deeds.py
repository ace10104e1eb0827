"""Commands as a request asks for them: at most once by Idempotency-Key, in one unit of work, refused when there is no room."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.scheduler.commands import visiting
from services.scheduler.commands.desk import Desk
from shared.access import Principal
from shared.http import Answered, Idempotent
from shared.units import Unit
from shared.units.bounds import OutboxBound

Doc = dict[str, Any]
Work = Callable[[Unit], Doc]


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a volunteer or a clerk does with a visit by request."""

    desk: Desk
    idempotent: Idempotent
    bound: OutboxBound

    def check_in(self, who: Principal, visit: str, revision: int, given: Doc) -> Answered:
        """See `commands/visiting.py`."""
        return self._once(lambda unit: visiting.check_in(unit, self.desk, who, visit, revision, given))

    def report(self, who: Principal, visit: str, revision: int, told: Doc) -> Answered:
        """See `commands/visiting.py`."""
        return self._once(lambda unit: visiting.report(unit, self.desk, who, visit, revision, told))

    def decline(self, who: Principal, visit: str, revision: int) -> Answered:
        """See `commands/visiting.py`."""
        return self._once(lambda unit: visiting.decline(unit, self.desk, who, visit, revision))

    def _once(self, work: Work) -> Answered:
        def answered(unit: Unit) -> Answered:
            done = work(unit)
            return Answered(200, done["_id"], done["revision"])

        self.bound.refuse_when_full()
        return self.idempotent.post(answered)
