"""Ids: UUID version 7 (RFC 9562), so that what was made together lies together in every index."""

import os
import re
import time
from uuid import UUID

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """A fresh UUIDv7 in lower case with dashes. Says when it was made (ms), and nothing of whom it is for."""
    raw = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(UUID(bytes=bytes(raw)))


def is_id(text: object) -> bool:
    """Whether this is an id as we write them: a UUID in lower case with dashes."""
    return isinstance(text, str) and ID.fullmatch(text) is not None
