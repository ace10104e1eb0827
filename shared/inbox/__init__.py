"""What a service heard, and how each event takes effect once and in its subject's order. Nothing here knows a broker."""

from shared.inbox.taking import PROGRESS, Handler, Inbox, event_of

__all__ = ["PROGRESS", "Handler", "Inbox", "event_of"]
