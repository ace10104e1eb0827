"""The stated bound of the outbox: past it routine commands are refused with 503 instead of filling the disk."""

import threading

from shared.clock import MachineClock
from shared.errors import Busy
from shared.units.outbox import Outbox

LOOK_EVERY_SECONDS = 1.0
CONSUMERS_STOP_AT = 0.9


class OutboxBound:
    """Knows, at most a second old, whether the outbox has room. Safe to share between threads."""

    def __init__(self, outbox: Outbox, clock: MachineClock, most: int) -> None:
        self._outbox, self._clock, self._most = outbox, clock, most
        self._lock = threading.Lock()
        self._seen, self._looked = 0, float("-inf")

    def waiting(self) -> int:
        """How many entries wait, up to the bound."""
        with self._lock:
            if self._clock.monotonic() - self._looked > LOOK_EVERY_SECONDS:
                self._seen, self._looked = self._outbox.backlog(self._most), self._clock.monotonic()
            return self._seen

    def refuse_when_full(self) -> None:
        """Raises Busy for a routine command when the bound is reached. Urgent ones do not ask."""
        if self.waiting() >= self._most:
            raise Busy("too many events wait for the broker; nothing was changed", retry_after=10)

    def room_for_consuming(self) -> bool:
        """Whether a consumer may take messages, whose handling tells events of its own."""
        return self.waiting() < self._most * CONSUMERS_STOP_AT
