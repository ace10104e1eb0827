"""All keys of one log: Ed25519 ones that follow each other, and one of ML-DSA-44 that cosigns beside them.

    <n>.key  <n>.2.key ...   Ed25519, the last is the newest; `<key>.until`: when an older one stops signing
    <n>.mldsa44.key          cosigns, for whoever checks it when Ed25519 is broken (c2sp.org/tlog-cosignature)

Whoever signs looks each time whether there is a new file, so that a key can be changed while the log runs. Nothing is ever
written over: the names alone say whether anything changed.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.audit.log.keyfile import load_cosigner_key, load_key, make_cosigner_key, make_key, write_public
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.cosignature import CosignatureKey
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


@dataclass(frozen=True)
class Held:
    """What was read while the folder held these names."""

    names: frozenset[str]
    kept: tuple[Kept, ...]
    cosigner: CosignatureKey | None
    cosigner_key: str

    def need_cosigner(self) -> CosignatureKey:
        """The ML-DSA-44 key. Raises ConfigError when it is gone."""
        if self.cosigner is None:
            raise ConfigError("the log's ML-DSA-44 key file is not there")
        return self.cosigner


class Keyring:
    """The keys of the log with this number and origin."""

    def __init__(self, folder: Path, number: int, origin: str) -> None:
        self._folder, self.number, self.origin = folder, number, origin
        self._held: Held | None = None

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
        return self._keys().kept[-1].signer

    def note(self, size: int, root: bytes, now: datetime) -> bytes:
        """The checkpoint of this size, signed by every key that signs now, the newest first."""
        held = self._keys()
        ed25519 = [kept.signer for kept in reversed(held.kept) if kept.signs(now)]
        return sign_checkpoint(Checkpoint(self.origin, size, root), [*ed25519, held.need_cosigner().at(int(now.timestamp()))])

    def verifiers(self) -> list[Verifier]:
        """Every key this log ever had: to read what it signed itself."""
        held = self._keys()
        return [*(kept.signer.verifier for kept in held.kept), *([held.cosigner.verifier] if held.cosigner else [])]

    def public(self, now: datetime) -> Doc:
        """For the log's row: `key`, the newest; `keys`, all that sign now, that one first; `retired`: those that did."""
        held = self._keys()
        said = [(str(each.signer.verifier), each.signs(now)) for each in reversed(held.kept)]
        signing, retired = [key for key, signs in said if signs], [key for key, signs in said if not signs]
        return {"key": signing[0], "keys": [*signing, held.cosigner_key], "retired": retired}

    def rotate(self, overlap: timedelta, now: datetime) -> tuple[Ed25519Signer, datetime]:
        """A new Ed25519 key that signs at once; the one before signs on until `overlap` is over. Returns key and instant.

        A change that a crash cut short is finished instead. Raises Conflict while an earlier change is not over yet.
        """
        kept = self._keys().kept
        if any(each.until is not None and each.signs(now) for each in kept):
            raise Conflict("the last change of key is not over: two keys sign already")
        fresh = kept[-1].signer if len(kept) > 1 and kept[-2].until is None else None
        if fresh is None:
            fresh = make_key(self._path(len(kept) + 1), self.origin)
        until = from_wire(to_wire(now + overlap))
        write_public(_until(self._path(len(self._keys().kept) - 1)), to_wire(until))
        return fresh, until

    def _keys(self) -> "Held":
        names = frozenset(os.listdir(self._folder))
        if self._held is None or self._held.names != names:
            kept = tuple(_read(path) for path in self._paths())
            cosigner = load_cosigner_key(self._mldsa44) if self._mldsa44.exists() else None
            if any(each.signer.name != self.origin for each in kept):
                raise ConfigError("a key file of the log is another log's")
            self._held = Held(names, kept, cosigner, str(cosigner.verifier) if cosigner else "")
        return self._held

    def _paths(self) -> list[Path]:
        found = [self._path(1)]
        while self._path(len(found) + 1).exists():
            found.append(self._path(len(found) + 1))
        return found

    def _path(self, generation: int) -> Path:
        return self._folder / (f"{self.number}.key" if generation == 1 else f"{self.number}.{generation}.key")

    @property
    def _mldsa44(self) -> Path:
        return self._folder / f"{self.number}.{MLDSA44}.key"


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
