"""`springrain outbox status`: what waits for the broker, service by service. Reads only."""

import time
from collections.abc import Sequence
from typing import Any

import click
from pymongo import MongoClient

from services.cli_kit import SERVICES, Row, answer, json_option, settings
from shared.config import Settings
from shared.ids import made_at
from shared.messaging.outbox import Outbox

LATE_SECONDS = 60
"""An event that waits longer than this means that the broker or the relay is away."""


@click.group()
def outbox() -> None:
    """Events that are committed and wait for the broker."""


@outbox.command()
@click.option("--service", type=click.Choice(SERVICES), help="One service only.")
@json_option
def status(service: str | None, as_json: bool) -> int:
    """How many events wait, and for how long. Exits 1 when one has waited for more than a minute."""
    rows = waiting(settings(), [service] if service else SERVICES)
    answer(rows, ("service", "untold", "oldest_seconds", "oldest_type"), as_json=as_json, none="nothing")
    late = [row["service"] for row in rows if row["oldest_seconds"] > LATE_SECONDS]
    if late:
        click.echo(f"late: {', '.join(late)}. Is the broker up, and the worker?", err=True)
    return 1 if late else 0


def waiting(told: Settings, services: Sequence[str]) -> list[Row]:
    """One row a service. `oldest_seconds` is machine time, 0 when nothing waits."""
    with MongoClient[dict[str, Any]](told.mongo_url, serverSelectionTimeoutMS=5_000) as client:
        return [_row(name, Outbox(client[told.database_prefix + name]), told.outbox_bound) for name in services]


def _row(service: str, entries: Outbox, bound: int) -> Row:
    oldest = entries.oldest()
    age = int(time.time() - made_at(oldest["id"])) if oldest else 0
    kind = oldest["type"] if oldest else ""
    return {"service": service, "untold": entries.backlog(bound), "oldest_seconds": max(age, 0), "oldest_type": kind}
