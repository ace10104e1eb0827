"""One witness, asked about one checkpoint: learns what it saw last, proves that we continue it, checks what it signed.

What it answers counts only as far as it can be checked: a cosignature by its key; that we were rolled back or forked by a
checkpoint our own key signed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.audit.model.checkpoint import Checkpoint, open_checkpoint
from services.audit.model.cosignature import CosignatureVerifier, seconds_of
from services.audit.model.merkle import EMPTY_ROOT, Edge, HashReader
from services.audit.model.note import Signature, Verifier, open_note
from services.audit.model.proof import prove_consistency
from services.audit.model.wrong import Wrong
from services.audit.witnessing.client import Away, Reply, WitnessClient
from services.audit.witnessing.cosigned import AWAY, CONTRADICTS, FORKED, LIES, REFUSES, ROLLED_BACK, SIGNS

ATTEMPTS = 3
DEADLINE_SECONDS = 5.0
CLOCKS_DIFFER_SECONDS = 600
"""A cosignature that is this far from our own clock says nothing to anybody."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be cosigned: a signed checkpoint of ours, and the keys it may be signed with."""

    checkpoint: Checkpoint
    note: bytes
    keys: tuple[Verifier, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint our own key signed that cannot be true beside what we hold."""

    kind: str
    checkpoint: Checkpoint
    note: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking: how the witness stands, why, its good lines, what it showed against us."""

    state: str
    why: str = ""
    lines: tuple[Signature, ...] = ()
    evidence: Evidence | None = None


class Newest(Protocol):
    """Reads the newest signed checkpoint: what is held against a witness's word must not be old."""

    def __call__(self) -> Candidate: ...


class Asking:
    """One witness: its address, its keys. Keeps in memory only what size it said it saw. For one thread at a time."""

    def __init__(
        self,
        client: WitnessClient,
        keys: Sequence[CosignatureVerifier],
        tiles: HashReader,
        now: Callable[[], datetime],
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self.client, self._keys, self._tiles, self._now, self._deadline = client, keys, tiles, now, deadline
        self._old = 0

    def ask(self, candidate: Candidate, newest: Newest) -> Outcome:
        """Ask, within the deadline. Raises LogStopped when our own tiles are damaged, and PyMongoError from `newest`."""
        until = time.monotonic() + self._deadline
        try:
            return self._ask(candidate, newest, until)
        except Away as error:
            return Outcome(AWAY, str(error))
        except Wrong as error:
            return Outcome(LIES, error.code)

    def _ask(self, candidate: Candidate, newest: Newest, until: float) -> Outcome:
        size = candidate.checkpoint.size
        for _ in range(ATTEMPTS):
            old = min(self._old, size)
            reply = self.client.add_checkpoint(old, prove_consistency(self._tiles, old, size), candidate.note, until)
            if reply.status == 200:
                lines = self._good(candidate, reply)
                self._old = size
                return Outcome(SIGNS, lines=lines)
            if reply.status != 409 or reply.size() > size:
                return self._refused(candidate, reply, newest, until)
            self._old = reply.size()
        return Outcome(LIES, "says another size each time")

    def _good(self, candidate: Candidate, reply: Reply) -> tuple[Signature, ...]:
        """The lines of this witness's keys, each of which holds and is of now. Raises Wrong."""
        good = open_note(candidate.note + reply.body, self._keys).signatures
        at = self._now().timestamp()
        if any(abs(at - seconds_of(line.value)) > CLOCKS_DIFFER_SECONDS for line in good):
            raise Wrong("cosignature_time")
        return good

    def _refused(self, candidate: Candidate, reply: Reply, newest: Newest, until: float) -> Outcome:
        if reply.status not in (409, 422):
            why = {403: "does not accept this log's key", 404: "does not know this log"}
            known = reply.status in why
            return Outcome(REFUSES if known else AWAY, why.get(reply.status, f"answered {reply.status}"))
        shown = self.client.latest(candidate.checkpoint.origin, until)
        evidence = against(shown.body, newest(), self._tiles) if shown.status == 200 else None
        if evidence is not None:
            return Outcome(CONTRADICTS, evidence.kind, evidence=evidence)
        return Outcome(LIES, f"answered {reply.status} and shows nothing that contradicts this log")


def against(note: bytes, newest: Candidate, tiles: HashReader) -> Evidence | None:
    """What a checkpoint shown by somebody else proves against us: nothing unless our own key signed it."""
    try:
        shown = open_checkpoint(note, newest.keys, newest.checkpoint.origin)
    except Wrong:
        return None
    if shown.size > newest.checkpoint.size:
        return Evidence(ROLLED_BACK, shown, note)
    ours = Edge.load(tiles, shown.size).root() if shown.size else EMPTY_ROOT
    return Evidence(FORKED, shown, note) if shown.root != ours else None
