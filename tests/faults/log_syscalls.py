"""Writes small logs in processes whose n-th system call on the folder fails: SIGKILL before or after it, ENOSPC, EIO.

`python -m tests.faults.log_syscalls FOLDER HOW [move]` does it for each n and leaves each folder as that left it; with `move`
it is old tiles that are moved away. The calls are those that durable.py, folder.py and moving.py make, taken over in `os`,
where a file system would fail them.
"""

import errno
import math
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from services.audit.log.folder import LogFolder, TileFolder
from services.audit.log.moving import Moved, move
from services.audit.model.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import Ed25519Signer
from shared.errors import SpringrainError

CALLS = ("mkdir", "write", "fsync", "link", "unlink", "rename", "rmdir")
SIGNER = Ed25519Signer("springrain/test/log/1", bytes(range(32)))
ENTRIES = [b'{"n":%d}' % number for number in range(270)]
BATCHES = (3, 250, 270)
"""From the first entries over the end of a full tile: its partial ones go."""
KILL_BEFORE, KILL_AFTER = "kill-before", "kill-after"
ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO}
ENDS = ("done", "Busy", "LogStopped", "OSError")


class Failing:
    """Takes over the calls; the n-th fails."""

    def __init__(self, how: str, nth: int) -> None:
        self._count, self._how, self._nth = 0, how, nth
        for name in CALLS:
            setattr(os, name, self._over(getattr(os, name)))

    def _over(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._count += 1
            if self._count != self._nth:
                return real(*arguments, **named)
            if real.__name__ == "write":  # half of it reached the disk
                real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            elif self._how == KILL_AFTER:
                real(*arguments, **named)
            if self._how in ERRORS:
                raise OSError(ERRORS[self._how], os.strerror(ERRORS[self._how]))
            return os.kill(os.getpid(), signal.SIGKILL)

        return call


def signed_so_far(root: Path) -> Checkpoint:
    """What was signed last; the signature is checked."""
    kept = TileFolder(root).checkpoint()
    return open_checkpoint(kept, [SIGNER.verifier], SIGNER.name) if kept else Checkpoint(SIGNER.name, 0, EMPTY_ROOT)


def go_on(root: Path) -> Checkpoint:
    """Open the log at its last checkpoint, as a start does, and write and sign to the end."""
    here = signed_so_far(root)
    folder = LogFolder(root, here.size, here.root)
    try:
        for end in (end for end in BATCHES if end > here.size):
            made = Checkpoint(SIGNER.name, end, folder.integrate(ENTRIES[folder.size : end], folder.size))
            folder.keep_checkpoint(sign_checkpoint(made, [SIGNER]))
    finally:
        folder.close()
    return signed_so_far(root)


def move_away(root: Path) -> Moved:
    """Move what is full."""
    return move(root, root.with_name("archive"), len(ENTRIES), math.inf)


def fails_at(work: Callable[[], object], how: str, nth: int) -> str:
    """Do it in a process of its own. Returns how that ended: "done", "killed", or the class of the error it raised."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        Failing(how, nth)
        try:
            work()
        except (SpringrainError, OSError) as error:
            os._exit(ENDS.index(type(error).__name__))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else ENDS[os.WEXITSTATUS(status)]


def main(root: Path, how: str, moving: bool) -> None:
    """Each call in turn, each in a folder named by its number. Prints how each ended, the last one "done"."""
    for nth in count(1):
        folder = root / str(nth)
        folder.mkdir()
        if moving:
            go_on(folder / "log")
        end = fails_at(partial(move_away if moving else go_on, folder / "log"), how, nth)
        print(end)
        if end == "done":
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["move"])
