"""The log's signing keys in files only the audit worker can read (mode 0600), each with its public side beside it.

Never prints or passes on what is in them; never writes over one: a key nobody has any more is a log nobody can go on with.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from services.audit.log.durable import sync_folder
from services.audit.model.cosignature import COSIGNATURE_MLDSA44, SECRET, CosignatureKey, parse_cosigner_key
from services.audit.model.note import Ed25519Signer, parse_signer
from services.audit.model.wrong import Wrong
from shared.errors import ConfigError, Conflict

T = TypeVar("T")
PRIVATE, PUBLIC = 0o600, 0o644


def make_key(path: Path, origin: str) -> Ed25519Signer:
    """Make a key for a log with this origin, durable before it returns; `<path>.pub` holds the verifier key.

    Raises Conflict when the file is there.
    """
    signer = Ed25519Signer(origin, os.urandom(SECRET))
    _make(path, signer.encode(), str(signer.verifier))
    return signer


def make_cosigner_key(path: Path, origin: str) -> CosignatureKey:
    """The same for the ML-DSA-44 key that cosigns beside it."""
    key = CosignatureKey(origin, COSIGNATURE_MLDSA44, os.urandom(SECRET))
    _make(path, key.encode(), str(key.verifier))
    return key


def load_key(path: Path) -> Ed25519Signer:
    """Read a key. Raises ConfigError when it is not there, not a key, or others than its owner may read it."""
    return _load(path, parse_signer)


def load_cosigner_key(path: Path) -> CosignatureKey:
    """The same for an ML-DSA-44 key."""
    return _load(path, parse_cosigner_key)


def write_public(path: Path, text: str) -> None:
    """Write what all may read, durable before it returns. Raises Conflict when the file is there."""
    _write(path, text, PUBLIC)
    sync_folder(path.parent)


def _make(path: Path, secret: str, public: str) -> None:
    _write(path, secret, PRIVATE)
    _write(path.with_name(path.name + ".pub"), public, PUBLIC)
    sync_folder(path.parent)


def _load(path: Path, parse: Callable[[str], T]) -> T:
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ConfigError("the log's key file may be read by others: chmod 600")
            return parse(file.read(4096).strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the log's key file cannot be read") from error
    except Wrong:
        raise ConfigError("the log's key file does not hold a signing key") from None


def _write(path: Path, text: str, mode: int) -> None:
    """There whole or not at all: the worker reads the folder while a key is added."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError as error:
        raise Conflict(f"{path.name} is there already") from error
    finally:
        draft.unlink()
