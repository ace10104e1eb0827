"""Uploads and correction workbooks: in pieces below the size of a document, each sealed under the key of the import."""

import base64
from collections.abc import Iterator

from services.registry.store import ROSTER_PARTS
from services.registry.store.sealed import Doc, closed, opened
from shared.errors import NotFound
from shared.ids import new_id
from shared.sealing import Sealer

PIECE = 3 * 1024 * 1024
UPLOAD, WORKBOOK = "upload", "workbook"


def pieces(sealer: Sealer, roster: str, what: str, content: bytes) -> Iterator[Doc]:
    """Documents for the unit to insert."""
    for part, start in enumerate(range(0, len(content), PIECE)):
        document = {"_id": new_id(), "roster": roster, "what": what, "part": part}
        text = base64.b64encode(content[start : start + PIECE]).decode("ascii")
        yield closed(sealer, ROSTER_PARTS, document, roster, {"bytes": text})


def joined(sealer: Sealer, roster: str, documents: list[Doc]) -> bytes:
    """The file again, from its documents in order. Raises NotFound when it was destroyed."""
    contents = [opened(sealer, ROSTER_PARTS, document, roster) for document in documents]
    if not contents or not all(contents):
        raise NotFound("this file was destroyed, as its time was over or everything in it was mended")
    return b"".join(base64.b64decode(content["bytes"]) for content in contents)
