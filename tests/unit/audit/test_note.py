"""Signed notes, checkpoints and proof files: the specification's own vectors, and everything it forbids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.model.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import (
    Ed25519Signer,
    Ed25519Verifier,
    open_note,
    parse_note,
    parse_signer,
    parse_verifier,
    sign_note,
)
from services.audit.model.proof import prove_inclusion
from services.audit.model.tlog_proof import EntryProof, check_proof, parse_proof
from services.audit.model.wrong import Wrong
from tests.unit.audit.logs import KEY, ORIGIN, SIGNER, Memory, month, root_of, signed

# c2sp.org/signed-note
VECTOR_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
VECTOR = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
# golang.org/x/mod/sumdb/note, the package's example
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

NOTE = sign_note(b"hello\n", [SIGNER])
NO_NOTES = [
    b"",
    b"hello\n",
    NOTE[:-1],
    NOTE + b"\n",
    NOTE.replace(b"\n", b"\r\n"),
    NOTE.replace(b"hello", b"hel\tlo"),
    NOTE.replace(b"hello", b"hel\x00lo"),
    NOTE.replace(b"hello", b"hel\xfflo"),
    NOTE.replace("— ".encode(), b"- "),
    NOTE.replace("— ".encode(), "—".encode()),
    NOTE.replace(b"= ", b"=").replace(b"=\n", b"\n"),
    NOTE + "— no_signature\n".encode(),
    NOTE + "— short AAAA\n".encode(),
    NOTE + "— with+plus AAAAAAAA\n".encode(),
    NOTE + "— with space AAAAAAAA\n".encode(),
    NOTE + "— other AAAAAAAB=\n".encode(),
]


def test_the_specifications_own_note_is_verified_by_its_own_key() -> None:
    key = parse_verifier(VECTOR_KEY)
    assert open_note(VECTOR, [key]).text == b"This is an example message.\n"
    assert str(key) == VECTOR_KEY


def test_gos_own_key_is_read_and_gives_its_public_side() -> None:
    signer = parse_signer(GO_PRIVATE)
    assert str(signer.verifier) == GO_PUBLIC
    assert signer.encode() == GO_PRIVATE
    assert "AYEKF" not in repr(signer)


@pytest.mark.parametrize("note", NO_NOTES)
def test_what_is_not_quite_a_note_is_none(note: bytes) -> None:
    with pytest.raises(Wrong):
        open_note(note, [SIGNER.verifier])


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_no_bit_of_a_note_changes_unseen(at: int) -> None:
    changed = bytearray(NOTE)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(Wrong):
        open_note(bytes(changed), [SIGNER.verifier])


def test_the_last_empty_line_divides_text_from_signatures() -> None:
    note = sign_note(b"one\n\ntwo\n\n", [SIGNER])
    assert open_note(note, [SIGNER.verifier]).text == b"one\n\ntwo\n\n"


def test_unknown_keys_are_passed_over_even_under_a_known_name() -> None:
    other, namesake = Ed25519Signer("witness.example", bytes(32)), Ed25519Signer(ORIGIN, bytes(32))
    note = sign_note(b"hello\n", [other, namesake, SIGNER])
    assert [each.key_id for each in open_note(note, [SIGNER.verifier]).signatures] == [SIGNER.key_id]
    with pytest.raises(Wrong, match="no_known_signature"):
        open_note(sign_note(b"hello\n", [other, namesake]), [SIGNER.verifier])


def test_a_known_key_whose_signature_is_wrong_rejects_the_note() -> None:
    second = Ed25519Signer("second.example", bytes(32))
    lines = parse_note(sign_note(b"other\n", [second])).signatures[0].line()
    with pytest.raises(Wrong, match="signature_wrong"):
        open_note(NOTE + lines, [SIGNER.verifier, second.verifier])
    assert open_note(NOTE + lines, [SIGNER.verifier])


def test_sixteen_signatures_are_read_and_a_thousand_are_not() -> None:
    line = parse_note(sign_note(b"hello\n", [Ed25519Signer("other", bytes(32))])).signatures[0].line()
    assert open_note(NOTE + line * 15, [SIGNER.verifier])
    with pytest.raises(Wrong):
        open_note(NOTE + line * 1000, [SIGNER.verifier])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u3000b", "a\nb"])
def test_a_key_name_has_no_space_and_no_plus(name: str) -> None:
    with pytest.raises(Wrong):
        Ed25519Verifier(name, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b",
        KEY[:-4],
        KEY.replace("+", "-", 1),
        "x" + KEY,
        VECTOR_KEY.replace("530d903a", "530D903A"),
        VECTOR_KEY.replace("+Ae", "+Be"),
    ],
)
def test_a_verifier_key_whose_parts_disagree_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        parse_verifier(text)


@pytest.mark.parametrize("text", [b"hello", b"hel\rlo\n", b"\x00\n"])
def test_what_no_note_may_hold_is_not_signed(text: bytes) -> None:
    with pytest.raises(Wrong):
        sign_note(text, [SIGNER])


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
NO_CHECKPOINTS = [
    "",
    "o\n1\n",
    f"o\n01\n{ROOT}\n",
    f"o\n-1\n{ROOT}\n",
    f"o\n+1\n{ROOT}\n",
    f"o\n1 \n{ROOT}\n",
    f"o\n１\n{ROOT}\n",
    f"o\n{1 << 63}\n{ROOT}\n",
    f"\n1\n{ROOT}\n",
    f"o\n1\n{ROOT[:-2]}\n",
    "o\n1\nAAAA\n",
    f"o\n1\n{ROOT}\n\n",
    f"o\n1\n{ROOT}\next\n\next\n",
    f"o\n1\n{ROOT}",
    f"o\n0\n{ROOT}\n",
]


@pytest.mark.parametrize("text", NO_CHECKPOINTS)
def test_what_is_not_quite_a_checkpoint_is_none(text: str) -> None:
    with pytest.raises(Wrong):
        parse_checkpoint(text.encode())


@given(st.integers(1, 1 << 62), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back_as_it_was_signed(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, [SIGNER]), [SIGNER.verifier], ORIGIN) == checkpoint


def test_extension_lines_are_read_and_kept() -> None:
    text = f"o\n1\n{ROOT}\nmore\n".encode()
    assert parse_checkpoint(text).extensions == ("more",)
    assert parse_checkpoint(text).text() == text


def test_a_checkpoint_of_another_log_under_the_same_key_is_refused() -> None:
    note = sign_checkpoint(Checkpoint("other.example", 0, EMPTY_ROOT), [SIGNER])
    with pytest.raises(Wrong, match="another_log"):
        open_checkpoint(note, [SIGNER.verifier], ORIGIN)


@pytest.mark.parametrize(
    "checkpoint", [Checkpoint("", 1, bytes(32)), Checkpoint("a\nb", 1, bytes(32)), Checkpoint("o", 1, bytes(31))]
)
def test_a_checkpoint_that_would_read_otherwise_is_not_signed(checkpoint: Checkpoint) -> None:
    with pytest.raises(Wrong):
        sign_checkpoint(checkpoint, [SIGNER])


def proof_of(index: int, size: int, extra: bytes | None = None) -> bytes:
    entries = month(size)
    hashes = tuple(prove_inclusion(Memory(entries), index, size))
    return EntryProof(index, hashes, signed(size, root_of(entries)), extra).text()


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 300), (299, 300), (255, 257)])
def test_the_proof_of_one_entry_holds_from_its_file_alone(index: int, size: int) -> None:
    place, checkpoint = check_proof(month(size)[index], proof_of(index, size), [SIGNER.verifier], ORIGIN)
    assert (place, checkpoint.size) == (index, size)


def test_extra_data_comes_back_and_proves_nothing() -> None:
    text = proof_of(3, 20, extra=b"for people")
    assert parse_proof(text).extra == b"for people"
    assert text.startswith(b"c2sp.org/tlog-proof@v1\nextra Zm9yIHBlb3BsZQ==\nindex 3\n")
    check_proof(month(20)[3], text, [SIGNER.verifier], ORIGIN)


PROOF = proof_of(3, 20)


@given(st.integers(0, len(PROOF) * 8 - 1))
def test_no_bit_of_a_proof_changes_unseen(at: int) -> None:
    changed = bytearray(PROOF)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(Wrong):
        check_proof(month(20)[3], bytes(changed), [SIGNER.verifier], ORIGIN)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        PROOF.replace(b"\n", b"\r\n"),
        PROOF.replace(b"index 3", b"index 03"),
        PROOF.replace(b"@v1", b"@v2"),
        PROOF.replace(b"index 3\n", b""),
    ],
)
def test_what_is_not_quite_a_proof_is_none(text: bytes) -> None:
    with pytest.raises(Wrong):
        check_proof(month(20)[3], text, [SIGNER.verifier], ORIGIN)
