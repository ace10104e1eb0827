"""`springrain parked`: events a service could not handle. A person looks, mends the cause, has them tried again or drops them.

Works on that service's own database, through the same code as its worker, and handles nothing itself. What is sealed stays so.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from pymongo import MongoClient
from pymongo.collection import Collection

from services.cli_kit import answer, as_option, json_option, service_option, settings
from shared.duty.held_events import readable, summary
from shared.errors import NotFound
from shared.inbox import held
from shared.inbox.retries import Retries
from shared.rights import NAME as RIGHTS
from shared.runtime import open_runtime
from shared.worker import Duties, inbox_of

MOST = 1000
COLUMNS = ("id", "type", "reason", "field", "since", "tries", "subject")
Doc = dict[str, Any]


@click.group()
def parked() -> None:
    """Events that could not be handled: list, show, retry, drop."""


@parked.command("list")
@service_option
@click.option("--state", type=click.Choice((held.PARKED, held.RETRY, held.AWAITS, held.AHEAD)), default=held.PARKED)
@json_option
def list_(service: str, state: str, as_json: bool) -> None:
    """What is parked, oldest first (or waits in another state). At most 1,000."""
    with _rows(service) as rows:
        found = rows.find({"state": state}, {"body": 0}, sort=[("since", 1)], limit=MOST)
        answer([summary(row) for row in found], COLUMNS, as_json=as_json, none=f"Nothing is {state} in {service}.")


@parked.command()
@click.argument("event")
@service_option
@json_option
def show(event: str, service: str, as_json: bool) -> None:
    """One held event in full: why it is held, where it failed, and what it says. EVENT is the id in the list."""
    with _rows(service) as rows:
        row = rows.find_one({"_id": event})
        if row is None:
            raise NotFound(f"{service} holds no event with this id")
        told = {**summary(row), "trace": row.get("trace", ""), "event": readable(row)}
        click.echo(json.dumps(told, ensure_ascii=False, default=str, indent=None if as_json else 2))


@parked.command()
@click.argument("event")
@service_option
@as_option
@json_option
def retry(event: str, service: str, actor: str, as_json: bool) -> None:
    """Have a parked event tried again now, by the worker. EVENT is the id in the list."""
    with _retries(service, actor) as (retries, home):
        retries.retry(event, actor, home)
    _done(event, "retry", f"{service}'s worker tries it again.", as_json)


@parked.command()
@click.argument("event")
@service_option
@as_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def drop(event: str, service: str, actor: str, yes: bool, as_json: bool) -> None:
    """Pass a parked event over for good; what queued behind it goes on. EVENT is the id in the list."""
    if not yes:
        click.confirm(f"{service} will never handle this event. The log keeps it. Drop it?", abort=True, err=True)
    with _retries(service, actor) as (retries, home):
        retries.drop(event, actor, home)
    _done(event, "drop", f"Dropped. {service}'s worker goes on with what queued behind it.", as_json)


@contextmanager
def _rows(service: str) -> Iterator[Collection[Doc]]:
    """The held rows alone: to look needs no key and no broker."""
    told = settings()
    client: MongoClient[Doc] = MongoClient(told.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5_000)
    with client:
        yield client[told.database_prefix + service][held.NAME]


@contextmanager
def _retries(service: str, actor: str) -> Iterator[tuple[Retries, str]]:
    """The service's way out of the held rows, and the county's branch path. Raises NotFound for an account nobody knows."""
    runtime = open_runtime(settings(), service)
    try:
        accounts = runtime.database[RIGHTS]
        if accounts.find_one() is not None and accounts.find_one({"_id": actor}) is None:
            raise NotFound(f"{service} knows no account with this id")
        inbox = inbox_of(runtime, Duties())  # nothing is handled here: the worker is woken
        yield Retries(runtime.units, runtime.database, inbox, runtime.machine_clock), runtime.home
    finally:
        runtime.close()


def _done(event: str, decision: str, words: str, as_json: bool) -> None:
    click.echo(json.dumps({"id": event, "decision": decision}) if as_json else words)
