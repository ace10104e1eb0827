"""`springrain audit move-tiles`: old tiles of the log to a cheaper disk, while it goes on."""

import json
import os
from pathlib import Path

import click

from services.audit.log.moving import move
from services.audit.log.recovery import place_in
from shared.clock import MachineClock
from shared.config import load_settings
from shared.errors import ConfigError

DAY_SECONDS = 86_400


@click.command("move-tiles")
@click.option("--to", "target", type=click.Path(path_type=Path, file_okay=False), help="SPRINGRAIN_LOG_ARCHIVE, said again.")
@click.option("--before", type=click.IntRange(0), help="Only tiles with entries below this number.")
@click.option("--older-than", "days", type=click.IntRange(0), help="Only files that were written so many days ago.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def move_tiles(target: Path | None, before: int | None, days: int | None, as_json: bool) -> None:
    """Move full tiles to SPRINGRAIN_LOG_ARCHIVE. May be stopped at any moment and begun again."""
    settings = load_settings(os.environ)
    place = place_in(settings)
    if place.archive is None or (target is not None and target.resolve() != place.archive.resolve()):
        raise ConfigError("set SPRINGRAIN_LOG_ARCHIVE to that folder for audit and audit-worker and start them first")
    if before is None and days is None:
        raise click.UsageError("say which: --before ENTRY or --older-than DAYS, or both")
    since = MachineClock().now().timestamp() - (days or 0) * DAY_SECONDS
    done = move(place.tiles, place.archive, before if before is not None else 1 << 62, since)
    told = {"upto": done.upto, "files": done.files, "bytes": done.size, "to": str(place.archive)}
    click.echo(json.dumps(told) if as_json else f"{done.files} files, {done.size} bytes; entries below {done.upto} lie there")
