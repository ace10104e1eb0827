"""The proof of one entry for paper: small enough for a QR code, read back by the verifier (docs/audit.md has the layout).

Raw hashes instead of text, and the Ed25519 signatures only: an ML-DSA cosignature alone is larger than a QR code. The text of
the checkpoint is put together again byte by byte, so that its signatures hold. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.note import Note, Signature, parse_note
from services.audit.model.tiles import HASH
from services.audit.model.tlog_proof import EntryProof
from services.audit.model.wrong import Wrong

MARK = "SPRINGRAIN1:"
VERSION = 1
ROOM = 2_200
"""Bytes that fit the largest QR code at a level that stands a crease: some ten witnesses at ten million entries."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_MOST = 255


@dataclass(frozen=True)
class Paper:
    """What stands on paper: which leaf hash at which place of which tree, and who signed that tree."""

    leaf: bytes
    proof: EntryProof


def to_paper(leaf: bytes, proof: EntryProof) -> str:
    """The text of the QR code, some 1.3 kB at ten million entries. Raises Wrong for what has no room in it."""
    note = parse_note(proof.checkpoint)
    said = parse_checkpoint(note.text)
    if said.extensions or len(leaf) != HASH:
        raise Wrong("paper_form", "a checkpoint with extension lines has no room on paper")
    head = bytes([VERSION]) + proof.index.to_bytes(8, "big") + said.size.to_bytes(8, "big") + said.root + leaf
    path = _short(said.origin.encode()) + _counted(len(proof.hashes)) + b"".join(proof.hashes)
    signatures = _fitting(note, said.origin, ROOM - len(head) - len(path))
    return MARK + to_base45(head + path + _counted(len(signatures)) + b"".join(signatures))


def from_paper(text: str) -> Paper:
    """Read the text of the QR code. Raises Wrong for any other form; holds nothing to be true yet."""
    if not text.startswith(MARK):
        raise Wrong("paper_form", f"does not begin with {MARK}")
    reader = _Reader(from_base45(text.removeprefix(MARK)))
    if reader.byte() != VERSION:
        raise Wrong("paper_form", "made by a newer version")
    index, size, root, leaf = reader.number(), reader.number(), reader.take(HASH), reader.take(HASH)
    origin = reader.text()
    hashes = tuple(reader.take(HASH) for _ in range(reader.byte()))
    signatures = list(_signatures(reader, origin))
    reader.end()
    note = Checkpoint(origin, size, root).text() + b"\n" + b"".join([each.line() for each in signatures])
    return Paper(leaf, EntryProof(index, hashes, note))


def to_base45(data: bytes) -> str:
    """RFC 9285: text of the QR code's alphanumeric kind, so that every reader, phones too, gives back what was written."""
    return "".join([_three(data[at : at + 2]) for at in range(0, len(data), 2)])


def from_base45(text: str) -> bytes:
    """Read it back. Raises Wrong for any other spelling."""
    try:
        parts = [[_DIGITS.index(each) for each in text[at : at + 3]] for at in range(0, len(text), 3)]
        numbers = [(sum(digit * 45**place for place, digit in enumerate(part)), len(part) - 1) for part in parts]
        return b"".join([number.to_bytes(length, "big") for number, length in numbers])
    except (ValueError, OverflowError) as error:
        raise Wrong("paper_form", "not base45") from error


class _Reader:
    """Takes a paper's bytes one after the other. Raises Wrong when there are fewer or more than there must be."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        found = self._data[self._at : self._at + count]
        self._at += count
        if len(found) < count:
            raise Wrong("paper_form", "cut short")
        return found

    def byte(self) -> int:
        """The next byte as a number."""
        return self.take(1)[0]

    def number(self) -> int:
        """Eight bytes, big-endian."""
        return int.from_bytes(self.take(8), "big")

    def text(self) -> str:
        """A text after its length."""
        try:
            return self.take(self.byte()).decode()
        except UnicodeDecodeError as error:
            raise Wrong("paper_form", "not UTF-8") from error

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise Wrong("paper_form", "something follows")


def _three(pair: bytes) -> str:
    number = int.from_bytes(pair, "big")
    return "".join([_DIGITS[number // 45**place % 45] for place in range(len(pair) + 1)])


def _fitting(note: Note, origin: str, room: int) -> list[bytes]:
    """Signatures as they stand on paper: the log's own first, then witnesses' in their order, as long as there is room."""
    found = sorted((each for each in note.signatures if len(each.value) <= _MOST), key=lambda each: each.name != origin)
    kept: list[bytes] = []
    for each in found:
        kept.append(_signature(each, origin))
        room -= len(kept[-1])
        if room < 0:
            return kept[:-1]
    return kept


def _signature(found: Signature, origin: str) -> bytes:
    name = b"" if found.name == origin else found.name.encode()
    return _short(name) + found.key_id + _short(found.value)


def _signatures(reader: _Reader, origin: str) -> Iterator[Signature]:
    for _ in range(reader.byte()):
        name = reader.text() or origin
        yield Signature(name, reader.take(4), reader.take(reader.byte()))


def _short(data: bytes) -> bytes:
    return _counted(len(data)) + data


def _counted(count: int) -> bytes:
    if count > _MOST:
        raise Wrong("paper_form", f"{count}, at most {_MOST}")
    return bytes([count])
