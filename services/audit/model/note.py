"""Signed notes (c2sp.org/signed-note): a text and who signed it. Strict where the page is strict, to the byte.

Signers and verifiers are small interfaces, so that witnesses' cosignatures come beside Ed25519 without a change here.
Holds no key file and no network.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.model.wrong import Wrong

ED25519 = 0x01
GREATEST_NOTE = 256 * 1024
MOST_SIGNATURES = 100
_DASH = "— "
PRIVATE = "PRIVATE+KEY+"


class Verifier(Protocol):
    """A known key: its name and 4-byte id together say which signature lines are its own."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made this signature (without the key id in front) of the text. Never raises."""
        ...


class Signer(Protocol):
    """A key that signs."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def sign(self, text: bytes) -> bytes:
        """The signature of the text, without the key id in front."""
        ...


@dataclass(frozen=True)
class Signature:
    """One signature line: whose it says to be, and its bytes without the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> bytes:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}\n".encode()


@dataclass(frozen=True)
class Note:
    """A note taken apart: the text with its last newline, and every signature line, unknown ones too."""

    text: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Ed25519Verifier:
    """A log's public key. `str()` gives the verifier key as others write it: `name+id+base64`."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != 32:
            raise Wrong("key_length", f"{len(self.public)} bytes, not 32")

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and key."""
        return key_id(self.name, ED25519, self.public)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key signed the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([ED25519]) + self.public)}"


@dataclass(frozen=True)
class Ed25519Signer:
    """A log's private key: 32 secret bytes. Never printed: `repr` shows the public side only."""

    name: str
    secret: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.secret) != 32:
            raise Wrong("key_length", f"{len(self.secret)} bytes, not 32")

    @property
    def verifier(self) -> Ed25519Verifier:
        """The public side."""
        return Ed25519Verifier(self.name, self._key().public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        """As the verifier's."""
        return self.verifier.key_id

    def sign(self, text: bytes) -> bytes:
        """64 bytes, the same for the same text."""
        return self._key().sign(text)

    def encode(self) -> str:
        """The private key as Go's `note` writes it. For a file of mode 0600, nothing else."""
        return f"{PRIVATE}{self.name}+{self.key_id.hex()}+{to_base64(bytes([ED25519]) + self.secret)}"

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.verifier})"

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


def parse_verifier(text: str) -> Ed25519Verifier:
    """Read a verifier key. Raises Wrong when any part does not fit the others."""
    name, kind, key, identity = key_parts(text)
    found = Ed25519Verifier(name, key)
    if kind != ED25519 or found.key_id != identity:
        raise Wrong("verifier_key", "the id does not belong to this name and key")
    return found


def parse_signer(text: str) -> Ed25519Signer:
    """Read a private key as `encode` writes it. Raises Wrong, never with the text in it."""
    if not text.startswith(PRIVATE):
        raise Wrong("private_key")
    name, kind, key, identity = key_parts(text.removeprefix(PRIVATE))
    found = Ed25519Signer(name, key)
    if kind != ED25519 or found.key_id != identity:
        raise Wrong("private_key")
    return found


def sign_note(text: bytes, signers: Sequence[Signer]) -> bytes:
    """The note over this text, one signature line a signer in their order. Raises Wrong for a text no note may hold."""
    if not text.endswith(b"\n") or _controls(text):
        raise Wrong("note_text")
    text.decode()
    return text + b"\n" + b"".join([Signature(s.name, s.key_id, s.sign(text)).line() for s in signers])


def parse_note(note: bytes) -> Note:
    """Take a note apart without asking who signed it. Raises Wrong for any other form, CRLF included."""
    if len(note) > GREATEST_NOTE or _controls(note):
        raise Wrong("note_form")
    try:
        note.decode()
    except UnicodeDecodeError as error:
        raise Wrong("note_form") from error
    text, found, lines = note.rpartition(b"\n\n")
    if not found or not lines.endswith(b"\n"):
        raise Wrong("note_form")
    rows = lines.decode()[:-1].split("\n")
    if len(rows) > MOST_SIGNATURES:
        raise Wrong("too_many_signatures")
    return Note(text + b"\n", tuple(_signature(row) for row in rows))


def open_note(note: bytes, known: Sequence[Verifier]) -> Note:
    """A note that at least one known key signed; its signatures are the good ones of known keys only.

    Lines of unknown keys are passed over. Raises Wrong when a known key's line does not hold, or none is there.
    """
    parsed = parse_note(note)
    keys = {(key.name, key.key_id): key for key in known}
    good = [each for each in parsed.signatures if (each.name, each.key_id) in keys]
    for each in good:
        if not keys[each.name, each.key_id].verify(parsed.text, each.value):
            raise Wrong("signature_wrong", each.name)
    if not good:
        raise Wrong("no_known_signature")
    return Note(parsed.text, tuple(good))


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The 4-byte id of a key of this type under this name."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def key_parts(text: str) -> tuple[str, int, bytes, bytes]:
    """Name, type, key and id of `name+id+base64`. The base64 may hold a `+`, the name and the id never. Raises Wrong."""
    parts = text.split("+", 2)
    if len(parts) != 3 or len(parts[1]) != 8 or parts[1].strip("0123456789abcdef"):
        raise Wrong("key_form")
    material = from_base64(parts[2])
    if not material:
        raise Wrong("key_form")
    return parts[0], material[0], material[1:], bytes.fromhex(parts[1])


def check_name(name: str) -> None:
    """Raises Wrong unless this may name a key: something, without `+`, spaces of any kind or control characters."""
    if not name or "+" in name or any(each.isspace() or each < " " for each in name):
        raise Wrong("key_name")


def to_base64(value: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(value).decode("ascii")


def from_base64(text: str) -> bytes:
    """Read standard base64 in its one right spelling. Raises Wrong: no bit of a note may change unseen."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Wrong("base64") from error
    if to_base64(found) != text:
        raise Wrong("base64")
    return found


def _signature(row: str) -> Signature:
    name, space, value = row.removeprefix(_DASH).partition(" ")
    if not row.startswith(_DASH) or not space:
        raise Wrong("signature_line")
    check_name(name)
    raw = from_base64(value)
    if len(raw) < 5:
        raise Wrong("signature_line")
    return Signature(name, raw[:4], raw[4:])


def _controls(text: bytes) -> bool:
    return bool(text.translate(None, bytes(range(32, 256)) + b"\n"))
