"""The proof of one entry: as a file that carries its entry, and on paper as a QR code that any phone reads."""

import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.export.qr import png_of, svg_of, text_of_picture
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.cosignature import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.model.merkle import leaf_hash
from services.audit.model.note import Ed25519Signer
from services.audit.model.paper import MARK, from_base45, from_paper, to_base45, to_paper
from services.audit.model.proof import prove_inclusion
from services.audit.model.tlog_proof import EntryProof, parse_proof
from services.audit.model.wrong import Wrong
from services.audit.verifier import OneReport, trust, verify, verify_one
from services.audit.verifier.__main__ import main
from shared.errors import Refused
from tests.unit.audit.logs import KEY, ORIGIN, SIGNER, Memory, event, month, root_of

SIZE, INDEX = 300, 123
CITY = CosignatureKey("witness.city.example/w", COSIGNATURE_ED25519, bytes([1]) * 32)
PROVINCE = CosignatureKey("witness.province.example/w", COSIGNATURE_MLDSA44, bytes([2]) * 32)
NOTE = sign_checkpoint(
    Checkpoint(ORIGIN, SIZE, root_of(month(SIZE))), [SIGNER, CITY.at(1_795_000_000), PROVINCE.at(1_795_000_000)]
)
ENTRY = month(SIZE)[INDEX]
HASHES = tuple(prove_inclusion(Memory(month(SIZE)), INDEX, SIZE))
PROOF = EntryProof(INDEX, HASHES, NOTE, ENTRY)
PAPER = to_paper(leaf_hash(ENTRY), PROOF)
KNOWN = trust([KEY])


def checked(data: bytes | str, entry: bytes | None = None) -> OneReport:
    report = verify_one(data.encode() if isinstance(data, str) else data, KNOWN, entry)
    assert report.lines("zh") and report.lines("en") and json.dumps(report.as_json())
    return report


def test_a_file_that_carries_its_entry_holds_by_itself() -> None:
    report = checked(PROOF.text())
    assert (report.holds, report.index, report.size, report.same) == (True, INDEX, SIZE, True)
    assert ENTRY.decode() in "\n".join(report.lines("zh"))


def test_the_extra_line_is_written_as_the_page_says_and_proves_nothing_by_itself() -> None:
    lines = PROOF.text().split(b"\n")
    assert lines[0] == b"c2sp.org/tlog-proof@v1"
    assert lines[1].startswith(b"extra ")
    assert lines[2] == b"index 123"
    assert parse_proof(PROOF.text()) == PROOF
    other = EntryProof(INDEX, HASHES, NOTE, event(9_999))
    assert "proof_does_not_hold" in checked(other.text()).why
    assert checked(other.text(), ENTRY).holds


def test_a_file_without_its_entry_asks_for_it() -> None:
    bare = EntryProof(INDEX, HASHES, NOTE).text()
    assert "entry_needed" in checked(bare).why
    assert checked(bare, ENTRY).holds
    assert "proof_does_not_hold" in checked(bare, month(SIZE)[INDEX + 1]).why


def test_paper_holds_with_the_hash_alone_and_with_the_entry_beside_it() -> None:
    alone, beside = checked(PAPER), checked(PAPER + "\n", ENTRY)
    assert (alone.holds, alone.same, alone.leaf) == (True, None, beside.leaf)
    assert (beside.holds, beside.same, beside.index) == (True, True, INDEX)
    assert "another_entry" in checked(PAPER, month(SIZE)[INDEX + 1]).why


def test_paper_gives_back_the_checkpoint_byte_by_byte_but_for_what_has_no_room() -> None:
    found = from_paper(PAPER)
    assert found.proof.hashes == HASHES
    assert found.proof.checkpoint == sign_checkpoint(
        Checkpoint(ORIGIN, SIZE, root_of(month(SIZE))), [SIGNER, CITY.at(1_795_000_000)]
    )


def test_witnesses_are_believed_from_paper_when_they_fit_on_it() -> None:
    assert verify_one(PAPER.encode(), trust([KEY], [str(CITY.verifier)])).witnesses[0].name == CITY.name
    assert "quorum_not_met" in verify_one(PAPER.encode(), trust([KEY], [str(PROVINCE.verifier)])).why


def test_at_ten_million_entries_it_is_a_code_a_phone_reads() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 10_000_000, bytes(32)), [SIGNER, CITY.at(1), CITY.at(2)])
    text = to_paper(bytes(32), EntryProof(9_999_999, tuple(secrets.token_bytes(32) for _ in range(24)), note))
    assert len(from_base45(text.removeprefix(MARK))) < 1_400
    side = int(svg_of(text).split('viewBox="0 0 ')[1].split(" ")[0])
    assert side <= 4 + 137 + 4  # version 30 of 40, with its quiet edge


def test_more_witnesses_than_have_room_are_left_out_and_the_logs_own_line_never_is(tmp_path: Path) -> None:
    many = [CosignatureKey(f"witness-{n}.example/a-long-name", COSIGNATURE_ED25519, bytes([n]) * 32) for n in range(40)]
    checkpoint = Checkpoint(ORIGIN, SIZE, root_of(month(SIZE)))
    note = sign_checkpoint(checkpoint, [*(key.at(1_795_000_000) for key in many), SIGNER])
    text = to_paper(leaf_hash(ENTRY), EntryProof(INDEX, HASHES, note))
    (tmp_path / "code.png").write_bytes(png_of(text))
    assert text_of_picture(tmp_path / "code.png") == text
    report = verify_one(text.encode(), trust([KEY], [str(key.verifier) for key in many], 10))
    assert report.holds
    assert 10 <= len(report.witnesses) < 40


def test_it_is_read_back_from_the_picture(tmp_path: Path) -> None:
    (tmp_path / "code.png").write_bytes(png_of(PAPER))
    assert text_of_picture(tmp_path / "code.png") == PAPER
    from PIL import Image

    with Image.open(tmp_path / "code.png") as picture:
        turned = picture.convert("L").resize((900, 900)).rotate(7, expand=True, fillcolor=255)
        turned.save(tmp_path / "photo.jpg", quality=70)
    assert text_of_picture(tmp_path / "photo.jpg") == PAPER


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "code.png").write_bytes(data)
    with pytest.raises(Refused):
        text_of_picture(tmp_path / "code.png")


def test_a_picture_with_two_codes_or_none_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (400, 400), 255).save(tmp_path / "code.png")
    with pytest.raises(Refused, match="0 QR codes"):
        text_of_picture(tmp_path / "code.png")


def test_the_text_of_a_code_is_taken_as_it_is_or_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "code.txt").write_text(PAPER + "\r\n")
    assert verify(PAPER, KNOWN).holds
    assert verify(str(tmp_path / "code.txt"), KNOWN).holds
    (tmp_path / "entry").write_bytes(ENTRY)
    assert main([PAPER, "--key", KEY, "--entry", str(tmp_path / "entry"), "--lang", "en"]) == 0
    assert "entry 123 of the 300" in capsys.readouterr().out
    assert main([PAPER, "--key", str(Ed25519Signer(ORIGIN, bytes(32)).verifier)]) == 1


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(PAPER) - 1), letter=st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_a_letter_changed_anywhere_on_paper_is_found(at: int, letter: str) -> None:
    changed = PAPER[:at] + letter + PAPER[at + 1 :]
    if changed != PAPER:
        assert not verify_one(changed.encode(), trust([KEY], [str(CITY.verifier)])).holds


@settings(max_examples=100, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_flipped_anywhere_in_the_file_is_found_unless_it_is_in_a_line_nobody_knows(at: float, bit: int) -> None:
    known = EntryProof(INDEX, HASHES, sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(month(SIZE))), [SIGNER]), ENTRY).text()
    changed = bytearray(known)
    changed[int(at * len(known))] ^= 1 << bit
    assert not verify_one(bytes(changed), KNOWN).holds


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 13, 50, 200, -1, -3])
def test_paper_cut_short_is_refused(cut: int) -> None:
    assert not checked(PAPER[:cut] if cut else MARK).holds


@pytest.mark.parametrize(
    "text",
    ["", "SPRINGRAIN2:" + "00", MARK, MARK + "a", MARK + ":::", MARK + "00" * 3_000, MARK + to_base45(b"\x02" + bytes(99))],
)
def test_what_is_no_proof_on_paper_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="paper_form"):
        from_paper(text)
    assert not checked(text).holds


def test_something_after_the_last_signature_is_refused() -> None:
    raw = from_base45(PAPER.removeprefix(MARK))
    with pytest.raises(Wrong, match="something follows"):
        from_paper(MARK + to_base45(raw + b"\0"))


def test_a_checkpoint_with_extension_lines_has_no_room_on_paper() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(month(SIZE)), ("more",)), [SIGNER])
    with pytest.raises(Wrong, match="extension"):
        to_paper(leaf_hash(ENTRY), EntryProof(INDEX, HASHES, note))


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_base45_is_that_of_rfc_9285(data: bytes, text: str) -> None:
    assert (to_base45(data), from_base45(text)) == (text, data)


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "::"])
def test_base45_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        from_base45(text)


@given(st.binary(max_size=60))
def test_base45_comes_back(data: bytes) -> None:
    assert from_base45(to_base45(data)) == data
