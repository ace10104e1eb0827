"""Points at which a test may have the process die, to show that nothing is lost there. Off, a point is one `is None`."""

import os
import signal
import threading


class FaultPoints:
    """Dies by SIGKILL at the armed point, at its n-th passing. Armed by SPRINGRAIN_CRASH_AT=`point` or `point:n`."""

    def __init__(self, armed: str = "") -> None:
        name, _, nth = armed.partition(":")
        self._armed = name or None
        self._left = int(nth or 1)
        self._lock = threading.Lock()

    def passing(self, point: str) -> None:
        """Say that this point is passed now."""
        if self._armed is not None and point == self._armed:
            self._count()

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
