"""One client at the carrier's SMPP port. In the event loop; answers every request, also the ones it cannot read."""

import asyncio
import time
from collections.abc import Callable

from deploy.local.carrier import pdu
from deploy.local.carrier.network import Network
from deploy.local.carrier.outbound import Outbound

WINDOW = 100
"""deliver_sm that may be unacknowledged at once."""
PATIENCE = 60.0
"""Seconds without deliver_sm_resp after which it is sent once more."""
PAUSE = 0.5
"""Seconds before a refused deliver_sm is tried again."""
MOST_TRIES = 200
PERMANENT = (0x65, 0x66)
"""The client's word that it will never take it (ESME_RX_P_APPN, ESME_RX_R_APPN)."""


class Session(asyncio.Protocol):
    """One TCP connection, from bind to unbind."""

    def __init__(self, network: Network, system_id: str, password: str, sessions: "list[Session]") -> None:
        self._network, self._sessions = network, sessions
        self._credentials = (system_id, password)
        self._buffer = bytearray()
        self._mode = ""
        self._in_flight: dict[int, tuple[Outbound, float]] = {}
        self._sequence = 0
        self._writable = True
        self._answers: list[bytes] = []
        self._doings: dict[int, Callable[[pdu.Pdu], None]] = {
            pdu.SUBMIT_SM: self._submit,
            pdu.DELIVER_SM | pdu.RESPONSE: self._acknowledged,
            pdu.ENQUIRE_LINK: lambda one: self._answer(one.command | pdu.RESPONSE, pdu.OK, one.sequence),
            pdu.UNBIND: self._unbind,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sessions.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sessions.remove(self)
        for outbound, _ in reversed(self._in_flight.values()):
            self._network.again(outbound)
        self._in_flight.clear()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._network.tick()
        try:
            for one in pdu.frames(self._buffer):
                self._take(one)
        except pdu.BadPdu as bad:
            self._answer(pdu.GENERIC_NACK, bad.command_status, 0)
            self.cut()
        self._flush_answers()
        self.deliver()

    def cut(self) -> None:
        """End the connection after what is written."""
        self._flush_answers()
        self._transport.close()

    def abort(self) -> None:
        """End the connection in the middle, as a broken line does."""
        self._transport.abort()

    def deliver(self) -> None:
        """Send what is ready, as far as window and socket allow."""
        if self._mode not in ("receiver", "transceiver") or self._transport.is_closing():
            return
        ready, out = self._network.ready, []
        while ready and self._writable and len(self._in_flight) < WINDOW:
            outbound = ready.popleft()
            self._network.unsettled += 1
            self._sequence = self._sequence % 0x7FFFFFFF + 1
            self._in_flight[self._sequence] = (outbound, time.monotonic())
            out.append(pdu.frame(pdu.DELIVER_SM, 0, self._sequence, outbound.body))
        if out:
            self._transport.write(b"".join(out))

    def overdue(self) -> None:
        """Give back what the client has left unacknowledged for too long."""
        limit = time.monotonic() - PATIENCE
        while self._in_flight and next(iter(self._in_flight.values()))[1] < limit:
            self._network.again(self._in_flight.pop(next(iter(self._in_flight)))[0])

    def _take(self, one: pdu.Pdu) -> None:
        doing = self._doings.get(one.command)
        try:
            if doing is not None:
                doing(one)
            elif one.command in pdu.BINDS:
                self._bind(one)
            elif not one.command & pdu.RESPONSE:
                self._answer(pdu.GENERIC_NACK, pdu.BAD_COMMAND, one.sequence)
        except pdu.BadPdu as bad:
            self._answer(one.command | pdu.RESPONSE, bad.command_status, one.sequence)

    def _bind(self, one: pdu.Pdu) -> None:
        system_id, password = pdu.read_bind(one.body)
        status = pdu.OK
        if self._mode:
            status = pdu.ALREADY_BOUND
        elif system_id != self._credentials[0]:
            status = pdu.BAD_SYSTEM_ID
        elif password != self._credentials[1]:
            status = pdu.BAD_PASSWORD
        else:
            self._mode = pdu.BINDS[one.command]
        self._answer(one.command | pdu.RESPONSE, status, one.sequence, b"carrier\0")

    def _unbind(self, one: pdu.Pdu) -> None:
        self._answer(one.command | pdu.RESPONSE, pdu.OK, one.sequence)
        self.cut()

    def _submit(self, one: pdu.Pdu) -> None:
        if self._mode not in ("transmitter", "transceiver"):
            self._answer(one.command | pdu.RESPONSE, pdu.BAD_BIND_STATE, one.sequence)
            return
        status, message_id, answered = self._network.submit(pdu.read_submit(one.body))
        if answered:
            body = message_id.encode() + b"\0" if status == pdu.OK else b""
            self._answer(one.command | pdu.RESPONSE, status, one.sequence, body)

    def _acknowledged(self, one: pdu.Pdu) -> None:
        outbound, _ = self._in_flight.pop(one.sequence, (None, 0.0))
        if outbound is None:
            return
        outbound.tries += 1
        if one.status == pdu.OK:
            self._network.acknowledged(outbound)
        elif one.status in PERMANENT or outbound.tries >= MOST_TRIES:
            self._network.given_up(outbound)
        else:
            asyncio.get_running_loop().call_later(PAUSE, self._network.again, outbound)

    def _answer(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        self._answers.append(pdu.frame(command, status, sequence, body))

    def _flush_answers(self) -> None:
        if self._answers and not self._transport.is_closing():
            self._transport.write(b"".join(self._answers))
        self._answers.clear()
