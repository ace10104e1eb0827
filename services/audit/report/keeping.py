"""Reports of closed inspections on disk, beside the log's tiles: a file each, named by the SHA-256 that the log has of it.

They lie in the database too. Whichever of the two is put back to yesterday, the other still has them.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from services.audit.log.durable import sync_folder
from shared.errors import Busy
from shared.ids import new_id


class ReportFolder:
    """Any number of processes may keep and find at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, file: bytes) -> None:
        """Have it on disk for good, before the log says that it is. Twice is harmless. Raises Busy when the disk takes none."""
        target = self._of(sha256(file).hexdigest())
        draft = target.with_suffix(f".{new_id()}")
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as stream:
                stream.write(file)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(target)
            sync_folder(self._root)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise Busy(f"the report could not be kept: {error.strerror}", 60) from error

    def find(self, digest: str) -> bytes | None:
        """The file with this SHA-256; None when there is none, or its bytes are others by now."""
        try:
            file = self._of(digest).read_bytes()
        except FileNotFoundError:
            return None
        return file if sha256(file).hexdigest() == digest else None

    def _of(self, digest: str) -> Path:
        return self._root / f"{digest}.pdf"
