"""Tells the notifier what happened, in batches, on a thread of its own: a slow commit must not stop the wire.

A deliver_sm is acknowledged only after the notifier's function came back, so what it did not commit comes again.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.notifier.smpp.happenings import Answer, Happening, Receipt


class Log(Protocol):
    """The two words this package logs with; structlog's loggers have them."""

    def warning(self, event: str, **fields: object) -> None:
        """Something mends itself."""

    def error(self, event: str, **fields: object) -> None:
        """Somebody has to look."""


Tell = Callable[[Sequence[Happening]], None]

MOST_TRIES = 10
PAUSE = (0.2, 10.0)
"""First and longest pause, in seconds, before a failed telling is tried again."""


@dataclass(slots=True)
class Item:
    """One happening, and the tickets of the deliver_sm it came from."""

    happening: Happening
    tickets: tuple[int, ...] = ()


class Reporter:
    """Started and stopped by the line. `settle(tickets, told)` is called after each telling, from its own thread."""

    def __init__(self, tell: Tell, settle: Callable[[Sequence[int], bool], None], batch: int, log: Log) -> None:
        self._tell, self._settle, self._batch, self._log = tell, settle, batch, log
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="smpp-reporter", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what is left, once, and end."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        self._thread.join()

    def put(self, items: Sequence[Item]) -> None:
        """Queue; never blocks."""
        if items:
            with self._changed:
                self._items.extend(items)
                self._changed.notify_all()

    @property
    def backlog(self) -> int:
        """Happenings not yet told."""
        return len(self._items) + self._busy

    def _run(self) -> None:
        while batch := self._next():
            if not self._told(batch):
                for item in batch:
                    self._told_alone(item)
            self._busy = False

    def _next(self) -> list[Item]:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._stopping.is_set())
            batch = [self._items.popleft() for _ in range(min(self._batch, len(self._items)))]
            self._busy = bool(batch)
            return batch

    def _told(self, batch: Sequence[Item]) -> bool:
        try:
            self._tell([item.happening for item in batch])
        except Exception as error:  # whatever the notifier meets, the wire goes on and the batch is tried in single steps
            self._log.warning("smpp_telling_failed", kind=type(error).__name__, many=len(batch))
            return False
        self._settle([ticket for item in batch for ticket in item.tickets], True)
        return True

    def _told_alone(self, item: Item) -> None:
        """The carrier keeps receipts and answers and sends them again; the rest only we know, so it is tried here."""
        pause = PAUSE[0]
        for _ in range(MOST_TRIES):
            if self._told([item]):
                return
            if isinstance(item.happening, Receipt | Answer) and item.tickets:
                self._settle(item.tickets, False)
                return
            if self._stopping.wait(pause):
                break
            pause = min(PAUSE[1], pause * 2)
        self._log.error("smpp_telling_given_up", what=type(item.happening).__name__)
