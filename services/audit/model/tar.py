"""How a bundle lies in one file: a plain tar, uncompressed, whose every byte follows from the log.

So a reader needs no trust in the container: nothing unpacks to more than it is, no name leads anywhere, and a flipped bit
shows wherever it is. Any `tar` opens it and gives the folder of tlog-tiles.
"""

import json
import tarfile

from services.audit.model.selection import Selection

BLOCK = 512
END = bytes(2 * BLOCK)
CHECKPOINT = "checkpoint"
ABOUT = "about.json"


def header(path: str, size: int) -> bytes:
    """The 512 bytes before a file in the bundle: nothing in them but its path and size."""
    info = tarfile.TarInfo(path)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def padding(size: int) -> bytes:
    """The zeros that fill the last block of a file."""
    return bytes(-size % BLOCK)


def size_in(head: bytes) -> int | None:
    """The size a header states, or None when it states none that can be read."""
    digits = head[124:135]
    return int(digits, 8) if digits.isdigit() and not digits.translate(None, b"01234567") else None


def path_in(head: bytes) -> str:
    """The path a header states; of no use before the whole header was compared with the one it must be."""
    return head[:100].rstrip(b"\0").decode("ascii", "replace")


def about(origin: str, size: int, verifier_key: str, selection: Selection | None = None) -> bytes:
    """What a person reads first. Proves nothing: the key to check with must come from elsewhere."""
    holds = selection.said() if selection else "whole log"
    found = {"format": "springrain-bundle@1", "holds": holds, "key": verifier_key, "origin": origin, "size": size}
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"
