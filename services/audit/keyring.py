"""All keys of one log: Ed25519 ones that follow each other, and one of ML-DSA-44 that cosigns beside them.

    <n>.key  <n>.2.key ...   Ed25519, the last is the newest; `<key>.until`: when an older one stops signing
    <n>.mldsa44.key          cosigns, for whoever checks it when Ed25519 is broken (c2sp.org/tlog-cosignature)

The files are read anew each time, so that a key can be changed while the log runs. Nothing is ever written over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.audit.keyfile import load_cosigner_key, load_key, make_cosigner_key, make_key, write_public
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.note import Ed25519Signer, Verifier
from shared.clock import from_wire, to_wire
from shared.errors import ConfigError, Conflict

MLDSA44 = "mldsa44"
Doc = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """One Ed25519 key with the instant it stops signing; None: no end is set."""

    path: Path
    signer: Ed25519Signer
    until: datetime | None

    def signs(self, now: datetime) -> bool:
        """Whether it still signs."""
        return self.until is None or now < self.until


class Keyring:
    """The keys of the log with this number and origin."""

    def __init__(self, folder: Path, number: int, origin: str) -> None:
        self._folder, self._number, self.origin = folder, number, origin

    def begin(self) -> None:
        """Make the first keys of a new log. Raises Conflict when there are some."""
        make_key(self._path(1), self.origin)
        self.complete()

    def complete(self) -> None:
        """Make the ML-DSA-44 key where a log has none yet. Raises ConfigError when the log has no key at all."""
        _ = self.newest
        if not self._mldsa44.exists():
            make_cosigner_key(self._mldsa44, self.origin)

    @property
    def newest(self) -> Ed25519Signer:
        """The Ed25519 key that everybody should know by now."""
        return self._keys()[-1].signer

    def note(self, size: int, root: bytes, now: datetime) -> bytes:
        """The checkpoint of this size, signed by every key that signs now, the newest first."""
        ed25519 = [kept.signer for kept in reversed(self._keys()) if kept.signs(now)]
        cosigner = load_cosigner_key(self._mldsa44).at(int(now.timestamp()))
        return sign_checkpoint(Checkpoint(self.origin, size, root), [*ed25519, cosigner])

    def verifiers(self) -> list[Verifier]:
        """Every key this log ever had: to read what it signed itself."""
        return [*(kept.signer.verifier for kept in self._keys()), load_cosigner_key(self._mldsa44).verifier]

    def public(self, now: datetime) -> Doc:
        """For the log's row: `key`, the newest; `keys`, all that sign now, that one first; `retired`: those that did."""
        kept = list(reversed(self._keys()))
        signing = [str(each.signer.verifier) for each in kept if each.signs(now)]
        retired = [str(each.signer.verifier) for each in kept if not each.signs(now)]
        return {"key": signing[0], "keys": [*signing, str(load_cosigner_key(self._mldsa44).verifier)], "retired": retired}

    def rotate(self, overlap: timedelta, now: datetime) -> tuple[Ed25519Signer, datetime]:
        """A new Ed25519 key that signs at once; the one before signs on until `overlap` is over. Returns key and instant.

        A change that a crash cut short is finished instead. Raises Conflict while an earlier change is not over yet.
        """
        kept = self._keys()
        if any(each.until is not None and each.signs(now) for each in kept):
            raise Conflict("the last change of key is not over: two keys sign already")
        fresh = kept[-1].signer if len(kept) > 1 and kept[-2].until is None else None
        if fresh is None:
            fresh = make_key(self._path(len(kept) + 1), self.origin)
        until = from_wire(to_wire(now + overlap))
        write_public(_until(self._path(len(self._keys()) - 1)), to_wire(until))
        return fresh, until

    def _keys(self) -> Sequence[Kept]:
        found = [_read(path) for path in self._paths()]
        if any(kept.signer.name != self.origin for kept in found):
            raise ConfigError("a key file of the log is another log's")
        return found

    def _paths(self) -> list[Path]:
        found = [self._path(1)]
        while self._path(len(found) + 1).exists():
            found.append(self._path(len(found) + 1))
        return found

    def _path(self, generation: int) -> Path:
        return self._folder / (f"{self._number}.key" if generation == 1 else f"{self._number}.{generation}.key")

    @property
    def _mldsa44(self) -> Path:
        return self._folder / f"{self._number}.{MLDSA44}.key"


def last_number(folder: Path) -> int:
    """The number of the last log that began here; 0 when none did."""
    return max((int(path.stem) for path in folder.glob("*.key") if path.stem.isdecimal()), default=0)


def _read(path: Path) -> Kept:
    try:
        text = _until(path).read_text(encoding="ascii").strip()
        return Kept(path, load_key(path), from_wire(text))
    except FileNotFoundError:
        return Kept(path, load_key(path), None)
    except ValueError:
        raise ConfigError(f"{_until(path).name} holds no instant") from None


def _until(path: Path) -> Path:
    return path.with_name(path.name + ".until")
