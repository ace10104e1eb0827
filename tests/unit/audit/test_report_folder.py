"""Reports on disk: whole and unchanged, or not there."""

from hashlib import sha256
from pathlib import Path

import pytest

from services.audit.report.keeping import ReportFolder
from shared.errors import Busy

REPORT = b"%PDF-1.7 a report"
DIGEST = sha256(REPORT).hexdigest()


def test_a_report_is_found_by_its_hash_and_changed_bytes_are_not_given_out(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "log" / "reports")
    assert folder.find(DIGEST) is None
    folder.keep(REPORT)
    folder.keep(REPORT)
    assert folder.find(DIGEST) == REPORT
    (kept,) = (tmp_path / "log" / "reports").iterdir()
    kept.write_bytes(REPORT + b"!")
    assert folder.find(DIGEST) is None


@pytest.mark.parametrize("digest", ["", "..", "../../master"])
def test_what_is_no_hash_finds_nothing(tmp_path: Path, digest: str) -> None:
    folder = ReportFolder(tmp_path / "reports")
    folder.keep(REPORT)
    assert folder.find(digest) is None


def test_a_disk_that_takes_no_report_is_said_before_the_inspection_is_closed(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a file where the folder should be")
    with pytest.raises(Busy, match="could not be kept"):
        ReportFolder(tmp_path / "log" / "reports").keep(REPORT)
