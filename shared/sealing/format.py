"""The sealed value. For ever: every stored audit entry has this form, and nothing about it may change (docs/design.md, 6).

    base64url without padding of
    suite (1) | key id (16) | commitment (32) | nonce (12) | ciphertext with tag (n * 64 + 16)

The plaintext is the canonical JSON of one object, padded to a multiple of 64 bytes (ISO 7816-4), so that its length
tells little. The additional data names the place, so that a value moved elsewhere does not open. The commitment is
checked first: GCM alone lets whoever holds the servers show another text under the same entry.
"""

import base64
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.canonical import canonical, parse
from shared.errors import Malformed
from shared.sealing.errors import SealBroken
from shared.sealing.suites import TAG, Derived, suite

KEY_ID, COMMITMENT, NONCE, BLOCK = 16, 32, 12, 64
_HEAD = 1 + KEY_ID + COMMITMENT + NONCE
_LEAST = _HEAD + BLOCK + TAG
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{2,}")


@dataclass(frozen=True)
class DataKey:
    """The unwrapped key of one person or hidden record: never stored, logged or kept beyond 60 s.

    `of` is the person a record's key belongs to (empty for a person's own). What is derived from the key lives and
    dies with this object.
    """

    person: str
    key_id: bytes
    secret: bytes = field(repr=False)
    of: str = ""
    _derived: dict[int, Derived] = field(default_factory=dict, repr=False, compare=False)

    def derived(self, number: int) -> Derived:
        """The working keys of a suite, derived once. Raises UnreadableSuite."""
        known = self._derived.get(number)
        if known is None:
            known = self._derived[number] = suite(number).derive(self.secret)
        return known


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: it opens there and nowhere else. `kind` is `event` or the name of a collection."""

    county: str
    kind: str
    id: str


def seal(key: DataKey, place: Place, content: Mapping[str, Any], *, number: int = 1, nonce: bytes | None = None) -> str:
    """Seal one object under a person's key; raises Malformed for what could not be read again (null, fractions).

    `nonce` is for test vectors alone: one used twice gives the text away.
    """
    text = canonical(dict(content))
    parse(text)
    nonce = os.urandom(NONCE) if nonce is None else nonce
    aad = additional_data(number, place, key)
    derived = key.derived(number)
    commitment = derived.commit(aad + nonce)
    sealed = derived.aead.encrypt(nonce, pad(text), aad)
    return _text(bytes([number]) + key.key_id + commitment + nonce + sealed)


def open_sealed(key: DataKey, place: Place, value: str) -> dict[str, Any]:
    """What was sealed. Raises UnreadableSuite or SealBroken; there is no partial answer."""
    raw = raw_of(value)
    number, key_id, commitment, nonce = raw[0], raw[1:17], raw[17:49], raw[49:61]
    if key_id != key.key_id:
        raise SealBroken("other key")
    derived = key.derived(number)
    aad = additional_data(number, place, key)
    if not hmac.compare_digest(commitment, derived.commit(aad + nonce)):
        raise SealBroken("commitment")
    return _object(unpad(derived.open(nonce, raw[_HEAD:], aad)))


def additional_data(number: int, place: Place, key: DataKey) -> bytes:
    """[suite, county id, person, "event" or collection, id, key id in hex] as canonical JSON."""
    return canonical([number, place.county, key.person, place.kind, place.id, key.key_id.hex()])


def raw_of(value: str) -> bytes:
    """The bytes of a sealed value whose suite is known here. Raises SealBroken, or UnreadableSuite first of all."""
    if not _BASE64URL.fullmatch(value) or len(value) % 4 == 1:
        raise SealBroken("not base64url")
    raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    suite(raw[0])
    if len(raw) < _LEAST or (len(raw) - _HEAD - TAG) % BLOCK or _text(raw) != value:
        raise SealBroken("length or form")
    return raw


def pad(text: bytes) -> bytes:
    """ISO 7816-4: 0x80, then zeros up to the next multiple of 64. At least one byte is always added."""
    return text + b"\x80" + bytes(-(len(text) + 1) % BLOCK)


def unpad(padded: bytes) -> bytes:
    """What `pad` was given. Raises SealBroken for any other ending."""
    text = padded.rstrip(b"\x00")
    if not text.endswith(b"\x80") or len(padded) - len(text) >= BLOCK:
        raise SealBroken("padding")
    return text[:-1]


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = parse(text)
    except Malformed as error:
        raise SealBroken("content") from error
    if not isinstance(found, dict):
        raise SealBroken("content")
    return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
