"""The loop that keeps the log: opens it, appends what the queue brings, signs. One process writes; another stands by.

A log that must not be written stays shut until this process is started again: somebody has to look first. What comes
meanwhile lies in the broker's queue.
"""

import threading
from contextlib import suppress

import structlog
from pymongo.errors import PyMongoError

from services.audit.folder import LogStopped
from services.audit.model.wrong import Wrong
from services.audit.recovery import Opening
from services.audit.store import LogStore
from shared.errors import Busy, ConfigError, Conflict
from shared.messaging.bodies import Bodies

log = structlog.get_logger()
AGAIN_SECONDS = 1.0


class LogLoop:
    """Runs until stopped."""

    def __init__(self, opening: Opening, bodies: Bodies, store: LogStore) -> None:
        self._opening, self._bodies, self._store = opening, bodies, store

    def run(self, stop: threading.Event) -> None:
        """Write the log until stopped. Waits while another process does, or while disk or database have no room."""
        while not stop.is_set():
            try:
                self._write(stop)
            except (Conflict, Busy, PyMongoError) as error:
                log.warning("log_waits", why=str(error) or type(error).__name__)
                stop.wait(AGAIN_SECONDS)
            except (LogStopped, Wrong, ConfigError) as error:
                log.error("log_stopped", why=str(error))
                with suppress(PyMongoError):
                    self._store.stop(str(error))
                stop.wait()

    def _write(self, stop: threading.Event) -> None:
        book = self._opening.open()
        try:
            self._bodies.run(stop, book.take, book.sign_when_due)
            book.sign()
        finally:
            book.close()
