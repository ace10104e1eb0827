"""The walls between the parts stand, and each of them really stops what it should."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BREACHES: dict[str, tuple[str, str]] = {
    "services": ("services/registry/bad.py", "services.audit.model.note"),
    "shared": ("shared/bad.py", "services.audit.model.note"),
    "run-anywhere": ("services/registry/bad.py", "deploy.nginx.table"),
    "deploy": ("deploy/bad.py", "services.registry.model.text"),
    "layers": ("services/registry/model/bad.py", "services.registry.store"),
    "views": ("services/registry/api/bad.py", "pymongo"),
    "http": ("services/scheduler/commands/bad.py", "flask"),
    "model": ("services/registry/model/bad.py", "random"),
    "verifier": ("services/audit/verifier/bad.py", "shared.errors"),
    "log": ("services/audit/model/bad.py", "stdnum"),
    "witness": ("services/witness/bad.py", "shared.errors"),
    "draw": ("services/audit/inspections/draw.py", "random"),
    "carrier": ("deploy/local/carrier/bad.py", "shared.config"),
    "backbone": ("shared/events/bad.py", "flask"),
    "rooms": ("shared/units/bad.py", "shared.inbox.held"),
    "broker": ("services/notifier/bad.py", "pika"),
    "keys": ("services/notifier/bad.py", "shared.sealing.cache"),
}
"""By contract: a file that nobody should write, and what it imports."""


def lint(folder: Path) -> str:
    """What import-linter says of the tree in `folder`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache", "--no-logo"]
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False).stdout


def contracts() -> dict[str, str]:
    """Id -> name of each contract."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in table}


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy of the tree in which each wall is broken once."""
    folder = tmp_path_factory.mktemp("walls")
    for name in ("shared", "services", "deploy", "tests/contract"):
        shutil.copytree(ROOT / name, folder / name, ignore=lambda at, names: [n for n in names if is_not_code(at, n)])
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, imported in BREACHES.values():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as text:
            text.write(f"import {imported}\n")
    return lint(folder)


def is_not_code(folder: str, name: str) -> bool:
    """Whether a copy of the tree can do without this."""
    return name == "__pycache__" or not (name.endswith(".py") or Path(folder, name).is_dir())


def test_no_wall_is_broken() -> None:
    assert re.search(r"Contracts: \d+ kept, 0 broken\.", said := lint(ROOT)), said


def test_each_wall_has_somebody_who_tries_it() -> None:
    assert contracts().keys() == BREACHES.keys()


@pytest.mark.parametrize("wall", sorted(BREACHES))
def test_a_wall_stops_what_it_should(wall: str, breached: str) -> None:
    assert f"{contracts()[wall]} BROKEN" in breached
    path, imported = BREACHES[wall]
    importer = path.removesuffix(".py").replace("/", ".")
    assert importer in breached
    assert imported.split(".")[0] in breached
