"""`springrain audit redraw`: an inspection's sample drawn again from a bundle of the whole log. No server, no database."""

import json
from pathlib import Path

import click

from services.audit.inspections.redraw import redraw
from services.audit.model.wrong import Wrong


@click.command("redraw")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--inspection", required=True, help="The inspection's id, as its report names it.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def redraw_verb(bundle: Path, inspection: str, lang: str, as_json: bool) -> int:
    """Draw an inspection's sample again. Exits 0 only when it is the one that was told. Verify the bundle first."""
    try:
        found = redraw(bundle, inspection)
    except Wrong as error:
        raise click.BadParameter(f"this is no bundle of a whole log ({error.code})", param_hint="BUNDLE") from None
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else "\n".join(found.lines(lang)))
    return 0 if found.holds else 1
