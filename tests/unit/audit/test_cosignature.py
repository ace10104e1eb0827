"""Cosignatures: what real witnesses of public logs signed is verified here, and what is signed here says the spec's bytes."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.cosignature import (
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    CosignatureKey,
    CosignatureVerifier,
    message_of,
    parse_cosigner,
    parse_cosigner_key,
    seconds_of,
)
from services.audit.model.note import open_note, parse_note, parse_verifier, sign_note
from services.audit.model.wrong import Wrong

OTHERS = json.loads((Path(__file__).parents[2] / "data" / "cosigned.json").read_text("utf-8"))
KINDS = (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)
BOTH = pytest.mark.parametrize("kind", KINDS)
TEXT = Checkpoint("example.com/behind-the-sofa", 20852163, bytes(range(32))).text()
AT = 1679315147


def key_of(kind: int, name: str = "witness.example.com/w1") -> CosignatureKey:
    """An invented cosigner."""
    return CosignatureKey(name, kind, bytes([kind]) * 32)


def test_what_a_real_witness_signed_with_ed25519_is_verified_beside_the_logs_own_line() -> None:
    found = OTHERS["ed25519"]
    keys = [parse_verifier(found["log"]), parse_cosigner(found["witness"])]
    good = open_note(found["note"].encode(), keys).signatures
    assert [each.name for each in good] == [key.name for key in keys]
    assert seconds_of(good[1].value) == 1779573024


def test_what_a_real_witness_signed_with_mldsa_is_verified() -> None:
    found = OTHERS["mldsa44"]
    good = open_note(found["note"].encode(), [parse_cosigner(found["witness"])]).signatures
    assert [seconds_of(each.value) for each in good] == [1785704691]


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
def test_no_part_of_what_a_real_witness_signed_can_be_changed(kind: str) -> None:
    note = OTHERS[kind]["note"]
    text = parse_note(note.encode()).text.decode()
    seen = parse_checkpoint(text.encode())
    key = parse_cosigner(OTHERS[kind]["witness"])
    for other in (f"{seen.size + 1}", f"0{seen.size}"):
        with pytest.raises(Wrong, match="signature_wrong"):
            open_note(note.replace(f"\n{seen.size}\n", f"\n{other}\n").encode(), [key])
    with pytest.raises(Wrong, match="signature_wrong"):
        open_note(note.replace(seen.origin, "another.example", 1).encode(), [key])


def test_verifier_keys_are_written_as_others_write_them() -> None:
    for text in (OTHERS["ed25519"]["witness"], OTHERS["mldsa44"]["witness"]):
        assert str(parse_cosigner(text)) == text


def test_an_ed25519_cosigner_signs_the_bytes_of_the_page() -> None:
    key = key_of(COSIGNATURE_ED25519)
    raw = key.at(AT).sign(TEXT)
    assert len(raw) == 72 and raw[:8] == AT.to_bytes(8, "big")
    said = b"cosignature/v1\ntime 1679315147\n" + TEXT
    Ed25519PublicKey.from_public_bytes(key.verifier.public).verify(raw[8:], said)


def test_an_mldsa_cosigner_signs_the_struct_of_the_page() -> None:
    key = key_of(COSIGNATURE_MLDSA44)
    raw = key.at(AT).sign(TEXT)
    assert len(raw) == 8 + 2420
    said = b"subtree/v1\n\x00" + b"\x16witness.example.com/w1" + AT.to_bytes(8, "big")
    said += b"\x1bexample.com/behind-the-sofa" + bytes(8) + (20852163).to_bytes(8, "big") + bytes(range(32))
    assert message_of(COSIGNATURE_MLDSA44, key.name, TEXT, AT) == said
    MLDSA44PublicKey.from_public_bytes(key.verifier.public).verify(raw[8:], said)


@BOTH
def test_a_note_is_read_with_all_who_cosigned_it(kind: int) -> None:
    key = key_of(kind)
    note = sign_note(TEXT, [key.at(AT)])
    assert open_note(note, [key.verifier]).text == TEXT
    later = key.at(AT + 1).sign(TEXT)
    swapped = AT.to_bytes(8, "big") + later[8:]
    assert not key.verifier.verify(TEXT, swapped), "the time is signed"
    assert not key.verifier.verify(TEXT, later + b"\0")
    assert not key.verifier.verify(TEXT, later[:-1])
    assert not key.verifier.verify(TEXT, b"")


def test_only_ed25519_covers_extension_lines_and_only_mldsa_the_signers_name() -> None:
    extended = TEXT + b"extension\n"
    one, other = key_of(COSIGNATURE_ED25519), key_of(COSIGNATURE_MLDSA44)
    assert not one.verifier.verify(extended, one.at(AT).sign(TEXT))
    assert other.verifier.verify(extended, other.at(AT).sign(TEXT))
    renamed = CosignatureVerifier("witness.example.com/w2", COSIGNATURE_MLDSA44, other.verifier.public)
    assert not renamed.verify(TEXT, other.at(AT).sign(TEXT))


@BOTH
def test_a_private_key_is_read_back_and_never_shown(kind: int) -> None:
    key = key_of(kind)
    assert parse_cosigner_key(key.encode()) == key
    assert key.encode()[-20:] not in repr(key)


@BOTH
def test_no_cosignature_without_a_time_or_without_a_checkpoint(kind: int) -> None:
    for seconds in (0, -1, 1 << 63):
        with pytest.raises(Wrong, match="cosignature_time"):
            key_of(kind).at(seconds)
    with pytest.raises(Wrong, match="checkpoint_form"):
        key_of(kind).at(AT).sign(b"hello\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        OTHERS["ed25519"]["witness"].replace("remora", "another"),
        OTHERS["ed25519"]["witness"].replace("da77ade7", "da77ade8"),
        OTHERS["ed25519"]["witness"][:-4],
        OTHERS["mldsa44"]["witness"][:-4],
        OTHERS["mldsa44"]["witness"].replace("witness.navigli", "w" * 250),
    ],
)
def test_what_is_no_cosigners_key_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        parse_cosigner(text)
