"""The sealed value: its bytes for ever, and everything that must not open."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigError, Malformed
from shared.sealing import FileMaster, SealBroken, UnreadableSuite, create_master, lookup_hash
from shared.sealing.format import DataKey, Place, open_sealed, pad, seal, unpad

PERSON = "0197a1de-0000-7000-8000-000000000001"
EVENT = "0197a1de-0000-7000-8000-00000000000e"
KEY = DataKey(PERSON, bytes(range(16)), bytes(range(32)))
PLACE = Place("0197a1de-0000-7000-8000-0000000000cc", "event", EVENT)
NONCE = bytes(range(100, 112))
OBJECT = {"birthday": "1950-01-02", "name": "测试甲", "wishes": ["一副老花镜"]}

VECTORS = {
    1: (
        "AQABAgMEBQYHCAkKCwwNDg90VB-75Vmf1-6D-EynfC_BKTwNgEdhRoFUlnLlrdRHr2RlZmdoaWprbG1ubwzc7W3Oy0C6RXrneeNq"
        "9Hf6mDA7uUdQQaY8KnPiZ0f061q3LBRjZn25xa6B3DvxTfWnDByW9_eXr56wTl8XFFZjMxfGA9gjJi1883t3G8mtVgwZMEpVsBXL"
        "5L7g-N7PYx38hi5GgN88W53br7hrAXFxIlzeAlNOqZ7CdoIfsJ2-RsYPXU10nTL-ZHZbM0TG-g"
    ),
    2: (
        "AgABAgMEBQYHCAkKCwwNDg9bZbSwFs1CoA27xKyg3_CTdtVz3nbusEG9xceDCLqLt2RlZmdoaWprbG1ub8KQeTHwzpsQMtevX7Xu"
        "C_xUJBcHGv_GUEYpGFcJyTxMzI-ocT90e9j-ZYaYvppg7kvc03dX-Jf0eIT3jACN3ZXMIwT2bX67Z0cX4zbfXWpMM-4Bs-Au0WGk"
        "ohhGvv5mcoYL4LfIBQ6opvUvZnx3pX8hWVTK7MBSM5vfFyJ65pbo1LLFg4S_RCfXEAYIZoYs_A"
    ),
}


@pytest.mark.parametrize("number", VECTORS)
def test_a_fixed_key_and_nonce_give_the_stored_bytes_for_ever(number: int) -> None:
    assert seal(KEY, PLACE, OBJECT, number=number, nonce=NONCE) == VECTORS[number]


@pytest.mark.parametrize("number", VECTORS)
def test_what_was_stored_opens(number: int) -> None:
    assert open_sealed(KEY, PLACE, VECTORS[number]) == OBJECT


@pytest.mark.parametrize("number", VECTORS)
def test_every_single_flipped_byte_is_noticed(number: int) -> None:
    raw = bytearray(_bytes(VECTORS[number]))
    for at in range(1, len(raw)):
        raw[at] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(KEY, PLACE, _text(raw))
        raw[at] ^= 1


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (KEY, Place("another county", PLACE.kind, PLACE.id)),
        (KEY, Place(PLACE.county, "persons", PLACE.id)),
        (KEY, Place(PLACE.county, PLACE.kind, "another event")),
        (DataKey("another person", KEY.key_id, KEY.secret), PLACE),
        (DataKey(PERSON, bytes(16), KEY.secret), PLACE),
        (DataKey(PERSON, KEY.key_id, bytes(32)), PLACE),
    ],
)
def test_a_value_moved_elsewhere_does_not_open(key: DataKey, place: Place) -> None:
    with pytest.raises(SealBroken):
        open_sealed(key, place, VECTORS[1])


@pytest.mark.parametrize("number", VECTORS)
def test_a_value_put_under_another_key_does_not_open_though_that_key_made_its_ciphertext(number: int) -> None:
    other = DataKey(PERSON, KEY.key_id, bytes([7]) * 32)
    own, made = _bytes(VECTORS[number]), _bytes(seal(other, PLACE, OBJECT, number=number, nonce=NONCE))
    mixed = _text(made[:17] + own[17:49] + made[49:])
    for key in (KEY, other):
        with pytest.raises(SealBroken, match="commitment" if key is other else None):
            open_sealed(key, PLACE, mixed)


def test_an_unknown_suite_is_unreadable_and_never_broken_or_erased() -> None:
    for text in (b"\x03" + _bytes(VECTORS[1])[1:], b"\x03short"):
        with pytest.raises(UnreadableSuite):
            open_sealed(KEY, PLACE, _text(text))


def test_a_value_of_one_suite_is_not_taken_for_the_other() -> None:
    with pytest.raises(SealBroken):
        open_sealed(KEY, PLACE, _text(b"\x02" + _bytes(VECTORS[1])[1:]))


@pytest.mark.parametrize("text", ["", "AQ", "A", "+/==", "测试", VECTORS[1] + "=", VECTORS[1] + "A", VECTORS[1][:-4]])
def test_what_is_no_sealed_value_is_broken(text: str) -> None:
    with pytest.raises(SealBroken):
        open_sealed(KEY, PLACE, text)


@pytest.mark.parametrize("bad", [{"a": None}, {"a": 0.5}, {"a": "\ud800"}, {"a": 2**53}])
def test_what_could_not_be_read_again_is_not_sealed(bad: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        seal(KEY, PLACE, bad)


def test_the_length_tells_only_blocks_of_64_bytes() -> None:
    lengths = {len(_bytes(seal(KEY, PLACE, {"name": "n" * length}))) for length in range(52)}
    assert lengths == {1 + 16 + 32 + 12 + 64 + 16}


@given(st.binary(max_size=300))
def test_padding_comes_off_as_it_went_on(text: bytes) -> None:
    assert len(pad(text)) % 64 == 0
    assert unpad(pad(text)) == text


@given(st.dictionaries(st.text("abc_", min_size=1), st.text('ab\x00"é测试\U00020000') | st.booleans()))
def test_whatever_is_sealed_opens_the_same(obj: dict[str, object]) -> None:
    for number in VECTORS:
        assert open_sealed(KEY, PLACE, seal(KEY, PLACE, obj, number=number)) == obj


def test_a_key_never_shows_its_secret() -> None:
    KEY.derived(1)
    assert KEY.secret.hex() not in repr(KEY)
    assert "secret" not in repr(KEY)


def test_a_master_wraps_for_one_person_only(tmp_path: Path) -> None:
    create_master(tmp_path / "master.key")
    master = FileMaster(tmp_path / "master.key")
    wrapped = master.wrap(KEY.secret, PERSON)
    assert master.unwrap(wrapped, PERSON) == KEY.secret
    with pytest.raises(ConfigError):
        master.unwrap(wrapped, "another person")


def test_a_master_file_is_never_written_over(tmp_path: Path) -> None:
    create_master(tmp_path / "master.key")
    with pytest.raises(FileExistsError):
        create_master(tmp_path / "master.key")


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"", 0o600),
        (base64.b64encode(bytes(32)), 0o600),
        (base64.b64encode(bytes(range(31))), 0o600),
        (base64.b64encode(bytes(range(32))) + b"\n", 0o600),
        (b"not base64 at all, and of 44 characters here", 0o600),
        (base64.b64encode(bytes(range(32))), 0o644),
    ],
)
def test_a_wrong_master_file_stops_the_start_and_names_the_setting_only(tmp_path: Path, content: bytes, mode: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        FileMaster(path)
    assert "SPRINGRAIN_DATA" in refused.value.message
    assert not content or content.decode() not in refused.value.message


def test_a_missing_master_file_stops_the_start(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError):
            FileMaster(path)


def test_a_lookup_hash_is_keyed_and_of_one_kind() -> None:
    found = lookup_hash(b"k" * 32, "phone", "13800000000")
    assert found == lookup_hash(b"k" * 32, "phone", "13800000000")
    assert found not in (lookup_hash(b"l" * 32, "phone", "13800000000"), lookup_hash(b"k" * 32, "id", "13800000000"))


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _text(raw: bytes | bytearray) -> str:
    return base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
