"""The verifier as one file: run in an empty folder, with nothing of ours in reach."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.export.bundle import selected_parts
from services.audit.export.single_file import single_file
from services.audit.log.folder import TileFolder
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.cosignature import COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.model.selection import SPAN, Selection
from tests.unit.audit.logs import KEY, ORIGIN, SIGNER, exported, joined, month, parts, root_of, signed

SIZE = 300
NEWER = "cryptography.hazmat.primitives.asymmetric.mldsa"
OLDER = f"""
import runpy, sys
sys.modules[{NEWER!r}], sys.argv = None, sys.argv[1:]
runpy.run_path("verify.py", run_name="__main__")
"""
MADE = "from services.audit.export.single_file import single_file as made; import zlib; print(zlib.crc32(made().encode()))"


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A USB stick: the file, a bundle, a part of it, and one that was changed."""
    where, stick = tmp_path_factory.mktemp("log"), tmp_path_factory.mktemp("stick")
    path = exported(where, month(SIZE))
    (stick / "verify.py").write_text(single_file(), encoding="utf-8")
    (stick / "log.tar").write_bytes(path.read_bytes())
    note = signed(SIZE, root_of(month(SIZE)))
    span = selected_parts(TileFolder(where / "log"), note, KEY, Selection(SPAN), range(200, 290))
    (stick / "span.tar").write_bytes(b"".join(span))
    body = month(SIZE)[7]
    (stick / "changed.tar").write_bytes(path.read_bytes().replace(body, body.replace(b'"minutes":35', b'"minutes":37')))
    (stick / "earlier").write_bytes(signed(100, root_of(month(100))))
    return stick


def run(stick: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *words], cwd=stick, capture_output=True, encoding="utf-8", check=False, env={"LC_ALL": "C.UTF-8"}
    )


def test_it_checks_a_bundle_with_the_key_alone(stick: Path) -> None:
    found = run(stick, "verify.py", "log.tar", "--key", KEY, "--earlier", "earlier")
    assert (found.returncode, found.stderr) == (0, "")
    assert "已核对 300/300 条" in found.stdout


def test_it_names_the_entry_that_was_changed(stick: Path) -> None:
    found = run(stick, "verify.py", "changed.tar", "--key", KEY, "--lang", "en")
    assert (found.returncode, "entry 7 is not what was signed" in found.stdout) == (1, True)


def test_it_checks_a_part(stick: Path) -> None:
    found = run(stick, "verify.py", "span.tar", "--key", KEY, "--lang", "en")
    assert (found.returncode, "every entry from 200 to 289" in found.stdout) == (0, True)


def test_with_an_older_library_it_works_and_says_what_needs_a_newer_one(stick: Path) -> None:
    assert run(stick, "-c", OLDER, "verify.py", "log.tar", "--key", KEY).returncode == 0
    witness = CosignatureKey("witness.example/w", COSIGNATURE_MLDSA44, bytes(32))
    note = sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(month(SIZE))), [SIGNER, witness.at(1_795_000_000)])
    (stick / "seen.tar").write_bytes(joined(parts((stick / "log.tar").read_bytes()) | {"checkpoint": note}))
    asked = ("verify.py", "seen.tar", "--key", KEY, "--witness", str(witness.verifier))
    assert run(stick, *asked).returncode == 0
    old = run(stick, "-c", OLDER, *asked)
    assert (old.returncode, "cryptography 50" in old.stderr, "Traceback" in old.stderr) == (2, True, False)


def test_a_wrong_call_is_answered_with_a_line_and_no_stack_trace(stick: Path) -> None:
    for words in (["log.tar", "--key", "nonsense"], ["log.tar"], ["log.tar", "--key", KEY, "--earlier", "nowhere"]):
        found = run(stick, "verify.py", *words)
        assert (found.returncode, found.stdout, "Traceback" in found.stderr) == (2, "", False)


def test_it_needs_the_standard_library_and_cryptography_alone() -> None:
    tree = ast.parse(single_file())
    taken = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    taken |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in taken} - sys.stdlib_module_names == {"cryptography"}
    assert not taken & {"socket", "subprocess", "urllib", "http", "os", "ctypes", "importlib"}


def test_the_same_sources_give_the_same_bytes_in_every_process() -> None:
    made = {
        subprocess.run([sys.executable, "-c", MADE], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_a_person_can_read_it() -> None:
    text = single_file()
    assert max(map(len, text.splitlines())) <= 140
    tree = ast.parse(text)
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))
