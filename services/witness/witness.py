"""What a witness does when it is asked: the checks of tlog-witness in the order and with the statuses of the page.

Signs only what continues the latest it signed for this log, and has that on disk before it answers. Believes nobody: not the
log, and not whoever asks.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.audit.model.checkpoint import Checkpoint
from services.audit.model.cosignature import seconds_of
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import Note, Signature, open_note, parse_note
from services.audit.model.proof import check_consistency
from services.audit.model.wrong import Wrong
from services.witness.asked import Asked, read_asked
from services.witness.folder import WitnessFolder
from services.witness.memory import Memory

TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, body, content type. `why` is for the witness's own log."""

    status: int
    body: bytes
    kind: str = TEXT
    why: str = ""


class Witness:
    """One witness over its folder. Any number of threads and processes may ask at once."""

    def __init__(
        self,
        folder: WitnessFolder,
        now: Callable[[], float] = time.time,
        persisted: Callable[[], None] = lambda: None,
    ) -> None:
        """`persisted` is called between the disk and the answer: fault tests die there. Raises NotSet."""
        self._folder, self._now, self._persisted = folder, now, persisted
        self._keys = folder.signing_keys()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign, or say why not. Raises NotSet or Forgotten when this witness itself is not in order."""
        try:
            asked = read_asked(body)
        except Wrong as error:
            return _no(400, str(error))
        known = self._folder.logs().get(asked.checkpoint.origin)
        if known is None:
            return _no(404, "this witness does not know that log")
        try:
            signed = open_note(asked.raw, known)
        except Wrong as error:
            return _no(403, f"not signed by a key of that log: {error.code}")
        if asked.old > asked.checkpoint.size:
            return _no(400, "the old size is larger than the checkpoint")
        memory = self._folder.memory(asked.checkpoint.origin)
        with memory.held():
            return self._decide(asked, signed, memory)

    def latest(self, origin_hash: str) -> Answer:
        """The latest checkpoint of the log whose origin has this hash, with our cosignatures and the log's own."""
        for origin in self._folder.logs():
            if sha256(origin.encode()).hexdigest() == origin_hash and (note := self._folder.memory(origin).note()):
                return Answer(200, note)
        return _no(404, "nothing was cosigned for such a log")

    def _decide(self, asked: Asked, signed: Note, memory: Memory) -> Answer:
        latest = memory.latest()
        if asked.old != latest.size:
            return Answer(409, b"%d\n" % latest.size, SIZE, f"asked from {asked.old}, seen {latest.size}")
        try:
            _continues(latest, asked.checkpoint, asked.proof)
        except Wrong as error:
            return _no(422, f"does not continue what was cosigned at size {latest.size}: {error.code}")
        lines = self._cosign(asked.note.text, memory.note())
        theirs = {(each.name, each.key_id): each.line() for each in signed.signatures}  # one of each key, whatever was sent
        memory.keep(signed.text + b"\n" + b"".join(theirs.values()) + lines)
        self._persisted()
        return Answer(200, lines, why=f"cosigned size {asked.checkpoint.size}")

    def _cosign(self, text: bytes, before: bytes) -> bytes:
        """Our lines. Never of an earlier time than those before, though the clock was set back: sizes grow with time."""
        seconds = max(int(self._now()), self._time_of(before))
        signers = [key.at(seconds) for key in self._keys]
        return b"".join([Signature(each.name, each.key_id, each.sign(text)).line() for each in signers])

    def _time_of(self, note: bytes) -> int:
        ours = {key.verifier.key_id for key in self._keys}
        lines = parse_note(note).signatures if note else ()
        return max((seconds_of(each.value) for each in lines if each.key_id in ours), default=1)


def _continues(latest: Checkpoint, asked: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raises Wrong unless the new tree holds the old one unchanged."""
    if asked.size == 0 and asked.root != EMPTY_ROOT:
        raise Wrong("checkpoint_root")
    check_consistency(latest.size, asked.size, latest.root, asked.root, proof)


def _no(status: int, why: str) -> Answer:
    return Answer(status, f"{why}\n".encode(), why=why)
