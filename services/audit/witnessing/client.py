"""Asks one witness over HTTP, and believes nothing: neither that it answers, nor in time, nor at a bearable length.

One call takes at most its deadline, whatever the other side does, and reads at most 64 KiB. Follows no redirect and no proxy.
"""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from services.audit.model.note import to_base64

MOST_READ = 64 * 1024
SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Away(Exception):
    """No answer that could be read in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A witness's answer."""

    status: int
    kind: str
    body: bytes

    def size(self) -> int:
        """The size in a 409. Raises Away when it states none as the page says."""
        found = _SIZE.fullmatch(self.body) if self.kind.partition(";")[0].strip() == SIZE_TYPE else None
        if found is None:
            raise Away("a 409 without a size")
        return int(found[1])


class WitnessClient:
    """One witness at one address. For one thread at a time."""

    def __init__(self, url: str) -> None:
        """Raises ValueError for what is no http(s) address."""
        self.url = url.rstrip("/")
        self._at: SplitResult = urlsplit(self.url)
        if self._at.scheme not in ("http", "https") or not self._at.hostname or self._at.query or self._at.fragment:
            raise ValueError("no http or https address")
        _ = self._at.port

    def add_checkpoint(self, old: int, proof: list[bytes], note: bytes, until: float) -> Reply:
        """Ask to cosign. `until`: instant of time.monotonic() by which this returns or raises Away."""
        head = "".join(f"{line}\n" for line in [f"old {old}", *map(to_base64, proof), ""])
        return self._call("POST", "/add-checkpoint", head.encode() + note, until)

    def latest(self, origin: str, until: float) -> Reply:
        """The checkpoint this witness cosigned last."""
        return self._call("GET", f"/{sha256(origin.encode()).hexdigest()}/checkpoint", None, until)

    def _call(self, method: str, path: str, body: bytes | None, until: float) -> Reply:
        left = until - time.monotonic()
        if left <= 0:
            raise Away("no time left")
        kind = HTTPSConnection if self._at.scheme == "https" else HTTPConnection
        connection = kind(self._at.hostname or "", self._at.port, timeout=left)
        try:
            connection.connect()
            with _Cut(connection, until - time.monotonic()):
                connection.request(method, self._at.path + path, body, {"Content-Type": "text/plain; charset=utf-8"})
                answer = connection.getresponse()
                read = answer.read(MOST_READ + 1)
            if time.monotonic() >= until:
                raise Away("too slow")
            if len(read) > MOST_READ:
                raise Away("an answer without end")
            return Reply(answer.status, answer.headers.get("Content-Type", ""), read)
        except (OSError, HTTPException, ValueError) as error:
            raise Away(type(error).__name__) from error
        finally:
            connection.close()


class _Cut:
    """Cuts a connection's wire after so many seconds: a time-out for each read lets a drip go on for ever."""

    def __init__(self, connection: HTTPConnection, seconds: float) -> None:
        self._timer = threading.Timer(max(seconds, 0.0), _cutting(connection.sock))
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _cutting(wire: socket.socket) -> Callable[[], None]:
    def cut() -> None:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    return cut
