"""A witness's folder: two keys only it may read (mode 0600), the logs it knows, and what it remembers of each.

    keys/ed25519.key  keys/mldsa44.key  logs  seen/<log>

`logs` holds one verifier key a line; several keys of one log while that changes its key. Never writes over a key.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from services.audit.model.cosignature import (
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    SECRET,
    CosignatureKey,
    parse_cosigner_key,
)
from services.audit.model.note import Ed25519Verifier, parse_verifier
from services.audit.model.wrong import Wrong
from services.witness.memory import Memory, sync_folder, write_durably

KINDS = {"mldsa44": COSIGNATURE_MLDSA44, "ed25519": COSIGNATURE_ED25519}


class NotSet(Exception):
    """The folder is not as it must be. Says what and what to do, never what is in a key."""


@dataclass(frozen=True)
class WitnessFolder:
    """Reads the folder anew for each question: a log added by hand is known at once."""

    root: Path

    def make(self, name: str) -> tuple[CosignatureKey, ...]:
        """Make a new witness of this name. Raises NotSet when there is one, Wrong for what cannot be a name."""
        made = {kind: CosignatureKey(name, number, os.urandom(SECRET)) for kind, number in KINDS.items()}
        for each in (self.root, self.root / "keys", self.root / "seen"):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind, key in made.items():
            try:
                write_durably(self._key(kind), f"{key.encode()}\n".encode(), 0o600, os.O_EXCL)
            except FileExistsError as error:
                raise NotSet(f"{self._key(kind)} is there already: this folder has a witness") from error
        (self.root / "logs").touch()
        for each in (self.root / "keys", self.root):
            sync_folder(each)
        return tuple(made.values())

    def signing_keys(self) -> tuple[CosignatureKey, ...]:
        """Both keys. Raises NotSet when one is missing, damaged, or others may read it."""
        found = []
        for kind in KINDS:
            try:
                with self._key(kind).open(encoding="ascii") as file:
                    if os.fstat(file.fileno()).st_mode & 0o077:
                        raise NotSet(f"{self._key(kind)} may be read by others: chmod 600")
                    found.append(parse_cosigner_key(file.read(4096).strip()))
            except (OSError, UnicodeDecodeError, Wrong):
                raise NotSet(f"{self._key(kind)} is no key that can be read: springrain witness init") from None
        return tuple(found)

    def logs(self) -> dict[str, list[Ed25519Verifier]]:
        """Origin -> the keys trusted for it. Raises NotSet with the line that is none."""
        found: dict[str, list[Ed25519Verifier]] = {}
        try:
            lines = (self.root / "logs").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise NotSet(f"{self.root / 'logs'} cannot be read") from error
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                key = parse_verifier(line.strip())
            except Wrong as error:
                raise NotSet(f"{self.root / 'logs'}, line {number}: no verifier key ({error.code})") from None
            found.setdefault(key.name, []).append(key)
        return found

    def add_log(self, key: Ed25519Verifier) -> bool:
        """Trust one more key of a log. True when this log was not known before. What was seen of it stays."""
        new = self.memory(key.name).begin()
        if key not in self.logs().get(key.name, []):
            with (self.root / "logs").open("a", encoding="utf-8") as file:
                file.write(f"{key}\n")
                file.flush()
                os.fsync(file.fileno())
        return new

    def memory(self, origin: str) -> Memory:
        """What was seen of a log."""
        return Memory(self.root / "seen", origin)

    def _key(self, kind: str) -> Path:
        return self.root / "keys" / f"{kind}.key"
