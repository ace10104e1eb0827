"""Texts as a handset reads and writes them: alphabets and the header of long messages (3GPP TS 23.038, 23.040)."""

from collections.abc import Iterator

from smpplib.gsm import GSM_CHARACTER_TABLE, gsm_encode

UDHI = 0x40
UCS2 = 8


def read(data: bytes, coding: int) -> str:
    """What the handset shows. Never raises."""
    if coding == UCS2:
        return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
    return "".join(_septets(data)) if coding == 0 else data.decode("latin-1")


def write(text: str) -> tuple[int, list[bytes]]:
    """data_coding and the parts without header in which a handset sends this text; cut by bytes, as old phones do."""
    try:
        coding, data, whole, part = 0, gsm_encode(text), 160, 153
    except UnicodeError:
        coding, data, whole, part = UCS2, text.encode("utf-16-be", "replace"), 140, 134
    if len(data) <= whole:
        return coding, [data]
    return coding, [data[at : at + part] for at in range(0, len(data), part)]


def with_header(part: bytes, reference: int, total: int, number: int) -> bytes:
    """The part with its user data header."""
    return bytes([5, 0, 3, reference % 256, total, number]) + part


def take_header(payload: bytes) -> tuple[tuple[int, int, int] | None, bytes]:
    """(reference, total, number) and the text. A header that cannot be true gives None."""
    end = 1 + payload[0] if payload else 0
    head, rest = payload[1:end], payload[end:]
    if len(head) >= 5 and head[:2] == b"\0\3" and 1 <= head[4] <= head[3] and head[3] > 1:
        return (head[2], head[3], head[4]), rest
    return None, rest


def _septets(data: bytes) -> Iterator[str]:
    codes = iter(data)
    for code in codes:
        if code == 0x1B:
            code = 0x80 + next(codes, 0x20)
        yield GSM_CHARACTER_TABLE[code & 0xFF]
