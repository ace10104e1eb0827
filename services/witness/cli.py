"""`springrain witness`: make a witness, tell it of a log, run it, show what it saw. Needs its own folder and nothing else."""

import json
import os
import sys
from pathlib import Path

import click

from services.audit.model.note import parse_verifier
from services.audit.model.wrong import Wrong
from services.witness.folder import NotSet, WitnessFolder
from services.witness.memory import Forgotten

folder_option = click.option(
    "--folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="The witness's own folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def witness() -> None:
    """A witness of another office's log: it signs a checkpoint only when nothing that was there before was taken back."""


@witness.command()
@folder_option
@click.option("--name", required=True, help="Who signs: a name like a web address, witness.city.example.cn.")
@json_option
def init(folder: Path, name: str, as_json: bool) -> None:
    """Make the folder and its keys. Once; writes over nothing."""
    try:
        keys = [str(key.verifier) for key in WitnessFolder(folder).make(name)]
    except (NotSet, Wrong) as error:
        raise click.ClickException(str(error)) from None
    lines = [
        f"见证人 {name} 已建立于 {folder}。请把下面的公钥交给县里和每位督查员（不要经县里转交）：",
        f"Made the witness {name} in {folder}. Give these keys to the county, and yourself to every inspector:",
        *keys,
        "下一步 / Next: springrain witness add-log, springrain witness run",
    ]
    click.echo(json.dumps({"name": name, "keys": keys}) if as_json else "\n".join(lines))


@witness.command("add-log")
@folder_option
@click.argument("key")
@json_option
def add_log(folder: Path, key: str, as_json: bool) -> None:
    """Know a log by its Ed25519 key (the first line of the county's /log/key); also the next key of a log known already."""
    try:
        log = parse_verifier(key)
        new = WitnessFolder(folder).add_log(log)
    except Wrong as error:
        raise click.BadParameter(f"no verifier key ({error.code})", param_hint="KEY") from None
    except (NotSet, OSError) as error:
        raise click.ClickException(str(error)) from None
    said = "认识了新日志 / knows a new log" if new else "日志已认识，多信一把公钥 / a log known before, one more key of it"
    click.echo(json.dumps({"origin": log.name, "new": new}) if as_json else f"{said}: {log.name}")


@witness.command()
@folder_option
@json_option
def show(folder: Path, as_json: bool) -> None:
    """What this witness saw last of each log."""
    try:
        root = WitnessFolder(folder)
        seen = {origin: root.memory(origin).latest().size for origin in root.logs()}
    except (NotSet, Forgotten) as error:
        raise click.ClickException(str(error)) from None
    lines = [f"{origin}: 已见证 {size} 条 / seen up to {size} entries" for origin, size in seen.items()]
    click.echo(json.dumps(seen) if as_json else "\n".join(lines or ["还不认识任何日志 / knows no log yet"]))


@witness.command()
@folder_option
@click.option("--bind", default="127.0.0.1:8100", show_default=True, help="Address and port to listen on.")
@json_option
def run(folder: Path, bind: str, as_json: bool) -> None:
    """Run the witness until it is stopped. Put a web server with TLS before it when it is reached from outside."""
    try:
        WitnessFolder(folder).signing_keys()
    except NotSet as error:
        raise click.ClickException(str(error)) from None
    said = json.dumps({"bind": bind}) if as_json else f"见证人在 {bind} 等候 / the witness waits at {bind}"
    click.echo(said, err=not as_json)
    sys.stdout.flush()
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    command += ["--bind", bind, "--timeout", "30", "--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning"]
    os.execv(sys.executable, [*command, f"services.witness.app:create_app({str(folder.absolute())!r})"])
