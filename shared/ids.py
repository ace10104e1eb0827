"""Ids: UUID version 7 (RFC 9562), so that what was made together lies together in every index."""

import hashlib
import os
import re
import threading
import time
from uuid import UUID

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


CHANCE = 4096
"""Random bytes fetched at once: each call of the system lets another thread take the interpreter, and waits to get it back."""


class _Maker:
    """Milliseconds and a 12-bit counter that together only grow: ids of one process sort as they were made. And chance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last, self._chance, self._used = 0, b"", 0

    def next(self) -> tuple[int, int]:
        """The moment with its counter, and 62 random bits."""
        with self._lock:
            self._last = max(self._last + 1, (time.time_ns() // 1_000_000) << 12)
            if self._used == len(self._chance):
                self._chance, self._used = os.urandom(CHANCE), 0
            self._used += 8
            return self._last, int.from_bytes(self._chance[self._used - 8 : self._used], "big") >> 2

    def begin_anew(self) -> None:
        """In a forked child: it must not share its parent's chance, nor a lock that some thread of the parent held."""
        self.__init__()  # type: ignore[misc]


_maker = _Maker()
os.register_at_fork(after_in_child=_maker.begin_anew)


def new_id() -> str:
    """A fresh UUIDv7 in lower case with dashes. Says when it was made (ms), and nothing of whom it is for."""
    moment, chance = _maker.next()
    return _written((moment >> 12) << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0b10 << 62 | chance)


def derived_id(cause: str, *words: str) -> str:
    """The id of what `cause` brings about, the same whenever and wherever it is worked out; `words` tell several apart.

    Who handles an event twice, after a backup was restored, finds with it what was made the first time. It lies in an index
    where its cause lies: a UUIDv7 lends its instant. Who knows the cause knows the id: it keeps no secret.
    """
    digest = int.from_bytes(hashlib.sha256("\0".join((cause, *words)).encode()).digest()[:16], "big")
    dated = is_id(cause) and UUID(cause).version == 7
    moment = (UUID(cause).int if dated else digest) >> 80
    return _written((moment << 80) | (0x7 << 76) | (digest & (0xFFF << 64)) | (0b10 << 62) | (digest & (2**62 - 1)))


def is_id(text: object) -> bool:
    """Whether this is an id as we write them: a UUID in lower case with dashes."""
    return isinstance(text, str) and ID.fullmatch(text) is not None


def made_at(id_: str) -> float:
    """When a UUIDv7 was made, in seconds of machine time: its first 48 bits are milliseconds."""
    return int(id_.replace("-", "")[:12], 16) / 1000


def _written(number: int) -> str:
    """As `str(UUID(int=number))` writes it, in half the time."""
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
