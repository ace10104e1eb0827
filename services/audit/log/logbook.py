"""The log as its one writer holds it: entries from the database into tiles, then a signed checkpoint, set by compare-and-set.

Never signs before every tile is durable, never two roots for one size: the order of entries is the database's, for ever.
Whatever disagrees stops it (LogStopped) until somebody has looked.
"""

import shutil
from collections.abc import Sequence

from pymongo.errors import DuplicateKeyError

from services.audit.log.folder import LogFolder, LogStopped
from services.audit.log.intake import Intake
from services.audit.log.keyring import Keyring
from services.audit.store import LogStore
from shared.clock import MachineClock
from shared.errors import Busy, Conflict
from shared.faultpoints import FaultPoints

AT_A_TIME = 4096
FREE_FLOOR = 64 * 1024 * 1024
LOOK_AT_DISK_SECONDS = 5.0
SIGN_LATEST_SECONDS = 1.0
SIGN_IDLE_SECONDS = 0.03


class LogBook:
    """Open it with `recovery.open_log`. For one thread."""

    def __init__(
        self,
        store: LogStore,
        intake: Intake,
        folder: LogFolder,
        ring: Keyring,
        clock: MachineClock,
        faults: FaultPoints,
        *,
        fence: int,
        size: int,
        signed: int,
    ) -> None:
        self._store, self._intake, self._folder, self._ring = store, intake, folder, ring
        self._clock, self._faults, self._fence = clock, faults, fence
        self._size, self._signed = size, signed
        self._signed_at = self._looked_at = float("-inf")

    def take(self, bodies: Sequence[bytes]) -> None:
        """Append bodies. They may be acked when this returns."""
        self.refuse_when_full()
        try:
            self._size = self._intake.take(bodies, self._fence)
        except DuplicateKeyError as error:  # one writer, and what it reads is a snapshot: the counter was moved
            raise LogStopped("the database holds entries beyond the log's size") from error
        self._faults.passing("log_committed")

    def sign_when_due(self, idle: bool) -> None:
        """Integrate and sign what is new: at once when nothing else came, else at least every second."""
        since = self._clock.monotonic() - self._signed_at
        if self._size > self._signed and since >= (SIGN_IDLE_SECONDS if idle else SIGN_LATEST_SECONDS):
            self.sign()

    def sign(self) -> None:
        """Integrate all entries and sign. Raises LogStopped, or Conflict when another process became the writer."""
        if max(self._size, self._folder.size) > self._signed:
            self._sign()

    def _sign(self) -> None:
        self._faults.passing("log_integrating")
        root = self.integrate()
        self._faults.passing("log_integrated")
        now = self._clock.now()
        note = self._ring.note(self._folder.size, root, now)
        self._faults.passing("log_signed")
        signed = {"signed": self._folder.size, "root": root, "note": note, "signed_at": now, **self._ring.public(now)}
        if not self._store.set_checkpoint(self._fence, signed):
            raise Conflict("another process writes this log now")
        self._faults.passing("log_set")
        self._folder.keep_checkpoint(note)
        self._signed, self._signed_at = self._folder.size, self._clock.monotonic()

    def integrate(self, upto: int | None = None) -> bytes:
        """Make entries durable as tiles up to this size (the log's). Returns the root there."""
        end = self._size if upto is None else upto
        root = self._folder.integrate([], self._folder.size)
        while self._folder.size < end:
            start = self._folder.size
            wanted = min(end - start, AT_A_TIME)
            bodies = self._store.bodies(start, start + wanted)
            if len(bodies) != wanted:
                raise LogStopped(f"the database has no entry {start + len(bodies)}")
            root = self._folder.integrate(bodies, start)
        return root

    def close(self) -> None:
        """Let go of the folder."""
        self._folder.close()

    def refuse_when_full(self) -> None:
        """A full disk has ended real logs (the C2SP texts): intake stops before, and the broker keeps what comes.

        Raises Busy. Looked at before anything is taken from the queue, where each handing back would be counted.
        """
        if self._clock.monotonic() - self._looked_at < LOOK_AT_DISK_SECONDS:
            return
        if shutil.disk_usage(self._folder.root).free < FREE_FLOOR:
            raise Busy("less than 64 MiB free on the log's disk")
        self._looked_at = self._clock.monotonic()
