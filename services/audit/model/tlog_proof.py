"""The proof of one entry as a file (c2sp.org/tlog-proof@v1): checked offline with the entry and the log's key alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.model.checkpoint import Checkpoint, open_checkpoint
from services.audit.model.merkle import leaf_hash
from services.audit.model.note import GREATEST_NOTE, Verifier, from_base64, to_base64
from services.audit.model.proof import check_inclusion
from services.audit.model.wrong import Wrong

HEAD = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True)
class EntryProof:
    """Where an entry stands, the hashes up to the root, the signed checkpoint verbatim. `extra` proves nothing."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def text(self) -> bytes:
        """The file's bytes."""
        lines = [HEAD, *([] if self.extra is None else [f"extra {to_base64(self.extra)}"]), f"index {self.index}"]
        lines += [to_base64(each) for each in self.hashes]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.checkpoint


def parse_proof(text: bytes) -> EntryProof:
    """Take a proof file apart. Raises Wrong for any other form; holds nothing to be true yet."""
    head, found, checkpoint = text.partition(b"\n\n")
    if not found or len(text) > 2 * GREATEST_NOTE:
        raise Wrong("proof_form")
    try:
        first, *lines = head.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Wrong("proof_form") from error
    extra = from_base64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    match = _INDEX.fullmatch(lines[0]) if lines else None
    if first != HEAD or match is None or len(lines) > 65:
        raise Wrong("proof_form")
    return EntryProof(int(match[1]), tuple(from_base64(line) for line in lines[1:]), checkpoint, extra)


def check_proof(entry: bytes, proof: bytes, known: Sequence[Verifier], origin: str) -> tuple[int, Checkpoint]:
    """The place of this entry and the checkpoint that vouches for it. Raises Wrong unless all of it holds."""
    parsed = parse_proof(proof)
    checkpoint = open_checkpoint(parsed.checkpoint, known, origin)
    check_inclusion(leaf_hash(entry), parsed.index, checkpoint.size, parsed.hashes, checkpoint.root)
    return parsed.index, checkpoint
