"""An example of an event: whole, valid, and of nobody. Made by the envelope's own maker, so that it can never drift from it."""

import base64
import hashlib
import json
from typing import Any

from contracts.shapes import INSTANT, examples_of, invented_id
from shared.events import EventType, Kind
from shared.events.catalogue import ANY_SERVICE
from shared.events.envelope import make

COUNTY = invented_id("county")
SEALED_BYTES = 141
"""Length of the shortest sealed value; the content here is noise, since there is no key of nobody."""


def example_event(kind: EventType) -> dict[str, Any]:
    """The event as it travels."""
    teller = "scheduler" if kind.teller == ANY_SERVICE else kind.teller
    data = examples_of(kind.open_fields, kind.noun)
    if kind.closed_fields:
        data["sealed"] = [{"under": invented_id("person"), "value": _noise(kind.name)}]
    hidden = kind.is_(Kind.HIDDEN)
    event = make(
        id=invented_id(kind.name),
        source=f"/springrain/{COUNTY}/{teller}",
        type=kind.name,
        subject=invented_id(kind.noun),
        time=INSTANT,
        branch=COUNTY if hidden else f"{COUNTY}/{invented_id('township')}/{invented_id('village')}",
        actor=invented_id("somebody") if hidden else f"system:{teller}",
        revision=1,
        data=data,
    )
    made: dict[str, Any] = json.loads(event.body)
    return made


def _noise(seed: str) -> str:
    noise = b"".join(hashlib.sha256(f"{seed} {part}".encode()).digest() for part in range(5))
    return base64.urlsafe_b64encode(noise[:SEALED_BYTES]).rstrip(b"=").decode()
