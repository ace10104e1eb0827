"""Makes events: checks them against the catalogue, seals what speaks of a person, fixes the bytes. Once, before commit."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.clock import CountyClock, to_wire
from shared.errors import Malformed
from shared.events import Event, EventType, catalogue
from shared.events.catalogue import ANY_SERVICE
from shared.events.envelope import make
from shared.ids import new_id
from shared.tracing import current_trace


class Seals(Protocol):
    """What the teller needs of `shared.sealing.Sealer`."""

    def seal(self, under: str, place: str, place_id: str, content: Mapping[str, Any]) -> str:
        """Seal one object under a person's key for this place."""
        ...


class Teller:
    """Tells events in the name of one service of one county. Safe to share between threads."""

    def __init__(self, county: str, service: str, clock: CountyClock, sealer: Seals) -> None:
        self.source = f"/springrain/{county}/{service}"
        self._service, self._clock, self._sealer = service, clock, sealer

    def make(
        self,
        type_: str,
        *,
        subject: str,
        revision: int,
        branch: str,
        actor: str,
        data: dict[str, Any],
        closed: Mapping[str, Mapping[str, Any]],
    ) -> Event:
        """The event, checked and sealed. Raises Malformed: that is a fault of ours, and nothing is written."""
        known = self._own(type_)
        faults = known.check_open(data) + [f for block in closed.values() for f in known.check_closed(block)]
        if faults:
            raise Malformed(f"{type_}: {faults[0].code}", faults[0].field)
        event_id = new_id()
        if closed:
            data["sealed"] = [
                {"under": under, "value": self._sealer.seal(under, "event", event_id, block)}
                for under, block in sorted(closed.items())
            ]
        words = {"type": type_, "subject": subject, "branch": branch, "actor": actor}
        words |= {"id": event_id, "source": self.source, "time": to_wire(self._clock.now())}
        return make(data=data, revision=revision, trace=current_trace(), **words)

    def _own(self, type_: str) -> EventType:
        known = catalogue().get(type_)
        if known is None or known.teller not in (self._service, ANY_SERVICE):
            raise Malformed("not_ours_to_tell", type_)
        return known
