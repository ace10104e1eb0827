"""How long the oldest event that is not in the signed log has been waiting in the log's queue.

The queue is first in, first out, and no message is touched to look at it: at each look it is noted how long the log would be
with all that waits. Once the log is as long as that, what waited then is in. After a start it can only be told from then on.
"""

from collections import deque


class Backlog:
    """For one thread. What was told twice never makes the log longer: an empty queue settles that."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def age(self, now: float, waiting: int, size: int, signed: int) -> float:
        """Seconds since a look at which the oldest of what waits was there; 0 when all is in. `now`: monotonic seconds."""
        if not waiting and signed >= size:
            self._looks.clear()
            return 0.0
        if not self._looks or self._looks[-1][1] < size + waiting:
            self._looks.append((now, size + waiting))
        while len(self._looks) > 1 and self._looks[0][1] <= signed:
            self._looks.popleft()
        return now - self._looks[0][0]
