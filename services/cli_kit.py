"""What the operator's verbs share: options, settings, and answers for people or for programs."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from shared.config import Settings, load_settings
from shared.ids import is_id

SERVICES = ("registry", "scheduler", "notifier", "audit")
Row = Mapping[str, Any]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
service_option: Decorator = click.option(
    "--service", required=True, type=click.Choice(SERVICES), help="Whose database is looked at."
)


def settings() -> Settings:
    """The settings of this process's environment. Raises ConfigError that names the wrong variable."""
    return load_settings(os.environ)


def account(ctx: click.Context, option: click.Parameter, value: str) -> str:
    """Check an account id given on the command line."""
    if not is_id(value):
        raise click.BadParameter("an account id is a UUID in lower case, as the page of accounts shows it", ctx, option)
    return value


as_option: Decorator = click.option(
    "--as", "actor", required=True, metavar="ACCOUNT", callback=account, help="Your account id: who did it goes into the log."
)


def answer(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, none: str) -> None:
    """Print rows: as one JSON list, or as a plain table with these columns, or `none` when there are none."""
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, default=str))
    elif not rows:
        click.echo(none)
    else:
        _table([[*map(str.upper, columns)], *([str(row.get(name, "")) for name in columns] for row in rows)])


def _table(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())
