"""The keys of a log: two kinds sign, one may follow another, and who checks with either is never left alone."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.audit.log.keyfile import load_key, make_key
from services.audit.log.keyring import Keyring, last_number
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.cosignature import seconds_of
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import parse_note, parse_verifier
from services.audit.model.policy import parse_log_key
from services.audit.model.wrong import Wrong
from shared.errors import ConfigError, Conflict
from tests.unit.audit.logs import ORIGIN

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    found = Keyring(tmp_path, 1, ORIGIN)
    found.begin()
    return found


def who_signs(ring: Keyring, now: datetime) -> list[str]:
    """The keys whose lines stand in a checkpoint of this moment, as verifier keys."""
    note = ring.note(0, EMPTY_ROOT, now)
    lines = {line.key_id for line in parse_note(note).signatures}
    said = ring.public(now)
    return [key for key in [*said["keys"], *said["retired"]] if parse_log_key(key).key_id in lines]


def test_a_log_signs_with_ed25519_and_cosigns_with_mldsa(ring: Keyring) -> None:
    note = ring.note(0, EMPTY_ROOT, NOW)
    for key in (parse_log_key(each) for each in ring.public(NOW)["keys"]):
        assert open_checkpoint(note, [key], ORIGIN).size == 0
    ed25519, mldsa44 = parse_note(note).signatures
    assert (len(ed25519.value), len(mldsa44.value)) == (64, 8 + 2420)
    assert seconds_of(mldsa44.value) == int(NOW.timestamp())


def test_after_a_change_both_keys_sign_for_the_time_said_and_then_the_old_one_stops(ring: Keyring) -> None:
    old = ring.public(NOW)["key"]
    fresh, until = ring.rotate(WEEK, NOW)
    assert until == NOW + WEEK
    for day in (0, 6):
        signing = who_signs(ring, NOW + timedelta(days=day))
        assert len(signing) == 3 and {old, str(fresh.verifier)} <= set(signing)
        note = ring.note(0, EMPTY_ROOT, NOW + timedelta(days=day))
        for key in (old, str(fresh.verifier)):
            assert open_checkpoint(note, [parse_verifier(key)], ORIGIN)
    later = ring.note(0, EMPTY_ROOT, NOW + WEEK)
    assert open_checkpoint(later, [fresh.verifier], ORIGIN)
    with pytest.raises(Wrong, match="no_known_signature"):
        open_checkpoint(later, [parse_verifier(old)], ORIGIN)
    said = ring.public(NOW + WEEK)
    assert (said["key"], said["retired"]) == (str(fresh.verifier), [old])
    assert open_checkpoint(ring.note(0, EMPTY_ROOT, NOW), ring.verifiers(), ORIGIN)


def test_one_change_at_a_time(ring: Keyring) -> None:
    ring.rotate(WEEK, NOW)
    with pytest.raises(Conflict):
        ring.rotate(WEEK, NOW + timedelta(days=6))
    third, _ = ring.rotate(WEEK, NOW + WEEK)
    assert ring.newest == third


def test_a_change_cut_short_by_a_crash_is_finished_with_the_same_key(ring: Keyring, tmp_path: Path) -> None:
    left = make_key(tmp_path / "1.2.key", ORIGIN)
    assert len(who_signs(ring, NOW)) == 3
    fresh, _ = ring.rotate(WEEK, NOW)
    assert fresh == left
    assert not (tmp_path / "1.3.key").exists()


def test_every_private_key_is_for_its_owner_alone(ring: Keyring, tmp_path: Path) -> None:
    ring.rotate(WEEK, NOW)
    private = sorted(path for path in tmp_path.iterdir() if path.suffix == ".key")
    assert [path.name for path in private] == ["1.2.key", "1.key", "1.mldsa44.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert not any("PRIVATE" in path.read_text() for path in tmp_path.iterdir() if path not in private)
    (tmp_path / "1.mldsa44.key").chmod(0o644)
    with pytest.raises(ConfigError, match="600"):
        Keyring(tmp_path, 1, ORIGIN).note(0, EMPTY_ROOT, NOW)


def test_a_log_from_before_gets_its_second_kind_of_key(tmp_path: Path) -> None:
    make_key(tmp_path / "1.key", ORIGIN)
    ring = Keyring(tmp_path, 1, ORIGIN)
    ring.complete()
    ring.complete()
    assert len(ring.public(NOW)["keys"]) == 2
    with pytest.raises(ConfigError):
        Keyring(tmp_path, 2, ORIGIN).complete()
    with pytest.raises(ConfigError, match="another log"):
        Keyring(tmp_path, 1, "another.example/log").complete()


def test_a_new_log_never_takes_the_number_of_an_old_one(ring: Keyring, tmp_path: Path) -> None:
    ring.rotate(WEEK, NOW)
    assert last_number(tmp_path) == 1
    Keyring(tmp_path, 7, "log.example/7").begin()
    assert last_number(tmp_path) == 7
    assert load_key(tmp_path / "1.key").name == ORIGIN
