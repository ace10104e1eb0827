"""Lets callers who wait at the same moment share one piece of work: the first of them does it for all.

Knows nothing of databases. Whoever finds nobody leading leads: takes all who wait, runs them as a group, hands out the answers,
and passes the lead on. Nobody waits past its deadline: a caller nobody took in time goes away with Busy.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, TypeVar

from shared.errors import Busy

T = TypeVar("T")
MOST = 64
GATHER_SECONDS = 0.002
"""Who is to lead after others waits this much at most: those just answered mostly come back, and share its commit."""


class Apart(Exception):
    """The group cannot be done as one, and nothing was done: each is to be run alone."""


class Call:
    """One caller's work, the context it runs in (its trace, its request), and its answer."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work, self.context = work, copy_context()
        self.done = threading.Event()
        """Set when the answer is there, or when this caller is to lead."""
        self.answered = self.apart = False
        self._result: Any = None
        self._error: BaseException | None = None

    def succeed(self, result: Any) -> None:
        """This is the answer, once the group has committed."""
        self._result, self._error = result, None

    def refuse(self, error: BaseException) -> None:
        """This is raised, once the group has committed."""
        self._error = error

    def answer(self) -> Any:
        """The result, or the error raised."""
        if self._error is not None:
            raise self._error
        return self._result


class Together:
    """Groups callers. `run_group` gives each call its answer, or raises: Apart, or an error that holds for all of them."""

    def __init__(self, run_group: Callable[[Sequence[Call]], None], patience: float) -> None:
        self._run_group, self._patience, self._led = run_group, patience, False
        self._lock = threading.Lock()
        self._waiting: deque[Call] = deque()
        self._expected, self._all_here = 0, threading.Event()
        self._passed_on_at = 0.0

    @property
    def waiting(self) -> int:
        """How many callers nobody has taken yet."""
        return len(self._waiting)

    def run(self, work: Callable[[Any], T], alone: Callable[[], T]) -> T:
        """The answer of `work`, run in a group; of `alone` when the group could not be done as one."""
        call = Call(work)
        with self._lock:
            leads = not self._led
            if leads:
                self._led = True
            else:
                self._waiting.append(call)
                if len(self._waiting) >= self._expected:
                    self._all_here.set()
        if not leads:
            self._wait(call)
        if not call.answered:
            self._gather()
            self._lead(call)
        return alone() if call.apart else call.answer()

    def _wait(self, call: Call) -> None:
        if call.done.wait(self._patience):
            return
        with self._lock:
            if call in self._waiting:
                self._waiting.remove(call)
                raise Busy("too many wait before you; nothing was changed", retry_after=5)
        call.done.wait()  # it was taken at the last moment, and is answered within a deadline of its own

    def _gather(self) -> None:
        """Wait a moment for those who were just answered: a leader that goes at once has every other commit for itself."""
        left = self._passed_on_at + GATHER_SECONDS - time.monotonic()
        if left > 0:
            self._all_here.wait(left)

    def _lead(self, call: Call) -> None:
        with self._lock:
            group = [call, *(self._waiting.popleft() for _ in range(min(MOST - 1, len(self._waiting))))]
        try:
            self._run_group(group)
        except Apart:
            for each in group:
                each.apart = True
        except BaseException as error:
            for each in group:
                each.refuse(error)
        self._pass_on(len(group))
        for each in group:
            each.answered = True
            each.done.set()

    def _pass_on(self, answered: int) -> None:
        """Have the one who waited longest lead next, or whoever comes first: when all are here that were, or a moment later."""
        with self._lock:
            self._expected = min(len(self._waiting) + answered, MOST) - 1
            self._passed_on_at = time.monotonic() if self._expected else 0.0
            self._all_here.clear()
            if self._waiting:
                self._waiting.popleft().done.set()
            else:
                self._led = False
