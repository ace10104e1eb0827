"""The log's signing key in a file only the audit worker can read (mode 0600), and its public side beside it.

Never prints or passes on what is in it; never writes over one: a second key under the same origin is another log's.
"""

import os
from pathlib import Path

from services.audit.model.note import Ed25519Signer, parse_signer
from services.audit.model.wrong import Wrong
from shared.errors import ConfigError, Conflict


def make_key(path: Path, origin: str) -> Ed25519Signer:
    """Make a key for a log with this origin, durable before it returns; `<path>.pub` holds the verifier key.

    Raises Conflict when the file is there.
    """
    signer = Ed25519Signer(origin, os.urandom(32))
    _write(path, signer.encode(), 0o600)
    _write(path.with_name(path.name + ".pub"), str(signer.verifier), 0o644)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return signer


def load_key(path: Path) -> Ed25519Signer:
    """Read the key. Raises ConfigError when it is not there, not a key, or others than its owner may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ConfigError("the log's key file may be read by others: chmod 600")
            return parse_signer(file.read(4096).strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the log's key file cannot be read") from error
    except Wrong:
        raise ConfigError("the log's key file does not hold a signing key") from None


def _write(path: Path, text: str, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise Conflict(f"{path.name} is there already") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
