"""The loop of a listener that looks for what it missed: holes in chains, days that differ. Whatever fails is tried again."""

import threading
from collections.abc import Callable, Sequence

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.connection import BROKEN

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 5.0


class Watches:
    """Runs looks one after the other until stopped."""

    def __init__(self, looks: Sequence[Callable[[], int]]) -> None:
        self._looks = looks

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            for look in self._looks:
                try:
                    look()
                except (PyMongoError, *BROKEN) as error:
                    log.warning("not_looked_for_losses", error=type(error).__name__)
