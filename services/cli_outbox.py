"""`springrain outbox`: what waits for the broker, service by service, and what is to go out once more."""

import json
import re
from collections.abc import Sequence
from typing import Any

import click
from pymongo import MongoClient

from services.cli_kit import SERVICES, Row, answer, json_option, service_option, settings
from shared.clock import MachineClock
from shared.config import Settings
from shared.ids import is_id
from shared.units.outbox import Outbox, routed_by

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
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
    kind = oldest["type"] if oldest else ""
    age = entries.oldest_seconds(MachineClock())
    return {"service": service, "untold": entries.backlog(bound), "oldest_seconds": age, "oldest_type": kind}


@outbox.command("tell-again")
@service_option
@click.option("--day", default="", metavar="DAY", help="What was told of this county day, as 2026-11-24.")
@click.option("--thing", default="", metavar="ID", help="What was told of this thing.")
@click.option("--noun", default="", help="Only events about this.")
@json_option
def tell_again(service: str, day: str, thing: str, noun: str, as_json: bool) -> None:
    """Have events that were told go out once more, to everybody. Who knows them takes them for copies: no harm."""
    if not (day or thing):
        raise click.UsageError("say which: --day or --thing")
    if (day and not DAY.fullmatch(day)) or (thing and not is_id(thing)):
        raise click.UsageError("a day is written 2026-11-24, a thing is named by its id")
    wanted = (
        ({"day": day} if day else {}) | ({"events.subject": thing} if thing else {}) | (routed_by(f"{noun}.#") if noun else {})
    )
    told = settings()
    with MongoClient[dict[str, Any]](told.mongo_url, w="majority", journal=True, serverSelectionTimeoutMS=5_000) as client:
        commits = Outbox(client[told.database_prefix + service]).tell_again(wanted)
    words = f"{commits} commits of {service} go out again." if commits else "Nothing of that is kept in the outbox (30 days)."
    click.echo(json.dumps({"service": service, "commits": commits}) if as_json else words)
