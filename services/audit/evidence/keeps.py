"""What the keeping of evidence works with."""

from dataclasses import dataclass
from typing import Any

import structlog

from services.audit.evidence.store import Marks
from shared.events import Event
from shared.sealing import KeyLost, SealBroken, Sealer, UnreadableSuite

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Keeps:
    """The service's seals and its marks."""

    sealer: Sealer
    marks: Marks

    def opened(self, event: Event, under: str) -> dict[str, Any] | None:
        """What is sealed under this id in an event; None when it was erased, and when nothing is.

        What cannot be opened is logged and left out: the services that need it park it, and evidence must not stop the rules
        that stand beside it in this one's table.
        """
        value = event.sealed().get(under)
        try:
            inner = self.sealer.open(under, "event", event.id, value) if value else None
        except (KeyLost, SealBroken, UnreadableSuite) as error:
            log.error("evidence_not_opened", under=under, event_id=event.id, error=type(error).__name__)
            return None
        return inner if isinstance(inner, dict) else None
