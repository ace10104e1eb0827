"""A report in somebody's hand against the log, at the command line: file, printed code, and a sample drawn again."""

from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.audit.cli import audit
from services.audit.report.typeset import digest_of, typeset
from tests.unit.audit.inspected import CLOSED_AT, SIGNER, figures, note, paper_picture
from tests.unit.audit.logs import exported
from tests.unit.audit.test_redraw import INSPECTION, SECRET, Log, told


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A folder with a report and a log that sealed it."""
    file = typeset(figures(), note(), CLOSED_AT)
    (tmp_path / "report.pdf").write_bytes(file)
    data = {"report": sha256(file).hexdigest(), "figures": digest_of(figures()), "outcome": "reported", "findings": 3}
    exported(tmp_path, [*Log().bodies, told("inspection.closed.v1", data, subject=figures()["inspection"])])
    return tmp_path


def run(*words: str, **more: str) -> tuple[int, str]:
    """What the verb says and ends with."""
    done = CliRunner().invoke(audit, words, standalone_mode=False, **more)  # type: ignore[arg-type]
    return (1 if done.exception else done.return_value), done.output


def test_a_report_and_its_printed_code_are_found_in_the_log(sealed: Path) -> None:
    words = ("report", str(sealed / "report.pdf"), str(sealed / "bundle.tar"))
    picture = ("--picture", str(paper_picture(sealed)), "--key", str(SIGNER.verifier))
    status, said = run(*words, *picture)
    assert (status, said.count("✓")) == (0, 2), said
    other = ("--picture", str(sealed / "page.png"), "--key", str(type(SIGNER)(SIGNER.name, bytes(32)).verifier))
    assert run(*words, *other)[0] == 1


def test_a_report_with_one_byte_changed_was_sealed_by_no_entry(sealed: Path) -> None:
    file = sealed / "report.pdf"
    file.write_bytes(file.read_bytes() + b"\n")
    assert run("report", str(file), str(sealed / "bundle.tar"))[0] == 1


def test_the_verb_draws_again_and_before_the_secret_is_told(sealed: Path) -> None:
    words = ("redraw", str(sealed / "bundle.tar"), "--inspection", INSPECTION)
    assert run(*words)[0] == 0
    assert run(*words, "--ask-secret", input=SECRET.hex() + "\n")[0] == 0
    assert run(*words, "--ask-secret", input="00" * 16 + "\n")[0] == 1
    assert run("redraw", str(sealed / "report.pdf"), "--inspection", INSPECTION)[0] == 1
