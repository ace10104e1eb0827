"""Keyed hashes for finding a person by telephone or ID number (docs/design.md, section 6).

Such a hash lives only in the owner's collection, dies with the person's key, and never stands in an event, log line,
URL or metric: eleven digits are soon guessed by whoever has the secret.
"""

import hashlib
import hmac

from shared.canonical import canonical


def lookup_hash(secret: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of (kind, value) in hex. `value` must be in its one normal form already; `kind` keeps kinds apart."""
    return hmac.new(secret, canonical([kind, value]), hashlib.sha256).hexdigest()
