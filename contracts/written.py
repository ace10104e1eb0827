"""All that is written from the catalogue, by file; and the contracts of the releases, which are never written again."""

import json
import tomllib
from pathlib import Path
from typing import Any

from contracts import asyncapi, pages
from contracts.description import describe_all
from contracts.usage import readers
from shared.events import catalogue
from shared.messaging.follows import FOLLOWS

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "events"
RELEASED = ROOT / "contracts" / "released"
COMMAND = "make contracts"


def documents() -> dict[Path, str]:
    """Every document as it must be now, by its path."""
    types, who = catalogue(), readers()
    made = {PAGES / f"{name}.md": pages.page(kind, FOLLOWS, who.get(name, [])) for name, kind in types.items()}
    made[PAGES / "README.md"] = pages.index(types, who)
    text = asyncapi.as_yaml(asyncapi.document(types, FOLLOWS, who, version()))
    made[ROOT / "docs" / "asyncapi.yaml"] = f"# Written by `{COMMAND}` from the catalogue; edit shared/events instead.\n{text}"
    return made


def write_documents() -> None:
    """Write them, and take away pages of types that are no more."""
    PAGES.mkdir(exist_ok=True)
    made = documents()
    for path in PAGES.glob("*.md"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.write_text(text, "utf-8")


def version() -> str:
    """The version of this source tree."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def contract_now() -> dict[str, Any]:
    """What this tree promises."""
    return describe_all(catalogue(), readers())


def last_release() -> tuple[str, dict[str, Any]]:
    """Version and contract of the last release."""
    path = max(RELEASED.glob("*.json"), key=lambda found: [int(part) for part in found.stem.split(".")])
    return path.stem, json.loads(path.read_text("utf-8"))


def keep_release() -> Path:
    """Keep the contract of this version. Raises FileExistsError when it was kept before: what was promised stays."""
    path = RELEASED / f"{version()}.json"
    with path.open("x", encoding="utf-8") as file:
        file.write(json.dumps(contract_now(), indent=1, ensure_ascii=False) + "\n")
    return path
