"""`springrain witness` as another office types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.audit.model.cosignature import parse_cosigner
from services.witness.cli import witness
from tests.unit.audit.logs import KEY, ORIGIN

ROOT = Path(__file__).parents[3]


def said(*words: str) -> tuple[int, str]:
    """Status and everything printed."""
    found = CliRunner().invoke(witness, words)
    return found.exit_code, found.output


def test_an_office_makes_its_witness_and_tells_it_of_a_log(tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    status, made = said("init", "--folder", folder, "--name", "w.example", "--json")
    assert status == 0
    assert [parse_cosigner(key).name for key in json.loads(made)["keys"]] == ["w.example", "w.example"]
    for new in (True, False):
        status, told = said("add-log", "--folder", folder, KEY, "--json")
        assert (status, json.loads(told)) == (0, {"origin": ORIGIN, "new": new})
    assert json.loads(said("show", "--folder", folder, "--json")[1]) == {ORIGIN: 0}
    assert "已见证 0 条" in said("show", "--folder", folder)[1]


@pytest.mark.parametrize(
    "words", [("init", "--name", "w.example"), ("add-log", "nonsense"), ("run", "--bind", "127.0.0.1:1"), ("show",)]
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "w"
    if words[0] in ("init", "add-log"):
        assert said("init", "--folder", str(folder), "--name", "w.example")[0] == 0
    status, told = said(words[0], "--folder", str(folder), *words[1:])
    assert status != 0
    assert "Traceback" not in told and "Error" in told


def test_a_witness_runs_without_the_countys_code_and_servers() -> None:
    script = "import sys, services.witness.app, services.witness.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("shared", "pymongo", "pika", "kombu") if f"'{name}'" in loaded]
