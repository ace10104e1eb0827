"""`springrain restored` and `springrain feed`: after a backup was put back, and for a listener that begins from nothing."""

import json
from typing import Any

import click
from pymongo import MongoClient

from services.cli_kit import json_option, service_option, settings
from shared.clock import from_wire
from shared.healing.again import LOG, Ask, send_ask
from shared.healing.recall import note_restored
from shared.messaging.follows import FOLLOWS
from shared.runtime import county_clock


@click.command()
@service_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def restored(service: str, yes: bool, as_json: bool) -> None:
    """Say that this service's database was restored from a backup. Its processes must be stopped; start them afterwards.

    It then reads back from the log what it told since the backup, and is told again what it heard; until the first is done
    it takes no command. Nothing is sent to a family twice: what may have been sent is listed for a person to decide.
    """
    if not yes:
        click.confirm(
            f"Are all processes of {service} stopped, and is its database as the backup had it?", abort=True, err=True
        )
    told = settings()
    with MongoClient[dict[str, Any]](told.mongo_url, w="majority", journal=True, serverSelectionTimeoutMS=5_000) as client:
        window = note_restored(client[told.database_prefix + service], county_clock(told).now())
    words = f"Noted. When {service} starts it will recall everything recorded from {window.since} to {window.until}."
    click.echo(json.dumps({"service": service, "since": window.since, "until": window.until}) if as_json else words)


@click.command()
@service_option
@click.option("--since", default="", metavar="INSTANT", help="Only what was recorded from then on, as 2026-11-24T00:00:00Z.")
@click.option("--noun", "nouns", multiple=True, help="Only these nouns; else all that the service follows.")
@json_option
def feed(service: str, since: str, nouns: tuple[str, ...], as_json: bool) -> None:
    """Have a service told again, out of the log and into its own queue, what it follows. What it knows are copies: no harm."""
    unknown = sorted(set(nouns) - set(FOLLOWS[service]))
    if unknown:
        raise click.BadParameter(f"{service} does not follow {', '.join(unknown)}", param_hint="--noun")
    try:
        since and from_wire(since)
    except ValueError:
        raise click.BadParameter("an instant is written 2026-11-24T00:00:00Z", param_hint="--since") from None
    asked = send_ask(settings().amqp_url, LOG, Ask(f"{service}.events", nouns=nouns or FOLLOWS[service], since=since))
    if not asked:
        raise click.ClickException("nobody answers for the log yet: start the audit service's worker once")
    words = f"Asked. The log puts what {service} follows into its queue; `springrain outbox status` and the duty page show it."
    click.echo(json.dumps({"service": service, "asked": True}) if as_json else words)
