"""`springrain audit rotate-key`: a new Ed25519 key for the log, under the same origin. To be run as the audit worker's user."""

import json
import os
from datetime import timedelta

import click

from services.audit.log.recovery import place_in
from services.audit.model.checkpoint import parse_checkpoint
from services.audit.model.note import parse_note
from shared.clock import MachineClock, to_wire
from shared.config import load_settings
from shared.errors import NotFound


@click.command("rotate-key")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="How long the old key signs too.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def rotate_key(days: int, as_json: bool) -> None:
    """Change the log's key: both sign for so many days, then the old one stops. The log goes on meanwhile."""
    settings = load_settings(os.environ)
    place = place_in(settings)
    note = place.reader().checkpoint()
    if note is None:
        raise NotFound(f"no log lies below {place.folder}: look at SPRINGRAIN_DATA")
    ring = place.ring(place.number_of(parse_checkpoint(parse_note(note).text).origin))
    old = str(ring.newest.verifier)
    fresh, until = ring.rotate(timedelta(days=days), MachineClock().now())
    told = {"origin": ring.origin, "old": old, "new": str(fresh.verifier), "until": to_wire(until)}
    lines = [
        f"{ring.origin} has a new key; the old one signs until {told['until']}.",
        f"new: {fresh.verifier}",
        "Until then, by a way that does not lead through this office: give the new key to every inspector, and to each",
        "witness (springrain witness add-log KEY). Back up the folder with the keys.",
    ]
    click.echo(json.dumps(told) if as_json else "\n".join(lines))
