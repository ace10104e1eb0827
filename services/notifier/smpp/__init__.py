"""The notifier's side of the wire to the carrier: `Line`, and what happens on it.

Must never send a message twice blindly: SMPP cannot tell whether an unanswered submit_sm was taken, so it is *unknown*
until a receipt settles it (docs/faults.md).
"""

from services.notifier.smpp.happenings import (
    Accepted,
    Answer,
    Happening,
    NotSent,
    Receipt,
    ReceiptState,
    Refused,
    Throttled,
    Unknown,
)
from services.notifier.smpp.line import Line, LineState
from services.notifier.smpp.receipts import ids_of
from services.notifier.smpp.settings import LineSettings

__all__ = [
    "Accepted",
    "Answer",
    "Happening",
    "Line",
    "LineSettings",
    "LineState",
    "NotSent",
    "Receipt",
    "ReceiptState",
    "Refused",
    "Throttled",
    "Unknown",
    "ids_of",
]
