"""What the carrier sends to its client: receipts and answers, as bodies of deliver_sm."""

from dataclasses import dataclass
from datetime import datetime

from deploy.local.carrier import text
from deploy.local.carrier.handsets import Handset
from deploy.local.carrier.pdu import MESSAGE_STATE, RECEIPTED_MESSAGE_ID, deliver_body, tlv
from shared.clock import SHANGHAI

STATES = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5}
RECEIPT = 0x04
"""esm_class of a delivery receipt."""


@dataclass(slots=True)
class Outbound:
    """One deliver_sm to be acknowledged; `counts` marks the last part of an answer."""

    body: bytes
    counts: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """One accepted submit_sm: its id, whether a receipt is wanted, its text's bytes and alphabet, and when."""

    message_id: str
    registered: bool
    coding: int
    part: bytes
    at: datetime


def receipt(handset: Handset, taken: Taken, state: str, at: datetime, receipt_id: str) -> Outbound:
    """The delivery receipt of one part (appendix B of the specification), with both optional parameters."""
    words = (
        f"id:{receipt_id} sub:001 dlvrd:{int(state == 'DELIVRD'):03} submit date:{_stamp(taken.at)} "
        f"done date:{_stamp(at)} stat:{state} err:{0 if state == 'DELIVRD' else 1:03} text:"
    )
    tlvs = tlv(RECEIPTED_MESSAGE_ID, receipt_id.encode() + b"\0") + tlv(MESSAGE_STATE, bytes([STATES[state]]))
    return Outbound(deliver_body(handset.address, handset.service, RECEIPT, 0, words.encode(), tlvs))


def answer(handset: Handset, words: str, reference: int) -> list[Outbound]:
    """An answer of the family, in as many parts as it needs."""
    coding, parts = text.write(words)
    if len(parts) == 1:
        return [Outbound(deliver_body(handset.address, handset.service, 0, coding, parts[0]), counts=True)]
    total = len(parts)
    return [
        Outbound(
            deliver_body(handset.address, handset.service, text.UDHI, coding, text.with_header(part, reference, total, number)),
            counts=number == total,
        )
        for number, part in enumerate(parts, 1)
    ]


def _stamp(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%y%m%d%H%M")
