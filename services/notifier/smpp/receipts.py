"""Reads delivery receipts and compares message ids. Pure; never raises: carriers write receipts as they like."""

import re
from datetime import UTC, datetime

from services.notifier.smpp.happenings import ReceiptState
from shared.clock import SHANGHAI

_FIELD = re.compile(r"\b(id|stat|err|done date):\s*([^\s]*)", re.IGNORECASE)

_BY_WORD = {
    "DELIVRD": ReceiptState.DELIVERED,
    "EXPIRED": ReceiptState.EXPIRED,
    "UNDELIV": ReceiptState.FAILED,
    "DELETED": ReceiptState.FAILED,
    "REJECTD": ReceiptState.FAILED,
}
_BY_NUMBER = {
    2: ReceiptState.DELIVERED,
    3: ReceiptState.EXPIRED,
    4: ReceiptState.FAILED,
    5: ReceiptState.FAILED,
    8: ReceiptState.FAILED,
}


def ids_of(carrier_id: str) -> tuple[str, ...]:
    """Every form in which a carrier may write this id, the given one first: without zeros in front, decimal for hex.

    A decimal number can be read as hex too, so another message's id may be among the later forms: whoever compares
    looks for the first form first, and takes a later one only when the number agrees as well.
    """
    plain = carrier_id.strip().lower().lstrip("0") or "0"
    forms = [carrier_id, plain, plain.upper()]
    if plain.isascii() and plain.isdigit() and len(plain) <= 20:
        forms += [f"{int(plain):x}", f"{int(plain):X}"]
    if re.fullmatch("[0-9a-f]{1,16}", plain):
        forms.append(str(int(plain, 16)))
    return tuple(dict.fromkeys(forms))


def read_receipt(text: str, tlv_id: str | None, tlv_state: int | None) -> tuple[str, ReceiptState, datetime | None, str]:
    """Id, state, done date and error of a receipt. The optional parameters count before the text, which may be missing.

    An empty id means: nothing to match. A state nobody knows is on the way, so that it settles nothing.
    """
    fields = {name.lower(): value for name, value in _FIELD.findall(text)}
    by_word = _BY_WORD.get(fields.get("stat", "").upper()[:7], ReceiptState.ON_THE_WAY)
    state = _BY_NUMBER.get(tlv_state, ReceiptState.ON_THE_WAY) if tlv_state is not None else by_word
    return tlv_id or fields.get("id", ""), state, _done(fields.get("done date", "")), fields.get("err", "")


def _done(stamp: str) -> datetime | None:
    if not re.fullmatch(r"\d{10}(\d\d)?", stamp):
        return None
    try:
        return datetime.strptime(stamp[:10], "%y%m%d%H%M").replace(tzinfo=SHANGHAI).astimezone(UTC)
    except ValueError:
        return None
