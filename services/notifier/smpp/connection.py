"""One TCP connection to the carrier: bytes in and out, and a bell that other threads ring. Used by the line's thread."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from services.notifier.smpp import wire
from services.notifier.smpp.reporter import Log
from services.notifier.smpp.settings import LineSettings


class LineDown(Exception):
    """The connection cannot be used any more; `why` is a word for log and health page."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Bell:
    """Wakes the line's thread out of its wait. `ring` may be called from any thread."""

    def __init__(self) -> None:
        self.listens, self._rings = socket.socketpair()
        self.listens.setblocking(False)
        self._rings.setblocking(False)
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake; ringing twice before it is heard costs nothing."""
        if not self._rung.is_set():
            self._rung.set()
            with suppress(OSError):  # full: it is ringing already; closed: nobody waits
                self._rings.send(b"!")

    def heard(self) -> None:
        """Be quiet again."""
        with suppress(BlockingIOError):
            self.listens.recv(4096)
        self._rung.clear()  # last: who rings before this is served by the look around that follows

    def close(self) -> None:
        """Give the sockets back."""
        self.listens.close()
        self._rings.close()


class Connection:
    """Bound to the carrier from construction on. Every method raises LineDown when the line breaks."""

    ROOM = 128 * 1024
    """Bytes written and not yet taken by the socket, above which nothing new is put on the wire."""

    def __init__(self, settings: LineSettings, bell: Bell, log: Log) -> None:
        self.sequence = wire.Sequence()
        self._in, self._out = bytearray(), bytearray()
        self._bell, self._log = bell, log
        try:
            self._socket = socket.create_connection((settings.host, settings.port), settings.answer_within)
        except OSError as error:
            raise LineDown(type(error).__name__) from error
        try:
            self._bind(settings)
        except BaseException:
            self._socket.close()
            raise
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(bell.listens, selectors.EVENT_READ)

    @property
    def has_room(self) -> bool:
        """Whether more may be put on the wire."""
        return len(self._out) < self.ROOM

    def send(self, data: bytes) -> None:
        """Put bytes behind those that wait."""
        self._out += data

    def wait(self, timeout: float) -> None:
        """Write what can be written, then wait for bytes, the bell, room or the time."""
        self._write()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._selector.modify(self._socket, events)
        for key, mask in self._selector.select(timeout):
            if key.fileobj is self._bell.listens:
                self._bell.heard()
            elif mask & selectors.EVENT_READ:
                self._read()
        self._write()

    def pdus(self) -> Iterator[Any]:
        """What came. Unreadable PDUs are answered here, logged and passed over."""
        while True:
            try:
                for raw in wire.cut_frames(self._in):
                    yield wire.read(raw)
                return
            except wire.Unreadable as bad:
                if bad.response is None:
                    raise LineDown("noise") from None
                self._log.error("smpp_unreadable", kind=bad.kind)
                self.send(bad.response)

    def close(self) -> None:
        """End it."""
        self._selector.close()
        self._socket.close()

    def _bind(self, settings: LineSettings) -> None:
        self._socket.settimeout(settings.answer_within)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(wire.bind(self.sequence, settings.system_id, settings.password).generate())
            while (answer := next(self.pdus(), None)) is None:
                self._read()
        except OSError as error:
            raise LineDown(type(error).__name__) from error
        if answer.command != "bind_transceiver_resp" or answer.status != wire.OK:
            raise LineDown(f"bind_refused_{answer.status:#x}")
        self._socket.setblocking(False)

    def _read(self) -> None:
        try:
            data = self._socket.recv(256 * 1024)
        except BlockingIOError:
            return
        except OSError as error:
            raise LineDown(type(error).__name__) from error
        if not data:
            raise LineDown("closed")
        self._in += data

    def _write(self) -> None:
        if not self._out:
            return
        try:
            del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            return
        except OSError as error:
            raise LineDown(type(error).__name__) from error
