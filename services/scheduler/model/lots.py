"""Draws by lot: which visits somebody at home is asked about. Keyed on human number and day, so that a seed repeats it."""

import hmac
from datetime import date

SHARE_ASKED = 0.5


def drawn(secret: bytes, what: str, number: str, day: date, share: float = SHARE_ASKED) -> bool:
    """Whether the lot falls on this. Nobody who does not hold the secret can know it beforehand."""
    digest = hmac.digest(secret, f"{what}|{number}|{day.isoformat()}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big") < share * 2**64
