"""`springrain audit`: take the log away as one file, and check such a file. Needs the data folder, no server.

Checking needs not even that: the bundle and the key are enough, on any machine (services/audit/verifier).
"""

import json
import os
from pathlib import Path

import click

from services.audit.bundle import bundle_parts, checkpoint_in, write_bundle
from services.audit.folder import TileFolder
from services.audit.inspections.verb import redraw_verb
from services.audit.model.checkpoint import open_checkpoint, parse_checkpoint
from services.audit.model.note import GREATEST_NOTE, parse_note, parse_verifier
from services.audit.model.wrong import Wrong
from services.audit.recovery import Place
from services.audit.verifier import verify_bundle
from shared.config import load_settings
from shared.errors import NotFound, SpringrainError

json_option = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def audit() -> None:
    """The audit log: export it, verify an export, draw an inspection's sample again."""


audit.add_command(redraw_verb)


@audit.command()
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@json_option
def export(target: Path, as_json: bool) -> None:
    """Write the log as it was signed last. It is there whole or not at all; the log goes on meanwhile."""
    settings = load_settings(os.environ)
    place = Place(settings.data / "log", settings.county)
    folder = TileFolder(place.tiles)
    note = folder.checkpoint()
    if note is None:
        raise NotFound(f"no log lies below {place.folder}: look at SPRINGRAIN_DATA")
    key = _key(place, note)
    write_bundle(target, bundle_parts(folder, note, key))
    held = checkpoint_in(note)
    told = {"file": str(target), "origin": held.origin, "size": held.size, "key": key}
    click.echo(json.dumps(told) if as_json else f"{target}: {held.size} entries of {held.origin}\nkey: {key}")


@audit.command()
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--key", required=True, help="The log's public key, from a source you trust, not from the bundle.")
@click.option("--earlier", type=click.Path(exists=True, path_type=Path), help="A checkpoint you kept from before.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the report.")
@json_option
def verify(bundle: Path, key: str, earlier: Path | None, lang: str, as_json: bool) -> int:
    """Check an export offline. Exits 0 only when everything holds."""
    try:
        report = verify_bundle(bundle, key, _kept(earlier))
    except Wrong as error:
        raise click.BadParameter(f"this is no verifier key ({error.code})", param_hint="--key") from None
    click.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else "\n".join(report.lines(lang)))
    return 0 if report.holds else 1


def _key(place: Place, note: bytes) -> str:
    """The public side beside the key file; it must be the one the checkpoint was signed with."""
    origin = parse_checkpoint(parse_note(note).text).origin
    path = place.key(place.number_of(origin))
    try:
        key = path.with_name(path.name + ".pub").read_text(encoding="ascii").strip()
        open_checkpoint(note, [parse_verifier(key)], origin)
    except (OSError, UnicodeDecodeError, Wrong) as error:
        raise SpringrainError(f"the log's public key at {path}.pub does not fit the log") from error
    return key


def _kept(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(GREATEST_NOTE + 1)
