"""`springrain audit redraw` and `report`: an inspection's sample and its report held against a bundle of the whole log."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from services.audit.export.qr import text_of_picture
from services.audit.inspections.redraw import redraw
from services.audit.model.policy import parse_log_key
from services.audit.model.wrong import Wrong
from services.audit.report.check import Paper, Sealed, entry_of, read_paper

json_option = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.command("redraw")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--inspection", required=True, help="The inspection's id, as its report names it.")
@click.option("--ask-secret", is_flag=True, help="Draw before the secret is told: it is asked for, shown and kept nowhere.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the answer.")
@json_option
def redraw_verb(bundle: Path, inspection: str, ask_secret: bool, lang: str, as_json: bool) -> int:
    """Draw an inspection's sample again. Exits 0 only when it is the one that was told. Verify the bundle first."""
    secret = _secret(click.prompt("secret", hide_input=True)) if ask_secret else None
    try:
        found = redraw(bundle, inspection, secret)
    except Wrong as error:
        raise click.BadParameter(f"this is no bundle of a whole log ({error.code})", param_hint="BUNDLE") from None
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else "\n".join(found.lines(lang)))
    return 0 if found.holds else 1


@click.command("report")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.argument("bundle", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--picture", type=click.Path(exists=True, path_type=Path, dir_okay=False), help="A picture of the printed code.")
@click.option("--key", help="The log's public key, to check the printed code with.")
@json_option
def report_verb(file: Path, bundle: Path, picture: Path | None, key: str | None, as_json: bool) -> int:
    """Hold a report against the log. Exits 0 only when the log sealed this very file, and the printed code agrees."""
    if (picture is None) is not (key is None):
        raise click.UsageError("--picture and --key go together: the code is checked with the log's key")
    try:
        sealed = entry_of(file.read_bytes(), bundle)
        paper = read_paper(text_of_picture(picture), [parse_log_key(key)]) if picture and key else None
    except Wrong as error:
        raise click.ClickException(f"this does not hold ({error})") from None
    agrees = None if paper is None or sealed is None else paper.agrees_with(sealed)
    told = {"sealed": asdict(sealed) if sealed else None, "paper": asdict(paper) if paper else None, "agrees": agrees}
    click.echo(json.dumps(told) if as_json else "\n".join(_lines(sealed, paper, agrees)))
    return 0 if sealed is not None and agrees is not False else 1


def _lines(sealed: Sealed | None, paper: Paper | None, agrees: bool | None) -> list[str]:
    if sealed is None:
        return ["✗ 日志里没有这份报告 / no entry of the log sealed this file"]
    where = f"第 {sealed.entry} 条，督查 {sealed.inspection} / entry {sealed.entry}"
    lines = [f"✓ {where}", f"  figures {sealed.figures}"]
    if agrees is False:
        lines.append("✗ 纸上的二维码是另一份报告的 / the printed code is of another report")
    elif paper is not None:
        lines.append(f"✓ 二维码一致，检查点 {paper.size} 条，签名成立 / the printed code agrees, its checkpoint is signed")
    return lines


def _secret(text: str) -> bytes:
    """What the inspector wrote down, dashes passed over."""
    try:
        return bytes.fromhex(text.replace("-", "").strip())
    except ValueError:
        raise click.BadParameter("32 signs 0-9 a-f", param_hint="the secret") from None
