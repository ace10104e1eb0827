"""A TCP proxy between a client and a server that breaks the line as a bad network does: cuts in a frame, goes silent.

A silent line is a half-open connection: whoever writes is believed, nobody hears, no FIN ever comes. New connections work,
as after a firewall has forgotten the old ones. Never used outside the fault tests.
"""

import socket
import struct
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from deploy.local.stack.ports import LOOPBACK

RESET = struct.pack("ii", 1, 0)
"""Closing with this linger sends RST: what was on its way is gone."""
AMQP_PUBLISH, AMQP_DELIVER, AMQP_ACK = b"\x00\x3c\x00\x28", b"\x00\x3c\x00\x3c", b"\x00\x3c\x00\x50"
"""Class and method in a frame's head; no body of ours holds a NUL."""


class _Line:
    """One connection and its way on."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.ends = (client, server)
        self.silent = False

    def cut(self) -> None:
        """End it with RST on both sides."""
        for end in self.ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)  # wakes the thread that reads here
            end.close()


class Proxy:
    """Listens on a free port of loopback and passes on to `port`. A context manager; all lines end with it."""

    def __init__(self, port: int) -> None:
        self._target = (LOOPBACK, port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[_Line] = []
        self._lock = threading.Lock()
        self._marker, self._left = b"", 0
        self.cuts = 0
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def in_front_of(self, url: str) -> str:
        """The same address, by way of this proxy."""
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        place = f"{LOOPBACK}:{self.port}"
        return urlunsplit(parts._replace(netloc=f"{user}@{place}" if user else place))

    def cut_within(self, marker: bytes, times: int = 1) -> None:
        """Cut the next lines that carry these bytes, either way, in the middle of them."""
        with self._lock:
            self._marker, self._left = marker, times

    def cut(self) -> None:
        """Cut every line now."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.cut()

    def go_silent(self) -> int:
        """Every line there is now swallows all, for ever. Returns how many those are."""
        with self._lock:
            for line in self._lines:
                line.silent = True
            return len(self._lines)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                line = _Line(client, socket.create_connection(self._target, timeout=5))
            except OSError:
                client.close()
                continue
            line.ends[1].settimeout(None)
            with self._lock:
                self._lines.append(line)
            for source, sink in (line.ends, line.ends[::-1]):
                threading.Thread(target=self._pass_on, args=(line, source, sink), name="proxy-line", daemon=True).start()

    def _pass_on(self, line: _Line, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if line.silent:
                    continue
                if (at := self._cut_at(data)) >= 0:
                    sink.sendall(data[:at])
                    break
                sink.sendall(data)
        if not line.silent:
            line.cut()

    def _cut_at(self, data: bytes) -> int:
        with self._lock:
            at = data.find(self._marker) if self._left else -1
            if at < 0:
                return -1
            self._left -= 1
            self.cuts += 1
            return at + len(self._marker) // 2
