"""Events: what the services tell each other, for ever (docs/design.md, section 3)."""

from shared.events.catalogue import catalogue
from shared.events.envelope import Event
from shared.events.schema import EventType, Kind

__all__ = ["Event", "EventType", "Kind", "catalogue"]
