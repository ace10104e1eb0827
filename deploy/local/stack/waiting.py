"""Waiting for a server, with a deadline and with a word on what was waited for."""

import time
from collections.abc import Callable

from shared.errors import SpringrainError


class NotReady(SpringrainError):
    """A process of the stack ended, or was not ready in time. The message names it and shows the end of its log."""

    code = "not_ready"


def wait_until(condition: Callable[[], bool], what: str, within: float, every: float = 0.05) -> None:
    """Return once `condition` holds. NotReady naming `what` when it does not within `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not within {within:g} s")
        time.sleep(every)
