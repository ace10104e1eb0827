"""`springrain tombstones`: the list of whom this county erased, kept apart from every backup and applied after a restore.

A backup of the key store brings keys of erased people back; burying them again comes before any service starts.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click
from pymongo import MongoClient

from services.cli_kit import answer, json_option, settings
from shared.clock import MachineClock, to_wire
from shared.errors import Refused
from shared.ids import is_id
from shared.sealing import FileMaster, Keys


@click.group()
def tombstones() -> None:
    """Who was erased: print the list, or bury them again after a restore."""


@tombstones.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Print who was erased, and when: random ids only. Keep it where no backup is."""
    with _keys() as keys:
        rows = [{"id": person, "at": to_wire(at)} for person, at in keys.tombstones()]
    answer(rows, ("id", "at"), as_json=as_json, none="Nobody was erased.")


@tombstones.command()
@click.argument("file", type=click.File())
@json_option
def bury(file: TextIO, as_json: bool) -> None:
    """Erase everybody on FILE's list again (either form of `list`), before any service starts. May be run again."""
    people = ids_in(file.read())
    with _keys() as keys:
        keys.prepare()
        keys.bury(people)
    click.echo(json.dumps({"buried": len(people)}) if as_json else f"{len(people)} people's keys are gone.")


def ids_in(text: str) -> list[str]:
    """The ids in a list as `list` prints it. Raises Refused when a line holds none: a list cut short must not pass."""
    try:
        found = [row["id"] for row in json.loads(text)] if text.lstrip().startswith("[") else _first_words(text)
    except (ValueError, LookupError, TypeError):
        found = []
    if not found or not all(is_id(person) for person in found):
        raise Refused("this is no list of tombstones: nobody was buried")
    return found


def _first_words(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("ID ")]


@contextmanager
def _keys() -> Iterator[Keys]:
    told = settings()
    with MongoClient[dict[str, object]](told.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5_000) as client:
        yield Keys(client, told.database_prefix + "keys", FileMaster(told.data / "master.key"), MachineClock())
