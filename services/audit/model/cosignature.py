"""Cosignatures (c2sp.org/tlog-cosignature): who saw this checkpoint, and when. To the byte, both kinds of the page.

Ed25519 (type 0x04) signs time and note text; ML-DSA-44 (type 0x06, which quantum computers do not break) signs its own name,
time, origin, size and root. A cosignature says: of all I saw of this log until this time, this is the largest, and it
continues every earlier one. Reads no clock and keeps no key file.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from services.audit.model.checkpoint import parse_checkpoint, read_checkpoint
from services.audit.model.note import PRIVATE, Signer, check_name, key_id, key_parts, to_base64
from services.audit.model.wrong import Wrong

COSIGNATURE_ED25519 = 0x04
COSIGNATURE_MLDSA44 = 0x06
GREATEST_SECONDS = (1 << 63) - 1
SECRET = 32
_LABEL = b"subtree/v1\n\0"
_PUBLIC = {COSIGNATURE_ED25519: 32, COSIGNATURE_MLDSA44: 1312}
_SIGNATURE = {COSIGNATURE_ED25519: 64, COSIGNATURE_MLDSA44: 2420}
_GREATEST_NAME = 255


@dataclass(frozen=True)
class CosignatureVerifier:
    """One public key of one of the two kinds. Raises Wrong for a length or a name its kind cannot have."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in _PUBLIC:
            raise Wrong("key_kind", "neither Ed25519 (04) nor ML-DSA-44 (06) cosignatures")
        if len(self.public) != _PUBLIC[self.kind]:
            raise Wrong("key_length", f"{len(self.public)} bytes, not {_PUBLIC[self.kind]}")
        if self.kind == COSIGNATURE_MLDSA44:
            _field(self.name)

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and key."""
        return key_id(self.name, self.kind, self.public)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key cosigned the checkpoint with this text, at the time that stands in the signature."""
        if len(signature) != 8 + _SIGNATURE[self.kind]:
            return False
        try:
            message = message_of(self.kind, self.name, text, seconds_of(signature))
            _CHECKS[self.kind](self.public, signature[8:], message)
        except (Wrong, InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True)
class CosignatureKey:
    """A cosigner's private key: 32 secret bytes of either kind. Never printed: `repr` shows the public side only."""

    name: str
    kind: int
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET:
            raise Wrong("key_length", f"{len(self.secret)} bytes, not {SECRET}")
        _ = self.verifier

    @property
    def verifier(self) -> CosignatureVerifier:
        """The public side."""
        return CosignatureVerifier(self.name, self.kind, _PUBLIC_SIDE.get(self.kind, bytes)(self.secret))

    def at(self, seconds: int) -> Signer:
        """A signer that cosigns as of this time (POSIX seconds). Raises Wrong for none the page allows."""
        if not 0 < seconds <= GREATEST_SECONDS:
            raise Wrong("cosignature_time")
        return _At(self, self.verifier.key_id, seconds)

    def encode(self) -> str:
        """The private key as others write it. For a file of mode 0600, nothing else."""
        return f"{PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{to_base64(bytes([self.kind]) + self.secret)}"

    def __repr__(self) -> str:
        return f"CosignatureKey({self.verifier})"


@dataclass(frozen=True)
class _At:
    """A key at one time, as a note signer."""

    _key: CosignatureKey
    key_id: bytes
    _seconds: int

    @property
    def name(self) -> str:
        return self._key.name

    def sign(self, text: bytes) -> bytes:
        """Time and signature. Raises Wrong when the text is no checkpoint."""
        parse_checkpoint(text)
        message = message_of(self._key.kind, self.name, text, self._seconds)
        return self._seconds.to_bytes(8, "big") + _SIGNS[self._key.kind](self._key.secret, message)


def parse_cosigner(text: str) -> CosignatureVerifier:
    """Read a cosigner's verifier key. Raises Wrong when any part does not fit the others."""
    name, kind, public, identity = key_parts(text)
    found = CosignatureVerifier(name, kind, public)
    if found.key_id != identity:
        raise Wrong("verifier_key", "the id does not belong to this name and key")
    return found


def parse_cosigner_key(text: str) -> CosignatureKey:
    """Read a private key as `encode` writes it. Raises Wrong, never with the text in it."""
    if not text.startswith(PRIVATE):
        raise Wrong("private_key")
    name, kind, secret, identity = key_parts(text.removeprefix(PRIVATE))
    found = CosignatureKey(name, kind, secret)
    if found.verifier.key_id != identity:
        raise Wrong("private_key")
    return found


def seconds_of(signature: bytes) -> int:
    """When a cosignature (without key id) was made, in POSIX seconds. 0 makes no statement of time. Raises Wrong."""
    found = int.from_bytes(signature[:8], "big")
    if len(signature) <= 8 or found > GREATEST_SECONDS:
        raise Wrong("cosignature_time")
    return found


def message_of(kind: int, name: str, text: bytes, seconds: int) -> bytes:
    """What a cosigner signs of a checkpoint's text. Raises Wrong when it is none or a name is too long."""
    if kind == COSIGNATURE_ED25519:
        return b"cosignature/v1\ntime %d\n" % seconds + text
    seen = read_checkpoint(text)
    start_and_end = bytes(8) + seen.size.to_bytes(8, "big")
    return _LABEL + _field(name) + seconds.to_bytes(8, "big") + _field(seen.origin) + start_and_end + seen.root


def _field(text: str) -> bytes:
    """A name after its length in one byte."""
    raw = text.encode()
    if not 1 <= len(raw) <= _GREATEST_NAME:
        raise Wrong("cosigner_name", f"{len(raw)} bytes, at most {_GREATEST_NAME}")
    return bytes([len(raw)]) + raw


_CHECKS: dict[int, Callable[[bytes, bytes, bytes], None]] = {
    COSIGNATURE_ED25519: lambda public, found, message: Ed25519PublicKey.from_public_bytes(public).verify(found, message),
    COSIGNATURE_MLDSA44: lambda public, found, message: MLDSA44PublicKey.from_public_bytes(public).verify(found, message),
}
_SIGNS: dict[int, Callable[[bytes, bytes], bytes]] = {
    COSIGNATURE_ED25519: lambda secret, message: Ed25519PrivateKey.from_private_bytes(secret).sign(message),
    COSIGNATURE_MLDSA44: lambda secret, message: MLDSA44PrivateKey.from_seed_bytes(secret).sign(message),
}
_PUBLIC_SIDE: dict[int, Callable[[bytes], bytes]] = {
    COSIGNATURE_ED25519: lambda secret: Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw(),
    COSIGNATURE_MLDSA44: lambda secret: MLDSA44PrivateKey.from_seed_bytes(secret).public_key().public_bytes_raw(),
}
