"""The master key that wraps every person's key. A file today; a KMS behind the same two calls tomorrow.

It must never be printed, logged or put into the environment, and stands in no backup of the databases.
"""

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import ConfigError

_NONCE = 12
_SETTING = "SPRINGRAIN_DATA"


class Master(Protocol):
    """Wraps and unwraps data keys. A wrapped key opens for its own person only. Safe for several threads."""

    def wrap(self, secret: bytes, person: str) -> bytes:
        """The wrapped key: opaque bytes, other each time."""
        ...

    def unwrap(self, wrapped: bytes, person: str) -> bytes:
        """The data key again. Raises ConfigError when this master did not wrap it for this person."""
        ...


class FileMaster:
    """A master key in a file: 32 random bytes in base64 (44 characters, nothing else), readable by its owner alone.

    Raises ConfigError, naming the setting and never the content, for any other file.
    """

    def __init__(self, path: Path, setting: str = _SETTING) -> None:
        self._setting = setting
        self._aead = AESGCM(read_key(path, setting))

    def wrap(self, secret: bytes, person: str) -> bytes:
        """AES-256-GCM: nonce (12), ciphertext with tag; the person's id is the additional data."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, secret, person.encode())

    def unwrap(self, wrapped: bytes, person: str) -> bytes:
        """See Master."""
        try:
            return self._aead.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], person.encode())
        except (InvalidTag, ValueError) as error:
            raise ConfigError(f"{self._setting} is not the master key this key store was made with") from error


def create_master(path: Path) -> None:
    """Make a new master key file, mode 0600, durable before this returns. Never writes over a file that is there."""
    write_secret(path, base64.b64encode(os.urandom(32)))


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read; raises FileExistsError rather than replace one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path, setting: str) -> bytes:
    """The bytes of a secret file. Raises ConfigError when it is missing, no file, or open to others."""
    try:
        status = path.stat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise ConfigError(f"{setting} names a file that cannot be read") from error
    if not content:
        raise ConfigError(f"{setting} names no file, or an empty one")
    if status.st_mode & 0o077:
        raise ConfigError(f"{setting} names a file that others may read: chmod 600 it")
    return content


def read_key(path: Path, setting: str) -> bytes:
    """The 32 random bytes of a key file as `create_master` makes them. Raises ConfigError for anything else."""
    content = read_secret(path, setting)
    try:
        key = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"{setting} names a file that is not base64") from error
    if len(key) != 32 or len(content) != 44:
        raise ConfigError(f"{setting} must hold 32 bytes as 44 base64 characters, without a newline")
    if len(set(key)) < 8:
        raise ConfigError(f"{setting} holds no random key")
    return key
