"""A unit of work under way: a change, the events it tells and, for a handler, its progress. All of it commits, or none.

Never a side effect inside: the work may run again. Never an upsert, and never an error caught and passed over inside
(docs/faults.md).
"""

from collections.abc import Mapping
from typing import Any

from shared.events.envelope import Event
from shared.units.bound import Bound, Writes
from shared.units.teller import Teller


class Unit:
    """Use it in one thread, inside `Units.run` or `Units.run_together` only."""

    def __init__(self, writes: Writes, teller: Teller) -> None:
        self._writes, self._teller = writes, teller
        self.told: list[Event] = []
        self.handling: Event | None = None
        """The event being handled: it is named as the cause of what is told."""

    def collection(self, name: str) -> Bound:
        """A collection of this service, bound to this unit."""
        return Bound(name, self._writes)

    def tell(
        self,
        type_: str,
        *,
        subject: str,
        revision: int,
        branch: str,
        actor: str,
        data: Mapping[str, Any] | None = None,
        closed: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Event:
        """Tell an event with this change. `closed` maps an id (person or record) to the fields sealed under it.

        Raises Malformed when the event breaks its contract.
        """
        opened = dict(data or {})
        if self.handling is not None:
            opened["cause"] = self.handling.id
        event = self._teller.make(
            type_, subject=subject, revision=revision, branch=branch, actor=actor, data=opened, closed=closed or {}
        )
        self.told.append(event)
        return event
