"""The `springrain` command: puts the verbs of the services together. Each verb's code is loaded when it is asked for.

The one border where an error becomes a line in the terminal: plain, on stderr, with a status other than 0. Never a stack
trace, never the value of a setting, never a personal field.
"""

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import click

from shared.errors import Busy, ConfigError, SpringrainError

FAILED, WRONG_CALL, INTERRUPTED = 1, 2, 130


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb's code lies (`module:name` of a click command) and its line in the help."""

    where: str
    help: str


VERBS: Mapping[str, Verb] = {
    "up": Verb("services.cli_up:up", "Run an empty county on this machine until Ctrl-C."),
    "install": Verb("services.registry.cli:install", "Make the county: its branch, its first account. Once."),
    "import": Verb("services.registry.cli:import_", "Import rosters, or check them and change nothing (--check)."),
    "parked": Verb("services.cli_parked:parked", "Events that could not be handled: list, show, retry, drop."),
    "outbox": Verb("services.cli_outbox:outbox", "Events that wait for the broker."),
    "restored": Verb("services.cli_restored:restored", "Say that a service's database was restored from a backup."),
    "feed": Verb("services.cli_restored:feed", "Have a listener told again what it follows, out of the log."),
    "audit": Verb("services.audit.cli:audit", "Export the log; verify an export."),
    "witness": Verb("services.witness.cli:witness", "Be a witness of another office's log: init, add-log, run, show."),
    "erase": Verb("services.registry.cli:erase", "Erase a person, for ever. Takes two people and a ground."),
    "keys": Verb("services.registry.cli:keys", "The county's key files: make them. Once."),
    "tombstones": Verb("services.cli_tombstones:tombstones", "Who was erased: list them; bury them again after a restore."),
}


class Lazy(click.Group):
    """Knows its verbs by name and help, and imports one only to run it: `springrain --help` takes no time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load one verb; None for a word that is none."""
        return load(VERBS[name]) if name in VERBS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from the table alone."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


def load(verb: Verb) -> click.Command:
    """The click command of a verb."""
    module, _, name = verb.where.partition(":")
    command: click.Command = getattr(importlib.import_module(module), name)
    return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def springrain() -> None:
    """Springrain (春雨): the care system of a county for children and elders left behind.

    Settings come from environment variables named SPRINGRAIN_…; see docs/operating.md. Each verb knows --help and --json.
    """


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one verb and exit: 0 when all is well, 1 when something is wrong, 2 for a wrong call or setting."""
    words = sys.argv[1:] if words is None else list(words)
    try:
        status = springrain.main(words, prog_name="springrain", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        status = WRONG_CALL
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except Exception as error:
        status = _fail(error, as_json="--json" in words)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong. What nobody foresaw goes on up, with its trace: a bug must be seen."""
    known = _known(error)
    if known is None:
        raise error
    if as_json:
        faults = [{"field": f.field, "code": f.code, "message": f.message, "do": f.do} for f in known.faults]
        click.echo(json.dumps({"error": {"code": known.code, "message": known.message, "faults": faults}}, ensure_ascii=False))
    click.echo(f"springrain: {known.message}", err=True)
    for fault in known.faults:
        click.echo(f"  {fault.field}: {fault.message}{'. ' + fault.do if fault.do else ''}", err=True)
    return WRONG_CALL if isinstance(known, ConfigError) else FAILED


def _known(error: Exception) -> SpringrainError | None:
    if isinstance(error, SpringrainError):
        return error
    origin = type(error).__module__.partition(".")[0]
    if origin == "pymongo":
        return Busy(f"the database says no, or nothing ({type(error).__name__}): look at SPRINGRAIN_MONGO_URL")
    if origin in ("pika",):
        return Busy(f"the broker says no, or nothing ({type(error).__name__}): look at SPRINGRAIN_AMQP_URL")
    if isinstance(error, OSError):
        return SpringrainError(f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}")
    return None


if __name__ == "__main__":
    main()
