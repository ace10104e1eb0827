"""SMPP 3.4 on the wire, as the carrier needs it (SMPP v3.4 issue 1.2, chapters 3 to 5).

Written by hand so that the notifier's library meets a peer that does not share its mistakes. Reading raises only
BadPdu, which carries the status to answer with.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Malformed

HEADER = struct.Struct(">IIII")
LARGEST = 64 * 1024
"""A longer command_length is noise or an attack: the connection is closed."""

GENERIC_NACK = 0x80000000
BINDS = {0x00000001: "receiver", 0x00000002: "transmitter", 0x00000009: "transceiver"}
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x15
RESPONSE = 0x80000000

OK, BAD_LENGTH, BAD_COMMAND, BAD_BIND_STATE, ALREADY_BOUND = 0x00, 0x02, 0x03, 0x04, 0x05
BAD_DESTINATION, BIND_FAILED, BAD_PASSWORD, BAD_SYSTEM_ID, THROTTLED = 0x0B, 0x0D, 0x0E, 0x0F, 0x58

MESSAGE_PAYLOAD, RECEIPTED_MESSAGE_ID, MESSAGE_STATE = 0x0424, 0x001E, 0x0427


class BadPdu(Malformed):
    """A PDU that breaks the protocol; `status` is the command_status that says how."""

    def __init__(self, status: int) -> None:
        super().__init__(f"smpp_{status:#x}")
        self.command_status = status


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU as it came: header fields and the unread body."""

    command: int
    status: int
    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Submit:
    """What a submit_sm asks: to carry `payload` (header included when `esm_class` has 0x40) to `destination`."""

    source: str
    destination: str
    esm_class: int
    registered: bool
    coding: int
    payload: bytes


def frame(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """The bytes of a PDU."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def frames(buffer: bytearray) -> Iterator[Pdu]:
    """Take every whole PDU off the front of `buffer`. Raises BadPdu when a length cannot be true."""
    at = 0
    try:
        while len(buffer) - at >= 16:
            length, command, status, sequence = HEADER.unpack_from(buffer, at)
            if not 16 <= length <= LARGEST:
                raise BadPdu(BAD_LENGTH)
            if len(buffer) - at < length:
                return
            body = bytes(buffer[at + 16 : at + length])
            at += length
            yield Pdu(command, status, sequence, body)
    finally:
        del buffer[:at]


def read_bind(body: bytes) -> tuple[str, str]:
    """system_id and password of a bind."""
    system_id, at = _text(body, 0)
    return system_id, _text(body, at)[0]


def read_submit(body: bytes) -> Submit:
    """The body of a submit_sm. Raises BadPdu when it is cut short."""
    at = _text(body, 0)[1]
    source, at = _text(body, at + 2)
    destination, at = _text(body, at + 2)
    try:
        esm_class = body[at]
        at = _text(body, _text(body, at + 3)[1])[1]
        registered, coding, length = body[at], body[at + 2], body[at + 4]
    except IndexError:
        raise BadPdu(BAD_LENGTH) from None
    at += 5
    payload = body[at : at + length]
    if len(payload) != length:
        raise BadPdu(BAD_LENGTH)
    payload = payload or _tlvs(body, at + length).get(MESSAGE_PAYLOAD, b"")
    return Submit(source, destination, esm_class, bool(registered & 1), coding, payload)


def deliver_body(source: str, destination: str, esm_class: int, coding: int, payload: bytes, tlvs: bytes = b"") -> bytes:
    """The body of a deliver_sm (4.6.1)."""
    head = b"\0\1\1" + source.encode() + b"\0\1\1" + destination.encode() + b"\0"
    return head + bytes([esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(payload)]) + payload + tlvs


def tlv(tag: int, value: bytes) -> bytes:
    """One optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


def _text(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(b"\0", at)
    if end < 0:
        raise BadPdu(BAD_LENGTH)
    return body[at:end].decode("ascii", "replace"), end + 1


def _tlvs(body: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at + 4 <= len(body):
        tag, length = struct.unpack_from(">HH", body, at)
        found[tag] = body[at + 4 : at + 4 + length]
        at += 4 + length
    return found
