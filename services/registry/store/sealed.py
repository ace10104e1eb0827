"""Documents with their sealed part: how content gets in and out. Opening here is no look; showing is (docs/design.md, 5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.sealing import ERASED, Sealed, Sealer

Doc = dict[str, Any]
ERASED_CONTENT: Mapping[str, Any] = {}


def closed(sealer: Sealer, collection: str, document: Doc, under: str, content: Mapping[str, Any]) -> Doc:
    """The document with this content sealed into it under a person (or import)."""
    return {**document, "sealed": sealer.seal(under, collection, document["_id"], content)}


def opened(sealer: Sealer, collection: str, document: Doc, under: str) -> Doc:
    """The content of one document; empty when the person was erased."""
    return opened_all(sealer, collection, [document], [under])[0]


def opened_all(sealer: Sealer, collection: str, documents: Iterable[Doc], under: Sequence[str]) -> list[Doc]:
    """The contents of many, in their order, asking the key store once."""
    listed = list(documents)
    full = [at for at, document in enumerate(listed) if document.get("sealed")]
    items = [Sealed(under[at], collection, listed[at]["_id"], listed[at]["sealed"]) for at in full]
    found: list[Doc] = [dict(ERASED_CONTENT) for _ in listed]
    for at, content in zip(full, sealer.open_many(items), strict=True):
        if content is not ERASED:
            found[at] = dict(content)
    return found
