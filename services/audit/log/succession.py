"""The first entry of a log that follows another: which it was, and its last checkpoint as its witnesses remember it.

A log begins anew only when database and folder are both lost, or its key is given up. Without this entry nobody could tell
from the new one how far the old one had grown, and what of it may be missing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from services.audit.log.keyring import Keyring
from services.audit.model.checkpoint import Checkpoint, open_checkpoint
from services.audit.model.note import open_note
from services.audit.model.policy import Witness
from services.audit.model.wrong import Wrong
from services.audit.witnessing.client import Away, WitnessClient
from shared.errors import ConfigError
from shared.events import Event
from shared.ids import new_id
from shared.units import Unit

log = structlog.get_logger()
SYSTEM = "system:audit"
DEADLINE_SECONDS = 5.0
Office = tuple[WitnessClient, Sequence[Witness]]


@dataclass(frozen=True)
class Known:
    """The last checkpoint anybody remembers of a log, and who of the witnesses signed it."""

    checkpoint: Checkpoint
    names: tuple[str, ...]


@dataclass(frozen=True)
class Succession:
    """Tells the first entry. `copy`: the file with the newest cosigned checkpoint, if that is still there."""

    home: str
    offices: Sequence[Office]
    copy: Path

    def telling(self, number: int, before: Keyring) -> Callable[[Unit], Event]:
        """Ask the witnesses, at most five seconds each; returns what tells the event inside a unit of work."""
        data: dict[str, Any] = {"number": number, "before": before.origin}
        if (known := self.last_of(before)) is not None:
            data |= {"size": known.checkpoint.size, "root": known.checkpoint.root.hex(), "witnesses": list(known.names)}
        log.warning("log_follows_another", before=before.origin, size=data.get("size"))
        who: dict[str, Any] = {"subject": new_id(), "revision": 1, "branch": self.home, "actor": SYSTEM}
        return lambda unit: unit.tell("log.began.v1", data=data, **who)

    def last_of(self, ring: Keyring) -> Known | None:
        """The largest checkpoint that was signed by a key of that log and by a witness; None when nobody shows one."""
        found = [self._read(note, ring) for note in self._notes(ring.origin)]
        return max((each for each in found if each), key=lambda each: each.checkpoint.size, default=None)

    def _notes(self, origin: str) -> list[bytes]:
        notes = [self.copy.read_bytes()] if self.copy.is_file() else []
        for client, _ in self.offices:
            try:
                reply = client.latest(origin, time.monotonic() + DEADLINE_SECONDS)
            except Away as error:
                log.warning("witness_not_asked_for_the_last", witness=client.url, why=str(error))
                continue
            notes += [reply.body] if reply.status == 200 else []
        return notes

    def _read(self, note: bytes, ring: Keyring) -> Known | None:
        witnesses = {each.key: each.name.decode(errors="replace") for _, several in self.offices for each in several}
        try:
            checkpoint = open_checkpoint(note, ring.verifiers(), ring.origin)
            lines = open_note(note, list(witnesses)).signatures
        except (Wrong, ConfigError):  # without that log's own keys nothing can be said of it
            return None
        signed = {(line.name, line.key_id) for line in lines}
        return Known(checkpoint, tuple(name for key, name in witnesses.items() if (key.name, key.key_id) in signed))
