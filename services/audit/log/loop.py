"""The loop that keeps the log: opens it, appends what the queue brings, signs. One process writes; another stands by.

A log that must not be written stays shut until this process is started again: somebody has to look first. What comes
meanwhile lies in the broker's queue.
"""

import threading
from contextlib import suppress

import structlog
from pymongo.errors import PyMongoError

from services.audit.log.folder import LogStopped, stopped_by
from services.audit.log.recovery import Opening
from services.audit.model.wrong import Wrong
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
                self._wait(stop, str(error) or type(error).__name__)
            except (LogStopped, Wrong, ConfigError) as error:
                self._stop(stop, str(error))
            except OSError as error:  # of opening; those of writing come as Busy or LogStopped
                meaning = stopped_by(error)
                (self._wait if isinstance(meaning, Busy) else self._stop)(stop, str(meaning))

    def _wait(self, stop: threading.Event, why: str) -> None:
        log.warning("log_waits", why=why)
        stop.wait(AGAIN_SECONDS)

    def _stop(self, stop: threading.Event, why: str) -> None:
        """Sign nothing more. While the database is away, say why again and again, so that it is seen when it is back."""
        log.error("log_stopped", why=why)
        said = False
        while not (said or stop.is_set()):
            with suppress(PyMongoError):
                self._store.stop(why)
                said = True
            stop.wait(0.0 if said else AGAIN_SECONDS)
        stop.wait()

    def _write(self, stop: threading.Event) -> None:
        book = self._opening.open()
        try:
            book.refuse_when_full()
            self._bodies.run(stop, book.take, book.sign_when_due)
            book.sign()
        finally:
            book.close()
