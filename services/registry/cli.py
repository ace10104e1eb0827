"""The registry's verbs of `springrain`: install, keys, import, erase. `services/cli.py` puts them beside the other services'.

Each says plainly what it did, knows `--json`, and ends with another status than 0 when something is wrong.
"""

import json
import os
from pathlib import Path
from typing import Any

import click

from services.registry.commands.branches import load_divisions
from services.registry.commands.install import install as install_county
from services.registry.commands.install import name_of_county
from services.registry.desk import Desk, open_desk
from services.registry.roster.checking import NO_VILLAGES, check_file, load_villages
from shared.app import BORDER_KEY
from shared.config import load_settings
from shared.healing.recall import recalling
from shared.ids import new_id
from shared.runtime import open_runtime
from shared.sealing import create_master
from shared.tokens import create_token_keys

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one document.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


def say(as_json: bool, told: Any, *lines: str) -> None:
    """Print the JSON document, or the plain lines."""
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines))


def desk() -> Desk:
    """The desk of this process, by the environment's settings."""
    return open_desk(open_runtime(load_settings(os.environ), "registry"))


@click.group()
def keys() -> None:
    """The key files of an installation."""


@keys.command("init")
@click.option("--data", type=FOLDER, default=None, help="Folder for the files; else SPRINGRAIN_DATA.")
@AS_JSON
def keys_init(data: Path | None, as_json: bool) -> None:
    """Make master.key, border.key and the token keys, and draw a county id. Writes over nothing that is there."""
    folder = data or Path(os.environ.get("SPRINGRAIN_DATA", "run/data"))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "tokens").mkdir(exist_ok=True, mode=0o700)
    made = [name for name in ("master.key", BORDER_KEY) if _made(folder / name)]
    if not (folder / "tokens" / "token.key").exists():
        create_token_keys(folder / "tokens")
        made += ["tokens/token.key", "tokens/token.pub"]
    county = new_id()
    lines = [f"made {name}" for name in made] or ["all key files are there already"]
    say(as_json, {"made": made, "county": county}, *lines, f"SPRINGRAIN_COUNTY_ID={county}  (for a new county only)")


def _made(path: Path) -> bool:
    if path.exists():
        return False
    create_master(path)
    return True


@click.command("install")
@click.option("--townships", type=FILE, required=True, help="CSV of townships: code, name, county_code, county_name.")
@click.option("--villages", type=FILE, required=True, help="CSV of villages: code, name, township_code.")
@click.option("--administrator", default="admin", show_default=True, help="Sign-in name of the first administrator.")
@click.option(
    "--password", envvar="SPRINGRAIN_ADMIN_PASSWORD", prompt=True, hide_input=True, help="Or in SPRINGRAIN_ADMIN_PASSWORD."
)
@AS_JSON
def install(townships: Path, villages: Path, administrator: str, password: str, as_json: bool) -> None:
    """Make the county's branch, its first administrator and its divisions. May be run again: what is there stays."""
    here = desk()
    if recalling(here.database):
        here.runtime.close()
        raise click.ClickException("this registry was restored and reads back what it told: start it, and install afterwards")
    code, name = name_of_county(townships)
    install_county(here, code=code, name=name, administrator=administrator, password=password)
    told = load_divisions(here, townships, villages)
    here.runtime.close()
    say(as_json, {"county": name, "code": code, "divisions": told}, f"{name}: {told} divisions registered")


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--check", is_flag=True, help="Only say what is wrong; change nothing.")
@click.option("--divisions", type=FOLDER, default=None, help="Folder with townships.csv and villages.csv (for --check).")
@click.option("--front", default="http://127.0.0.1:8080", show_default=True, help="Where Springrain answers.")
@click.option("--name", envvar="SPRINGRAIN_NAME", default="", help="Sign-in name (not for --check).")
@click.option("--password", envvar="SPRINGRAIN_PASSWORD", default="", help="Password (not for --check).")
@AS_JSON
def import_(
    files: tuple[Path, ...], check: bool, divisions: Path | None, front: str, name: str, password: str, as_json: bool
) -> None:
    """Import rosters through the front, or with --check say what is wrong in them and change nothing.

    Ends with status 1 when a file could not be read at all; rows with faults are no failure.
    """
    if check:
        reports = _checked(files, divisions)
    else:
        from services.registry.sending import send_rosters  # only here: checking needs no network

        reports = send_rosters(front, name, password, files)
    say(as_json, reports, *(_line(report) for report in reports))


def _checked(files: tuple[Path, ...], divisions: Path | None) -> list[dict[str, Any]]:
    villages = load_villages(divisions) if divisions else _own_villages()
    return [dict(check_file(path.name, path.read_bytes(), villages).to_json()) for path in files]


def _own_villages() -> Any:
    """The divisions that come with the sources, when they do; else villages are not looked at."""
    folder = Path(__file__).parents[2] / "data" / "jinxian"
    return load_villages(folder) if (folder / "villages.csv").exists() else NO_VILLAGES


def _line(report: dict[str, Any]) -> str:
    faults = report["faults"]
    count = len(faults) if isinstance(faults, list) else sum(faults.values())
    return f"{report['file']}: {report['rows']} rows, {count} faults"


@click.command("erase")
@click.argument("person")
@click.option("--ground", type=click.Choice(["request", "purpose_met", "retention", "consent_withdrawn"]), required=True)
@click.option("--front", default="http://127.0.0.1:8080", show_default=True)
@click.option("--name", envvar="SPRINGRAIN_NAME", required=True, help="Who asks.")
@click.option("--password", envvar="SPRINGRAIN_PASSWORD", required=True)
@click.option("--second-name", envvar="SPRINGRAIN_SECOND_NAME", required=True, help="Who agrees: somebody else.")
@click.option("--second-password", envvar="SPRINGRAIN_SECOND_PASSWORD", required=True)
@AS_JSON
def erase(
    person: str, ground: str, front: str, name: str, password: str, second_name: str, second_password: str, as_json: bool
) -> None:
    """Erase a person (id): two people sign in, on a ground. Cannot be undone; the log still verifies afterwards."""
    from services.registry.sending import erase_person

    state = erase_person(front, (name, password), (second_name, second_password), person, ground)
    say(as_json, state, f"erasure {state['id']}: {state['state']}")
