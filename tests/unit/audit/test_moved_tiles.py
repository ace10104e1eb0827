"""Old tiles on another disk: served, proven and exported as before, and the log goes on."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import LogFolder, LogStopped, TileFolder
from services.audit.log.moving import move
from services.audit.log.tiles_verb import move_tiles
from services.audit.model.merkle import leaf_hash
from services.audit.model.proof import check_inclusion, prove_inclusion
from services.audit.model.tiles import from_the_top
from services.audit.verifier import verify_bundle
from shared.errors import NotFound
from shared.ids import new_id
from tests.unit.audit.logs import KEY, root_of, signed

ENTRIES = [b'{"n":%d}' % number for number in range(900)]


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    made = LogFolder(tmp_path / "log", 0, older=tmp_path / "archive")
    made.integrate(ENTRIES[:800], 0)
    made.keep_checkpoint(signed(800, root_of(ENTRIES[:800])))
    return made


def test_moved_tiles_are_served_proven_exported_and_the_log_goes_on(log: LogFolder, tmp_path: Path) -> None:
    before = {name.path: log.read(name.path) for name in from_the_top(800)}
    done = move(log.root, tmp_path / "archive", 600, math.inf)
    assert (done.upto, done.files) == (512, 4)
    assert not (log.root / "tile/0/000").exists()
    assert (log.root / "tile/0/002").exists()
    reader = TileFolder(log.root, tmp_path / "archive")
    assert {path: reader.read(path) for path in before} == before
    check_inclusion(leaf_hash(ENTRIES[7]), 7, 800, prove_inclusion(reader, 7, 800), root_of(ENTRIES[:800]))
    assert log.integrate(ENTRIES[100:], 100) == root_of(ENTRIES)
    write_bundle(tmp_path / "log.tar", bundle_parts(reader, signed(800, root_of(ENTRIES[:800])), KEY))
    assert verify_bundle(tmp_path / "log.tar", KEY).size == 800
    with pytest.raises(NotFound):
        TileFolder(log.root).read("tile/0/000")


def test_only_full_tiles_under_a_checkpoint_and_old_enough_are_moved_and_again_moves_nothing(
    log: LogFolder, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    assert move(log.root, archive, 10_000, 0.0).files == 0
    assert move(log.root, archive, 10_000, math.inf).upto == 768
    assert (move(log.root, archive, 10_000, math.inf).files, (archive / "tile/0/003").exists()) == (0, False)
    log.close()
    LogFolder(log.root, 800, root_of(ENTRIES[:800]), archive).close()


@pytest.mark.parametrize("path", ["tile/0/001", "tile/entries/001"])
def test_what_is_damaged_is_not_carried_away(log: LogFolder, tmp_path: Path, path: str) -> None:
    whole = (log.root / path).read_bytes()
    (log.root / path).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(LogStopped, match="does not fit"):
        move(log.root, tmp_path / "archive", 800, math.inf)
    assert (log.root / path).exists()
    assert not (tmp_path / "archive" / path).exists()


def test_the_command_moves_only_to_the_folder_that_the_services_read_from(tmp_path: Path) -> None:
    log = LogFolder(tmp_path / "log" / "tiles", 0)
    log.integrate(ENTRIES[:800], 0)
    log.keep_checkpoint(signed(800, root_of(ENTRIES[:800])))
    environ = {"SPRINGRAIN_COUNTY_ID": new_id(), "SPRINGRAIN_DATA": str(tmp_path)}
    archive, there = tmp_path / "archive", {"SPRINGRAIN_LOG_ARCHIVE": str(tmp_path / "archive")}
    for words, more in (([], there), (["--before", "600"], {}), (["--before", "600", "--to", str(tmp_path)], there)):
        assert CliRunner().invoke(move_tiles, words, env={**environ, **more}).exit_code != 0
    assert not archive.exists()
    for words, moved in (
        (["--older-than", "1"], 0),
        (["--before", "600"], 4),
        (["--older-than", "0", "--to", str(archive)], 2),
    ):
        done = CliRunner().invoke(move_tiles, [*words, "--json"], env={**environ, **there})
        assert (done.exit_code, json.loads(done.output)["files"]) == (0, moved)
    assert list(TileFolder(log.root, archive).entries(0, 800)) == ENTRIES[:800]
