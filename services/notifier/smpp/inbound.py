"""Turns incoming deliver_sm into receipts and answers, and knows which of them are still to be acknowledged.

A ticket stands for one deliver_sm of one connection; those of a broken connection are void, and the carrier sends again.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from services.notifier.model.sms import Place, decode, place_of, read_header
from services.notifier.smpp.assembly import Assembly, Complete, Part
from services.notifier.smpp.happenings import Receipt
from services.notifier.smpp.receipts import read_receipt
from services.notifier.smpp.reporter import Item
from services.notifier.smpp.wire import UDHI, text_of

KIND = 0x3C
"""Bits of esm_class that say what a deliver_sm is; 0 is a message, 0x04 a receipt, 0x20 the network's own notice."""


class Inbound:
    """Used by the line's thread alone."""

    def __init__(self, part_held: float, parts_within: float) -> None:
        self._assembly = Assembly(part_held, parts_within)
        self._tickets = count(1)
        self._sequences: dict[int, int] = {}

    def take(self, pdu: Any, now: float) -> list[Item]:
        """What one deliver_sm says; nothing while parts are missing."""
        ticket = next(self._tickets)
        self._sequences[ticket] = pdu.sequence
        payload = bytes(pdu.short_message or b"") or bytes(getattr(pdu, "message_payload", None) or b"")
        if (pdu.esm_class or 0) & KIND or (payload.startswith(b"id:") and b" stat:" in payload):
            return [Item(_receipt(pdu, payload), (ticket,))]
        place, body = read_header(payload) if (pdu.esm_class or 0) & UDHI else (_sar(pdu), payload)
        sender, to = text_of(pdu.source_addr), text_of(pdu.destination_addr)
        return _items([self._assembly.take(Part(sender, to, pdu.data_coding or 0, body, place, ticket), now)])

    def overdue(self, now: float) -> list[Item]:
        """Messages whose missing parts are given up."""
        return _items(self._assembly.overdue(now))

    def to_acknowledge(self, now: float) -> list[int]:
        """Sequence numbers of parts that may not be held longer."""
        return self.sequences(self._assembly.to_acknowledge(now))

    def sequences(self, tickets: Sequence[int]) -> list[int]:
        """Redeem tickets; void ones give nothing."""
        found = (self._sequences.pop(ticket, None) for ticket in tickets)
        return [sequence for sequence in found if sequence is not None]

    def cut_off(self) -> None:
        """The connection is gone, and every ticket void."""
        self._sequences.clear()
        self._assembly.forget_tickets()


def _items(complete: Sequence[Complete | None]) -> list[Item]:
    return [Item(one.answer, one.tickets) for one in complete if one is not None]


def _sar(pdu: Any) -> Place | None:
    """The place of a part by optional parameters, as some carriers give it instead of a header."""
    given = [getattr(pdu, name, None) for name in ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")]
    return None if None in given else place_of(*(int(value) for value in given if value is not None))


def _receipt(pdu: Any, payload: bytes) -> Receipt:
    tlv_id = text_of(getattr(pdu, "receipted_message_id", None)) or None
    text = decode(payload, pdu.data_coding or 0)
    carrier_id, state, at, error = read_receipt(text, tlv_id, getattr(pdu, "message_state", None))
    return Receipt(carrier_id, state, at, text_of(pdu.source_addr), error)
