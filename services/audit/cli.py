"""`springrain audit`: take the log or a part of it away as one file, check such a file, carry the checker away.

Exporting the whole log needs the data folder and no server; a part is found with the database. Checking needs neither: the
bundle and the keys are enough, on any machine (services/audit/verifier).
"""

import json
import os
from pathlib import Path

import click

from services.audit.export.bundle import bundle_parts, checkpoint_in, selected_parts, write_bundle
from services.audit.export.qr import png_of, text_of_picture
from services.audit.export.selecting import indexes_of, selection_of
from services.audit.export.single_file import single_file
from services.audit.inspections.verb import redraw_verb, report_verb
from services.audit.log.folder import TileFolder
from services.audit.log.key_verb import rotate_key
from services.audit.log.recovery import Place, place_in
from services.audit.log.tiles_verb import move_tiles
from services.audit.model import tar
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.merkle import leaf_hash
from services.audit.model.note import GREATEST_NOTE, parse_verifier
from services.audit.model.paper import to_paper
from services.audit.model.policy import GREATEST_POLICY
from services.audit.model.proof import prove_inclusion
from services.audit.model.tlog_proof import EntryProof
from services.audit.model.wrong import Wrong
from services.audit.verifier import trust
from services.audit.verifier import verify as verify_what
from services.audit.verifier.what import read_at_most
from services.audit.witnessing.cosigned import SERVED_WITHIN
from shared.config import load_settings
from shared.errors import NotFound, SpringrainError
from shared.runtime import open_runtime

NEW_FILE = click.Path(path_type=Path, dir_okay=False)
KEPT_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)
DAY = click.DateTime(["%Y-%m-%d"])
json_option = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def audit() -> None:
    """The audit log: export it or a part, prove one entry, verify what was exported, draw an inspection's sample again."""


audit.add_command(redraw_verb)
audit.add_command(report_verb)
audit.add_command(rotate_key)
audit.add_command(move_tiles)


@audit.command()
@click.option("--to", "target", required=True, type=NEW_FILE, help="The file to write.")
@click.option("--branch", default="", help="Only what happened at this branch (path of ids) or below.")
@click.option("--person", "--thing", "thing", default="", help="Only what is about this person, household, pairing or visit.")
@click.option("--from", "first", type=DAY, help="Only from this county day on.")
@click.option("--until", "last", type=DAY, help="Only through this county day.")
@click.option("--earlier", type=KEPT_FILE, help="A checkpoint the inspector kept: a part can then be compared with it.")
@json_option
def export(target: Path, branch: str, thing: str, first: object, last: object, earlier: Path | None, as_json: bool) -> None:
    """Write the log, or a part of it, as it was signed last. It is there whole or not at all; the log goes on meanwhile."""
    folder, note, key = _log()
    days = [f"{day:%Y-%m-%d}" if day else "" for day in (first, last)]
    held = checkpoint_in(note)
    told = {"file": str(target), "origin": held.origin, "size": held.size, "key": key}
    if not (branch or thing or any(days)):
        write_bundle(target, bundle_parts(folder, note, key))
        click.echo(json.dumps(told) if as_json else f"{target}: {held.size} entries of {held.origin}\nkey: {key}")
        return
    size = checkpoint_in(read_at_most(earlier, GREATEST_NOTE)).size if earlier else 0
    asked = selection_of(branch, thing, days[0], days[1], size)
    runtime = open_runtime(load_settings(os.environ), "audit")
    try:
        found = indexes_of(runtime.database, asked, held.size)
    finally:
        runtime.close()
    write_bundle(target, selected_parts(folder, note, key, asked, found))
    told |= {"kind": asked.kind, "entries": len(found)}
    click.echo(json.dumps(told) if as_json else f"{target}: {len(found)} of {held.size} entries of {held.origin}\nkey: {key}")


@audit.command()
@click.argument("index", type=click.IntRange(min=0))
@click.option("--to", "target", type=NEW_FILE, help="Write the proof as a .tlog-proof file, with the entry in it.")
@click.option("--qr", "picture", type=NEW_FILE, help="Write the proof as a QR code (PNG), to print.")
@json_option
def prove(index: int, target: Path | None, picture: Path | None, as_json: bool) -> None:
    """Prove one entry: as a file, as a picture for paper, or as the text of that picture."""
    folder, note, key = _log()
    size = checkpoint_in(note).size
    entry = folder.entry(index, size)
    proof = EntryProof(index, tuple(prove_inclusion(folder, index, size)), note, entry)
    text = to_paper(leaf_hash(entry), proof)
    if target:
        target.write_bytes(proof.text())
    if picture:
        picture.write_bytes(png_of(text))
    told = {"index": index, "size": size, "key": key, "text": text}
    written = [str(each) for each in (target, picture) if each]
    click.echo(json.dumps(told) if as_json else "\n".join([*(written or [text]), f"key: {key}"]))


@audit.command()
@click.argument("what", default="")
@click.option("--key", multiple=True, help="The log's public key, from a source you trust, not from the bundle.")
@click.option("--witness", multiple=True, help="A witness's key: it must have cosigned.")
@click.option("--quorum", type=click.IntRange(min=1), help="How many of the witnesses are enough; else all.")
@click.option("--policy", type=KEPT_FILE, help="A C2SP tlog-policy file instead of witnesses.")
@click.option("--earlier", type=KEPT_FILE, help="A checkpoint you kept from before.")
@click.option("--entry", type=KEPT_FILE, help="The entry's bytes, for a proof that does not carry them.")
@click.option("--picture", type=KEPT_FILE, help="A picture of a QR code, in place of WHAT.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the report.")
@json_option
def verify(
    what: str,
    key: tuple[str, ...],
    witness: tuple[str, ...],
    quorum: int | None,
    policy: Path | None,
    earlier: Path | None,
    entry: Path | None,
    picture: Path | None,
    lang: str,
    as_json: bool,
) -> int:
    """Check WHAT offline: an export, a .tlog-proof file, or a QR code's text. Exits 0 only when everything holds."""
    if bool(what) is bool(picture):
        raise click.UsageError("say what to verify: a file, a QR code's text, or --picture")
    try:
        whom = trust(key, witness, quorum, read_at_most(policy, GREATEST_POLICY) if policy else None)
    except Wrong as error:
        raise click.BadParameter(f"no key or policy to check with ({error.code})", param_hint="--key") from None
    report = verify_what(text_of_picture(picture) if picture else what, whom, earlier, entry)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else "\n".join(report.lines(lang)))
    return 0 if report.holds else 1


@audit.command()
@click.option("--to", "target", required=True, type=NEW_FILE, help="The file to write, say verify.py.")
@json_option
def verifier(target: Path, as_json: bool) -> None:
    """Write the verifier as one Python file that an inspector carries away. It needs `cryptography` and nothing of ours."""
    target.write_text(single_file(), encoding="utf-8", newline="\n")
    click.echo(json.dumps({"file": str(target)}) if as_json else f"{target}: python {target.name} LOG.tar --key KEY")


def _log() -> tuple[TileFolder, bytes, str]:
    """The log's folder, its last checkpoint and the public key it was signed with."""
    settings = load_settings(os.environ)
    place = place_in(settings)
    folder = place.reader()
    note = folder.checkpoint()
    if note is None:
        raise NotFound(f"no log lies below {place.folder}: look at SPRINGRAIN_DATA")
    note = _cosigned(place, note)
    return folder, note, _key(place, note)


def _cosigned(place: Place, note: bytes) -> bytes:
    """The newest cosigned checkpoint in place of the newest, unless it lies behind: with it witnesses can be checked."""
    try:
        found = place.cosigned.read_bytes()
        behind = (place.tiles / tar.CHECKPOINT).stat().st_mtime - place.cosigned.stat().st_mtime
        same = (
            checkpoint_in(found).origin == checkpoint_in(note).origin and checkpoint_in(found).size <= checkpoint_in(note).size
        )
    except (OSError, Wrong):
        return note
    return found if same and behind <= SERVED_WITHIN.total_seconds() else note


def _key(place: Place, note: bytes) -> str:
    """A public key of the log that this checkpoint was signed with, the newest there is: key files have it beside them."""
    origin = checkpoint_in(note).origin
    number = place.number_of(origin)
    found = [
        *place.keys.glob(f"{number}.key.pub"),
        *sorted(place.keys.glob(f"{number}.*.key.pub"), key=lambda path: len(path.name)),
    ]
    for path in reversed(found):
        try:
            key = path.read_text(encoding="ascii").strip()
            open_checkpoint(note, [parse_verifier(key)], origin)
        except (OSError, UnicodeDecodeError, Wrong):
            continue
        return key
    raise SpringrainError(f"no public key below {place.keys} fits the log")
