"""A person's hand on a parked event: have it tried again, or drop it. Who did it is told, in the same unit of work."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.errors import Conflict, NotFound
from shared.http.idempotency import Answered, Idempotent
from shared.inbox import held
from shared.inbox.retries import Retries
from shared.runtime import Runtime
from shared.units import Unit
from shared.worker import Duties, inbox_of

RETRY, DROP = "retry", "drop"
DECISIONS = (RETRY, DROP)


class Way(Protocol):
    """A way out of the held rows, inside a unit of work."""

    def __call__(self, unit: Unit, event_id: str, actor: str, branch: str, /) -> None:
        """Take it. Raises NotFound when the event is not parked."""
        ...


class Releases:
    """The ways out of one service's held rows. Handles nothing itself: the service's worker does."""

    def __init__(self, runtime: Runtime, once: Idempotent) -> None:
        retries = Retries(runtime.units, runtime.database, inbox_of(runtime, Duties()), runtime.machine_clock)
        self._ways: Mapping[str, Way] = {RETRY: retries.retry_in, DROP: retries.drop_in}
        self._once, self._home = once, runtime.home

    def release(self, key: str, decision: str, actor: str) -> None:
        """Do it once per Idempotency-Key of the present request.

        Raises Conflict when somebody has it tried again already, NotFound when it is not held (any more).
        """

        def work(unit: Unit) -> Answered:
            row: Any = unit.collection(held.NAME).find_one({"_id": key})
            if row is None:
                raise NotFound("no event is parked under this id: somebody has dealt with it, or it never was")
            if row["state"] != held.PARKED:
                raise Conflict("this event is no longer parked: somebody has it tried again already")
            self._ways[decision](unit, key, actor, self._home)
            return Answered(200, key, 1)

        self._once.post(work)
