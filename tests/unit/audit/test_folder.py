"""The folder: durable, the same for the same entries however they came, and stopped by anything that disagrees."""

import os
import shutil
import stat
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.log.durable import Durable
from services.audit.log.folder import LogFolder, LogStopped, TileFolder
from services.audit.log.keyfile import load_key, make_key
from services.audit.model.merkle import leaf_hash
from services.audit.model.proof import check_inclusion, prove_inclusion
from services.audit.model.tiles import ENTRIES, Name, from_the_top
from services.audit.model.wrong import Wrong
from shared.errors import ConfigError, Conflict, NotFound
from tests.unit.audit import reference
from tests.unit.audit.logs import ORIGIN, root_of, signed
from tests.unit.audit.test_tiles import NO_PATHS

ENTRIES_600 = [b'{"n":%d}' % number for number in range(600)]


def files(root: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(root)): each.read_bytes()
        for each in root.rglob("*")
        if each.is_file() and ".lock" not in each.name
    }


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "log", 0)


def test_batch_by_batch_the_root_is_the_literal_one(log: LogFolder) -> None:
    for start in range(0, 600, 75):
        root = log.integrate(ENTRIES_600[start : start + 75], start)
        assert root == reference.mth(ENTRIES_600[: start + 75])
    assert list(log.entries(0, 600)) == ENTRIES_600
    assert list(log.entries(255, 258)) == ENTRIES_600[255:258]
    assert log.entry(599, 600) == ENTRIES_600[599]


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 599), unique=True, max_size=6))
def test_full_tiles_depend_on_the_entries_alone(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    there = tmp_path_factory.mktemp("cuts")
    for name, bounds in (("once", [0, 600]), ("often", [0, *sorted(cuts), 600])):
        with_cuts = LogFolder(there / name, 0)
        for start, end in pairwise(bounds):
            with_cuts.integrate(ENTRIES_600[start:end], start)
        with_cuts.close()
    once, often = files(there / "once"), files(there / "often")
    assert once.items() <= often.items()
    assert {path for path in often if ".p/" not in path} == {path for path in once if ".p/" not in path}


def test_every_tile_of_the_present_size_is_there_and_is_served_by_its_path(log: LogFolder) -> None:
    log.integrate(ENTRIES_600, 0)
    for name in from_the_top(600):
        assert log.read(name.path) == (log.root / name.path).read_bytes()


@pytest.mark.parametrize("path", [*NO_PATHS, "tile/0/009", "tile/0/000.p/7", "tile/0/000/000"])
def test_no_other_path_is_served(log: LogFolder, path: str) -> None:
    log.integrate(ENTRIES_600, 0)
    log.keep_checkpoint(signed(600, root_of(ENTRIES_600)))
    with pytest.raises(NotFound):
        log.read(path)


def test_after_a_crash_the_same_entries_give_the_same_files(log: LogFolder) -> None:
    root = log.integrate(ENTRIES_600[:300], 0)
    log.integrate(ENTRIES_600[300:590], 300)
    log.close()
    again = LogFolder(log.root, 300, root)
    assert again.size == 300
    assert again.integrate(ENTRIES_600[300:], 300) == root_of(ENTRIES_600)


def test_integrating_the_same_again_changes_nothing(log: LogFolder) -> None:
    root = log.integrate(ENTRIES_600, 0)
    before = files(log.root)
    assert log.integrate(ENTRIES_600[100:], 100) == root
    assert log.integrate(ENTRIES_600, 0) == root
    assert log.integrate([], 600) == root
    assert files(log.root) == before


def test_a_hole_is_refused_and_nothing_done(log: LogFolder) -> None:
    log.integrate(ENTRIES_600[:10], 0)
    with pytest.raises(Wrong):
        log.integrate(ENTRIES_600[11:], 11)
    assert log.integrate(ENTRIES_600[10:], 10) == root_of(ENTRIES_600)


def test_an_entry_too_long_for_a_bundle_is_refused_and_the_log_goes_on(log: LogFolder) -> None:
    log.integrate(ENTRIES_600[:10], 0)
    with pytest.raises(Wrong):
        log.integrate([b"ok", bytes(65_536)], 10)
    assert log.integrate([bytes(65_535), b""], 10) == root_of([*ENTRIES_600[:10], bytes(65_535), b""])


def test_other_entries_in_a_known_place_stop_the_log(log: LogFolder) -> None:
    log.integrate(ENTRIES_600[:300], 0)
    with pytest.raises(LogStopped, match="entry 20 "):
        log.integrate([b"forged"], 20)
    with pytest.raises(LogStopped):
        log.integrate(ENTRIES_600[300:], 300)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/entries/001", "tile/1/000.p/2", "tile/entries/002.p/88"])
def test_a_file_with_other_bytes_stops_the_log_and_is_never_overwritten(log: LogFolder, path: str) -> None:
    planted = log.root / path
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"late write of another life")
    with pytest.raises(LogStopped, match="other bytes"):
        log.integrate(ENTRIES_600, 0)
    assert planted.read_bytes() == b"late write of another life"
    assert log.size == 0


def test_a_write_that_fails_stops_the_log_until_it_is_opened_anew(log: LogFolder) -> None:
    root = log.integrate(ENTRIES_600[:300], 0)
    shutil.rmtree(log.root / ".draft")
    with pytest.raises(LogStopped):
        log.integrate(ENTRIES_600[300:400], 300)
    (log.root / ".draft").mkdir()
    with pytest.raises(LogStopped):
        log.integrate(ENTRIES_600[300:400], 300)
    log.close()
    assert LogFolder(log.root, 300, root).integrate(ENTRIES_600[300:], 300) == root_of(ENTRIES_600)


def test_what_a_crash_left_half_written_is_cleared_away(log: LogFolder) -> None:
    log.close()
    (log.root / ".draft" / "next").write_bytes(b"half")
    assert LogFolder(log.root, 0).integrate(ENTRIES_600, 0) == root_of(ENTRIES_600)


def test_two_writers_cannot_have_one_log(log: LogFolder) -> None:
    with pytest.raises(Conflict):
        LogFolder(log.root, 0)
    log.close()
    LogFolder(log.root, 0)


def test_a_closed_log_takes_nothing(log: LogFolder) -> None:
    log.close()
    with pytest.raises(LogStopped):
        log.integrate(ENTRIES_600, 0)


def test_a_folder_that_does_not_give_the_signed_root_is_not_opened(log: LogFolder) -> None:
    log.integrate(ENTRIES_600, 0)
    log.close()
    with pytest.raises(LogStopped):
        LogFolder(log.root, 600, leaf_hash(b"another root"))
    with pytest.raises(LogStopped):
        LogFolder(log.root, 700)
    LogFolder(log.root, 600, root_of(ENTRIES_600))


def test_partial_tiles_go_when_the_full_one_is_there_and_old_sizes_are_still_proven(log: LogFolder) -> None:
    old = log.integrate(ENTRIES_600[:200], 0)
    log.integrate(ENTRIES_600[200:], 200)
    assert not (log.root / "tile/0/000.p").exists()
    assert not (log.root / "tile/entries/000.p").exists()
    reader = TileFolder(log.root)
    check_inclusion(leaf_hash(ENTRIES_600[7]), 7, 200, prove_inclusion(reader, 7, 200), old)
    assert reader.bundle(Name(ENTRIES, 0, 200)) == ENTRIES_600[:200]


def test_a_size_between_two_batches_is_proven_from_a_wider_tile(log: LogFolder) -> None:
    log.integrate(ENTRIES_600, 0)
    root = reference.mth(ENTRIES_600[:513])
    check_inclusion(leaf_hash(ENTRIES_600[512]), 512, 513, prove_inclusion(log, 512, 513), root)


def test_the_kept_checkpoint_never_goes_back(log: LogFolder) -> None:
    assert log.checkpoint() is None
    first = log.integrate(ENTRIES_600[:200], 0)
    second = log.integrate(ENTRIES_600[200:], 200)
    log.keep_checkpoint(signed(600, second))
    for note in (signed(200, first), signed(601, second)):
        with pytest.raises(Conflict):
            log.keep_checkpoint(note)
    assert log.checkpoint() == signed(600, second)


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    durable = Durable(tmp_path)
    durable.write([("a/b/c", b"one")])
    durable.write([("a/b/c", b"one")])
    with pytest.raises(OSError, match="other bytes"):
        durable.write([("a/b/c", b"two")])
    assert files(tmp_path) == {"a/b/c": b"one"}


def test_the_signing_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    signer = make_key(path, ORIGIN)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert load_key(path) == signer
    assert path.with_name("log.key.pub").read_text().strip() == str(signer.verifier)
    with pytest.raises(Conflict):
        make_key(path, ORIGIN)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="600"):
        load_key(path)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a", "Passw0rd"])
def test_a_key_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        load_key(path)
    assert not text or text not in str(refused.value)
