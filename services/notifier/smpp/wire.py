"""PDUs by smpplib, and nothing else of it: its blocking client cannot keep a window of submits in flight.

Reading turns every mistake of the peer into Unreadable, which says how to answer.
"""

import struct
from collections.abc import Iterator
from typing import Any

from smpplib import consts, smpp
from smpplib.exceptions import UnknownCommandError

OK = consts.SMPP_ESME_ROK
THROTTLED = frozenset({consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL})
"""Slow down: nothing was taken, the same PDU may be sent again."""
TRY_AGAIN, NEVER = 0x64, 0x65
"""deliver_sm_resp: ESME_RX_T_APPN, ESME_RX_P_APPN."""
UDHI = consts.SMPP_GSMFEAT_UDHI
LARGEST = 64 * 1024


class Sequence:
    """Sequence numbers of one connection, as smpplib asks its client for them (1 to 0x7FFFFFFF, then anew)."""

    def __init__(self) -> None:
        self.sequence = 0

    def next_sequence(self) -> int:
        """The next number."""
        self.sequence = self.sequence % 0x7FFFFFFF + 1
        return self.sequence


class Unreadable(Exception):
    """A PDU that cannot be read: `response` is to be sent back, or the connection ended when there is none."""

    def __init__(self, response: bytes | None, kind: str) -> None:
        super().__init__(kind)
        self.response = response
        self.kind = kind


def cut_frames(buffer: bytearray) -> Iterator[bytes]:
    """Take every whole PDU off the front. Raises Unreadable when a length cannot be true."""
    while len(buffer) >= 16:
        length = int.from_bytes(buffer[:4], "big")
        if not 16 <= length <= LARGEST:
            raise Unreadable(None, "length")
        if len(buffer) < length:
            return
        raw = bytes(buffer[:length])
        del buffer[:length]
        yield raw


def read(raw: bytes) -> Any:
    """The PDU. A command nobody knows is answered generic_nack; a deliver_sm that is broken, never to come again."""
    command, sequence = struct.unpack(">I4xI", raw[4:16])
    try:
        return smpp.parse_pdu(raw, client=Sequence(), allow_unknown_opt_params=True)
    except UnknownCommandError:
        raise Unreadable(_header(0x80000000, 0x03, sequence), "command") from None
    except Exception as error:  # smpplib meets broken bodies with whatever its parser trips over
        kind = type(error).__name__
        if command & 0x80000000:
            raise Unreadable(b"", kind) from None
        raise Unreadable(_header(command | 0x80000000, NEVER, sequence) + b"\0" * (command == 5), kind) from None


def bind(sequence: Sequence, system_id: str, password: str) -> Any:
    """A bind_transceiver."""
    return smpp.make_pdu("bind_transceiver", client=sequence, system_id=system_id, password=password)


def request(name: str, sequence: Sequence) -> Any:
    """An enquire_link or unbind."""
    return smpp.make_pdu(name, client=sequence)


def respond(name: str, to: int, status: int = OK) -> bytes:
    """The response `name` to the PDU with sequence number `to`."""
    made = smpp.make_pdu(name, client=Sequence(), status=status)
    made.sequence = to
    return bytes(made.generate())


def submit(sequence: Sequence, source: str, to: str, coding: int, payload: bytes, *, long: bool) -> Any:
    """A submit_sm that asks for a receipt. `long`: the payload begins with a user data header."""
    return smpp.make_pdu(
        "submit_sm",
        client=sequence,
        source_addr_ton=consts.SMPP_TON_UNK if len(source) < 7 else consts.SMPP_TON_NATNL,
        source_addr_npi=consts.SMPP_NPI_ISDN,
        source_addr=source,
        dest_addr_ton=consts.SMPP_TON_INTL if to.startswith("86") and len(to) == 13 else consts.SMPP_TON_NATNL,
        dest_addr_npi=consts.SMPP_NPI_ISDN,
        destination_addr=to,
        esm_class=UDHI if long else 0,
        data_coding=coding,
        registered_delivery=1,
        short_message=payload,
    )


def text_of(value: object) -> str:
    """A C-octet string of a PDU as text."""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else ""


def _header(command: int, status: int, sequence: int) -> bytes:
    body = 1 if command == 0x80000005 else 0
    return struct.pack(">IIII", 16 + body, command, status, sequence)
