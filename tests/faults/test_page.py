"""docs/faults.md names tests that are there."""

import re

from tests.faults.backbone import ROOT

NAMED = re.compile(r"`((?:tests/[\w/]+/)?test_\w+\.py)::(test_\w*)`")


def test_every_test_the_page_names_is_there() -> None:
    page = (ROOT / "docs/faults.md").read_text("utf-8")
    named = NAMED.findall(page)
    assert len(named) > 80
    assert len(named) == page.count(".py::"), "a name is misspelt"
    missing = [f"{file}::{name}" for file, name in named if f"def {name}" not in _source(file)]
    assert missing == []


def _source(file: str) -> str:
    path = ROOT / (file if "/" in file else f"tests/faults/{file}")
    return path.read_text("utf-8") if path.exists() else ""
