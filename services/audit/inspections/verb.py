"""`springrain audit redraw`: an inspection's sample drawn again from a bundle of the whole log. No server, no database."""

import json
from pathlib import Path

import click

from services.audit.inspections.redraw import redraw
from services.audit.model.wrong import Wrong


@click.command("redraw")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--inspection", required=True, help="The inspection's id, as its report names it.")
@click.option("--ask-secret", is_flag=True, help="Draw before the secret is told: it is asked for, shown and kept nowhere.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def redraw_verb(bundle: Path, inspection: str, ask_secret: bool, lang: str, as_json: bool) -> int:
    """Draw an inspection's sample again. Exits 0 only when it is the one that was told. Verify the bundle first."""
    secret = _secret(click.prompt("secret", hide_input=True)) if ask_secret else None
    try:
        found = redraw(bundle, inspection, secret)
    except Wrong as error:
        raise click.BadParameter(f"this is no bundle of a whole log ({error.code})", param_hint="BUNDLE") from None
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else "\n".join(found.lines(lang)))
    return 0 if found.holds else 1


def _secret(text: str) -> bytes:
    """What the inspector wrote down, dashes passed over."""
    try:
        return bytes.fromhex(text.replace("-", "").strip())
    except ValueError:
        raise click.BadParameter("32 signs 0-9 a-f", param_hint="the secret") from None
