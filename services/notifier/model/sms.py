"""A text as the mobile network carries it: alphabet, parts, and the header that puts long texts together again.

Pure. Sizes are 3GPP TS 23.038 and 23.040: 160 septets or 70 UCS-2 units in one message, 153 or 67 in a part of several.
Reading never raises: what comes from a phone may be cut, odd or wrong, and a strange message must not stop the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet; the index is the code. 0x1B escapes into `EXTENSION`."""

EXTENSION = dict(zip("\f^{}\\[~]|€", b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", strict=True))

MOST_PARTS = 10
"""Longer is refused: nobody reads it on a button phone, and each part is paid for."""

_CODES = {letter: bytes([code]) for code, letter in enumerate(BASIC) if letter != "\x1b"} | {
    letter: bytes([0x1B, code]) for letter, code in EXTENSION.items()
}
_EXTENDED = {code: letter for letter, code in EXTENSION.items()}


class Alphabet(Enum):
    """How a text is coded; the value is SMPP's `data_coding`."""

    GSM7 = 0
    UCS2 = 8


class TooLong(ValueError):
    """The text needs more than `MOST_PARTS` parts."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A text cut into what the network carries, one by one."""

    alphabet: Alphabet
    pieces: tuple[str, ...]

    def payloads(self, reference: int) -> list[bytes]:
        """The bytes of each part. `reference` (0..255) ties the parts of one text; a single part carries no header."""
        coded = [encode(piece, self.alphabet) for piece in self.pieces]
        if len(coded) == 1:
            return coded
        head = bytes([5, 0, 3, reference % 256, len(coded)])
        return [head + bytes([number]) + piece for number, piece in enumerate(coded, 1)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part belongs in its long text: part `number` of `total`, tied by `reference`."""

    reference: int
    total: int
    number: int


def alphabet_of(text: str) -> Alphabet:
    """GSM-7 when every letter has a place there, else UCS-2."""
    return Alphabet.GSM7 if all(letter in _CODES for letter in text) else Alphabet.UCS2


def split(text: str) -> Parts:
    """Cut a text into parts; never inside an emoji, a surrogate pair or an escaped letter. Raises TooLong."""
    alphabet = alphabet_of(text)
    whole, part = (160, 153) if alphabet is Alphabet.GSM7 else (70, 67)
    if _units(text, alphabet) <= whole:
        return Parts(alphabet, (text,))
    pieces, room = [""], part
    for cluster in _clusters(text, alphabet, part):
        size = _units(cluster, alphabet)
        if size > room:
            pieces.append("")
            room = part
        pieces[-1] += cluster
        room -= size
    if len(pieces) > MOST_PARTS:
        raise TooLong(f"{len(pieces)} parts")
    return Parts(alphabet, tuple(pieces))


def encode(text: str, alphabet: Alphabet) -> bytes:
    """The bytes of a text. A lone surrogate becomes U+FFFD; a letter outside GSM-7 becomes `?`."""
    if alphabet is Alphabet.UCS2:
        return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace").encode("utf-16-be")
    return b"".join(_CODES.get(letter, b"?") for letter in text)


def decode(data: bytes, coding: int) -> str:
    """Read what a phone sent, by SMPP `data_coding`. Never raises: an odd last byte is dropped, bad letters marked."""
    if coding == Alphabet.UCS2.value:
        return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
    if coding == 15:  # Chinese carriers' own: GBK
        return data.decode("gb18030", "replace")
    if coding == 0:
        return _septets(data)
    return data.decode("latin-1")


def read_header(data: bytes) -> tuple[Place | None, bytes]:
    """Take the user data header off. A header that breaks its own rules (part 7 of 3, total 0) gives no place."""
    end = 1 + data[0] if data else 0
    if end > len(data):
        return None, data
    elements, place = data[1:end], None
    while len(elements) >= 2:
        kind, length = elements[0], elements[1]
        place = _place(kind, elements[2 : 2 + length]) or place
        elements = elements[2 + length :]
    return place, data[end:]


def place_of(reference: int, total: int, number: int) -> Place | None:
    """A place, if it is one: 1 <= number <= total, and more than one part."""
    return Place(reference, total, number) if 1 <= number <= total and total > 1 else None


def _place(kind: int, value: bytes) -> Place | None:
    if kind == 0x00 and len(value) == 3:
        return place_of(value[0], value[1], value[2])
    if kind == 0x08 and len(value) == 4:
        return place_of(value[0] << 8 | value[1], value[2], value[3])
    return None


def _septets(data: bytes) -> str:
    letters, escaped = [], False
    for code in data:
        if escaped:
            letters.append(_EXTENDED.get(code, BASIC[code & 0x7F]))
            escaped = False
        elif code == 0x1B:
            escaped = True
        else:
            letters.append(BASIC[code & 0x7F])
    return "".join(letters)


def _units(text: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM7:
        return sum(len(_CODES[letter]) for letter in text)
    return sum(2 if ord(letter) > 0xFFFF else 1 for letter in text)


def _clusters(text: str, alphabet: Alphabet, most: int) -> Iterator[str]:
    """Letters with what hangs on them (joined emoji, skin tone, accents), as long as that fits one part."""
    cluster = ""
    for letter in text:
        hangs = cluster != "" and (_hangs(letter) or cluster[-1] == "\u200d")
        if hangs and _units(cluster + letter, alphabet) <= most:
            cluster += letter
            continue
        if cluster:
            yield cluster
        cluster = letter
    yield cluster


def _hangs(letter: str) -> bool:
    code = ord(letter)
    return code in (0x200D, 0x20E3) or any(
        first <= code <= last for first, last in ((0x300, 0x36F), (0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF))
    )
