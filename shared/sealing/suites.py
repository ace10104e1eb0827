"""The suites of algorithms a value may be sealed with. Suite numbers stand in the audit log for ever: never renumber.

Suite 1 is AES-256-GCM with HMAC-SHA256. Suite 2 is SM4-GCM with HMAC-SM3, for counties that must use the national
algorithms; its keys are derived with HKDF over SM3, so that nothing in it rests on SHA-256.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.sealing.errors import SealBroken, UnreadableSuite

TAG = 16


class Aead(Protocol):
    """Authenticated encryption under one key. `decrypt` raises InvalidTag for anything that was not made here."""

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Ciphertext with its 16-byte tag behind it."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """The plaintext again."""
        ...


class Sm4Gcm:
    """SM4 in Galois counter mode with a 16-byte key, in the shape of `cryptography`'s AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """See Aead."""
        cipher = Cipher(self._key, modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(aad)
        return cipher.update(data) + cipher.finalize() + cipher.tag

    def decrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """See Aead."""
        cipher = Cipher(self._key, modes.GCM(nonce, data[-TAG:])).decryptor()
        cipher.authenticate_additional_data(aad)
        return cipher.update(data[:-TAG]) + cipher.finalize()


@dataclass(frozen=True, slots=True)
class Derived:
    """What one data key gives in one suite. `commit` makes the 32 bytes that bind a value to this very key."""

    aead: Aead
    commit: Callable[[bytes], bytes]

    def open(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """The plaintext. Raises SealBroken when the tag does not fit."""
        try:
            return self.aead.decrypt(nonce, data, aad)
        except InvalidTag as error:
            raise SealBroken("tag") from error


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the table: how long the encryption key is, and what is built from both keys."""

    number: int
    hash: hashes.HashAlgorithm
    key_length: int
    aead: Callable[[bytes], Aead]
    commitment: Callable[[bytes], Callable[[bytes], bytes]]

    def derive(self, secret: bytes) -> Derived:
        """Both keys of this suite by HKDF without salt; the infos are fixed for ever (docs/design.md, section 6)."""
        enc = HKDF(self.hash, self.key_length, None, f"springrain/seal/{self.number}/enc".encode()).derive(secret)
        com = HKDF(self.hash, 32, None, f"springrain/seal/{self.number}/com".encode()).derive(secret)
        return Derived(self.aead(enc), self.commitment(com))


def _sha256(key: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(key, message, "sha256")


def _sm3(key: bytes) -> Callable[[bytes], bytes]:
    def commit(message: bytes) -> bytes:
        made = HMAC(key, hashes.SM3())
        made.update(message)
        return made.finalize()

    return commit


SUITES = {
    1: Suite(1, hashes.SHA256(), 32, AESGCM, _sha256),
    2: Suite(2, hashes.SM3(), 16, Sm4Gcm, _sm3),
}


def suite(number: int) -> Suite:
    """The suite of this number. Raises UnreadableSuite."""
    try:
        return SUITES[number]
    except KeyError:
        raise UnreadableSuite(number) from None
