"""The proof of one entry: made from the tiles, checked here against the signed checkpoint before anybody is told "proven".

Reads the entry's bytes from the database, which is what the pages show, so that a changed one is found by its index.
"""

from dataclasses import dataclass
from typing import Any

from services.audit.log.folder import LogStopped, TileFolder
from services.audit.model.checkpoint import Checkpoint, open_checkpoint
from services.audit.model.merkle import leaf_hash
from services.audit.model.note import parse_verifier
from services.audit.model.proof import check_inclusion, prove_inclusion
from services.audit.model.tiles import HASH, WIDTH, name_at
from services.audit.model.tlog_proof import EntryProof
from services.audit.model.wrong import Wrong
from shared.errors import Busy, Conflict

Doc = dict[str, Any]


class DoesNotHold(Conflict):
    """The entry, a tile or the checkpoint is not what was signed. Somebody has to look."""

    code = "does_not_hold"


@dataclass(frozen=True)
class Proven:
    """An entry and what proves it. `path`: the hashes from the entry's sibling up to the root."""

    index: int
    leaf: bytes
    checkpoint: Checkpoint
    proof: EntryProof
    key: str


def prove(entry: Doc, state: Doc, folder: TileFolder) -> Proven:
    """Make and check the proof of an entry. Raises Busy while it is not signed yet, DoesNotHold when it is not true."""
    index, note = entry["_id"], bytes(state["note"])
    if index >= state["signed"]:
        raise Busy("this entry is in the log and will be signed in a moment", retry_after=2)
    leaf = leaf_hash(bytes(entry["body"]))
    try:
        checkpoint = open_checkpoint(note, [parse_verifier(state["key"])], state["origin"])
        hashes = prove_inclusion(folder, index, checkpoint.size)
        check_inclusion(leaf, index, checkpoint.size, hashes, checkpoint.root)
        if folder.entry(index, checkpoint.size) != bytes(entry["body"]) or _in_tile(folder, index, checkpoint.size) != leaf:
            raise Wrong("entry_differs", f"entry {index}")
    except (Wrong, LogStopped) as error:
        raise DoesNotHold(f"entry {index} is not what was signed: {error}") from error
    return Proven(index, leaf, checkpoint, EntryProof(index, tuple(hashes), note, bytes(entry["body"])), state["key"])


def _in_tile(folder: TileFolder, index: int, size: int) -> bytes:
    """The entry's hash as its tile holds it: no proof needs it, but while it is wrong nobody is told that all is well."""
    tile, place = divmod(index, WIDTH)
    return folder.hashes(name_at(0, tile, size))[place * HASH : (place + 1) * HASH]
