"""Whatever system call of tile writing is the last one, or fails, the log goes on from what was signed and forks nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.log.folder import TileFolder
from services.audit.model.merkle import leaf_hash, root_at
from services.audit.model.tiles import from_the_top
from tests.auditing import ROOT
from tests.faults.log_syscalls import BATCHES, ENTRIES, KILL_AFTER, KILL_BEFORE, go_on, move_away, signed_so_far
from tests.unit.audit import reference


def made(folder: Path, how: str, *more: str) -> list[str]:
    """How each process ended, the last one without a failure."""
    command = [sys.executable, "-m", "tests.faults.log_syscalls", str(folder), how, *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()


ROOTS = {size: reference.mth(ENTRIES[:size]) for size in (0, *BATCHES)}


def check_whole(root: Path) -> None:
    """Started again it signs all entries; the roots are theirs at every size that was ever signed; every tile fits."""
    before = signed_so_far(root)
    assert before.root == ROOTS[before.size]
    after = go_on(root)
    assert (after.size, after.root) == (270, ROOTS[270])
    tiles = TileFolder(root)
    assert list(tiles.entries(0, 270)) == ENTRIES
    assert root_at(tiles, before.size) == before.root
    assert b"".join(map(leaf_hash, ENTRIES[:256])) == tiles.read("tile/0/000")
    for name in from_the_top(270):
        assert tiles.read(name.path)


@pytest.mark.parametrize("how", [KILL_BEFORE, pytest.param(KILL_AFTER, marks=pytest.mark.slow)])
def test_a_log_killed_at_any_system_call_goes_on_from_what_it_signed(how: str, tmp_path: Path) -> None:
    ends = made(tmp_path, how)
    assert len(ends) > 60
    assert set(ends[:-1]) == {"killed"}
    for number in range(1, len(ends) + 1):
        check_whole(tmp_path / str(number) / "log")


@pytest.mark.parametrize(("how", "said"), [("full", "Busy"), pytest.param("broken", "LogStopped", marks=pytest.mark.slow)])
def test_a_disk_that_is_full_is_waited_out_and_one_that_fails_stops_the_log_and_neither_loses_anything(
    how: str, said: str, tmp_path: Path
) -> None:
    ends = made(tmp_path, how)
    assert set(ends[:-1]) <= {said, "OSError", "done"}
    assert ends.count(said) > 50
    for number in range(1, len(ends) + 1, 3):
        check_whole(tmp_path / str(number) / "log")


@pytest.mark.parametrize("how", [KILL_BEFORE, "full"])
def test_moving_old_tiles_may_stop_anywhere_and_nothing_is_ever_out_of_reach(how: str, tmp_path: Path) -> None:
    ends = made(tmp_path, how, "move")
    assert len(ends) > 8
    for number in range(1, len(ends) + 1):
        root = tmp_path / str(number) / "log"
        folder = TileFolder(root, root.with_name("archive"))
        for _ in range(2):
            assert list(folder.entries(0, 270)) == ENTRIES
            assert root_at(folder, 270) == ROOTS[270]
            move_away(root)
        assert not (root / "tile/0/000").exists()
        assert not (root / "tile/entries/000").exists()
