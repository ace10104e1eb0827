"""Checkpoints (c2sp.org/tlog-checkpoint): what a log says of itself, in three lines, and signs.

A log must never sign two that cannot both be true. Whether one may be signed is for the caller, who knows the last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import Signer, Verifier, from_base64, open_note, sign_note, to_base64
from services.audit.model.tiles import HASH
from services.audit.model.wrong import Wrong

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
GREATEST_SIZE = 1 << 62


@dataclass(frozen=True)
class Checkpoint:
    """Origin (the log's name), number of entries, root hash. `extensions` are read and kept, never written by us."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> bytes:
        """The bytes that are signed."""
        lines = [self.origin, str(self.size), to_base64(self.root), *self.extensions]
        return "".join(f"{line}\n" for line in lines).encode()


def read_checkpoint(text: bytes) -> Checkpoint:
    """Read a note's text as a checkpoint, by its form alone: an empty tree's root is for the caller to look at."""
    lines = text.decode().split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise Wrong("checkpoint_form")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > GREATEST_SIZE:
        raise Wrong("checkpoint_size")
    found = Checkpoint(origin, int(size), from_base64(root), tuple(lines[3:]))
    if len(found.root) != HASH:
        raise Wrong("checkpoint_root")
    return found


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a note's text as a checkpoint. Raises Wrong for a leading zero, an empty line, a root no such tree can have."""
    found = read_checkpoint(text)
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise Wrong("checkpoint_root")
    return found


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The signed note. Raises Wrong when the checkpoint would not be read back as itself."""
    if parse_checkpoint(checkpoint.text()) != checkpoint:
        raise Wrong("checkpoint_form")
    return sign_note(checkpoint.text(), signers)


def open_checkpoint(note: bytes, known: Sequence[Verifier], origin: str) -> Checkpoint:
    """The checkpoint in a note signed by a known key of the log with this origin. Raises Wrong otherwise."""
    found = parse_checkpoint(open_note(note, known).text)
    if found.origin != origin:
        raise Wrong("another_log", found.origin)
    return found
