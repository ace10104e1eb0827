"""What a log asks of a witness (tlog-witness, add-checkpoint): taken apart to the byte, and held to be true in nothing yet."""

import re
from dataclasses import dataclass

from services.audit.model.checkpoint import Checkpoint, read_checkpoint
from services.audit.model.note import GREATEST_NOTE, Note, from_base64, parse_note
from services.audit.model.tiles import HASH
from services.audit.model.wrong import Wrong

MOST_PROOF_LINES = 63
GREATEST_ASKED = GREATEST_NOTE + 4096
GREATEST_TEXT = 16 * 1024
"""What is kept of a checkpoint must stay readable with our own lines under it."""
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Asked:
    """Cosign this checkpoint; `proof` shows that it continues the one of size `old`."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    raw: bytes
    """The checkpoint with its signature lines, as it came."""
    checkpoint: Checkpoint


def read_asked(body: bytes) -> Asked:
    """Read a request's body. Raises Wrong for any other form."""
    head, found, raw = body.partition(b"\n\n")
    lines = head.split(b"\n")
    old = _OLD.fullmatch(lines[0])
    if not found or old is None or len(lines) > 1 + MOST_PROOF_LINES or len(body) > GREATEST_ASKED:
        raise Wrong("asked_form")
    note = parse_note(raw)
    if len(note.text) > GREATEST_TEXT:
        raise Wrong("asked_form")
    return Asked(int(old[1]), tuple(_hash(line) for line in lines[1:]), note, raw, read_checkpoint(note.text))


def _hash(line: bytes) -> bytes:
    try:
        found = from_base64(line.decode("ascii"))
    except UnicodeDecodeError as error:
        raise Wrong("proof_line") from error
    if len(found) != HASH:
        raise Wrong("proof_line")
    return found
