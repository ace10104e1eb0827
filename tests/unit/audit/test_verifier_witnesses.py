"""Who signed and who cosigned: what the verifier believes of a checkpoint, and what it says of one it does not believe."""

from pathlib import Path

import pytest

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import TileFolder
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.cosignature import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.model.note import Ed25519Signer, Signer, from_base64, to_base64
from services.audit.model.wrong import Wrong
from services.audit.verifier import Report, trust, verify_bundle
from tests.unit.audit.logs import KEY, ORIGIN, SIGNER, exported, joined, month, parts, root_of

SIZE = 30
AT = 1_795_000_000
CITY = CosignatureKey("witness.city.example/w", COSIGNATURE_ED25519, bytes([1]) * 32)
PROVINCE = CosignatureKey("witness.province.example/w", COSIGNATURE_MLDSA44, bytes([2]) * 32)
COURT = CosignatureKey("witness.court.example/w", COSIGNATURE_ED25519, bytes([3]) * 32)
ALL = [str(each.verifier) for each in (CITY, PROVINCE, COURT)]


def signed_by(*signers: Signer) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(month(SIZE))), signers)


def bundle(where: Path, note: bytes, key: str = KEY) -> Path:
    exported(where, month(SIZE))
    write_bundle(where / "seen.tar", bundle_parts(TileFolder(where / "log"), note, key))
    return where / "seen.tar"


def verified(where: Path, note: bytes, least: int | None = None, witnesses: list[str] = ALL) -> Report:
    return verify_bundle(bundle(where, note), trust([KEY], witnesses, least))


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def test_both_kinds_of_witnesses_are_named_with_the_time_they_saw_it(tmp_path: Path) -> None:
    report = verified(tmp_path, signed_by(SIGNER, CITY.at(AT), PROVINCE.at(AT + 60), COURT.at(AT)))
    assert report.holds
    assert [(each.name, each.at) for each in report.witnesses][:2] == [
        ("witness.city.example/w", "2026-11-18 19:06:40+08:00"),
        ("witness.province.example/w", "2026-11-18 19:07:40+08:00"),
    ]
    assert any("witness.city.example/w" in line for line in report.lines("en"))


def test_a_quorum_is_enough_and_one_fewer_is_not(tmp_path: Path) -> None:
    note = signed_by(SIGNER, CITY.at(AT), PROVINCE.at(AT))
    assert verified(tmp_path, note, least=2).holds
    report = verified(tmp_path, note, least=3)
    assert (codes(report), report.findings[0].detail) == (["quorum"], "2 of 3 known witnesses signed")
    assert len(report.witnesses) == 2


def test_all_named_witnesses_are_asked_for_unless_a_number_is_said(tmp_path: Path) -> None:
    assert codes(verified(tmp_path, signed_by(SIGNER, CITY.at(AT)))) == ["quorum"]


def test_a_witness_nobody_named_is_passed_over(tmp_path: Path) -> None:
    report = verified(tmp_path, signed_by(SIGNER, CITY.at(AT)), witnesses=[])
    assert (report.holds, report.witnesses) == (True, [])
    assert any("another log" in line for line in report.lines("en"))


@pytest.mark.parametrize("kind", [CITY, PROVINCE])
def test_a_bit_flipped_in_a_cosignature_is_found(tmp_path: Path, kind: CosignatureKey) -> None:
    note = signed_by(SIGNER, kind.at(AT))
    line = note.rsplit(b"\n", 2)[1]
    cut = line[:-6] + (b"B" if line[-6:-5] != b"B" else b"C") + line[-5:]
    report = verified(tmp_path, note.replace(line, cut), witnesses=[str(kind.verifier)])
    assert codes(report) == ["signature"]


def test_a_cosignature_of_another_checkpoint_does_not_hold(tmp_path: Path) -> None:
    other = sign_checkpoint(Checkpoint(ORIGIN, SIZE, bytes(32)), [CITY.at(AT)])
    note = signed_by(SIGNER) + other.split(b"\n\n")[1]
    assert codes(verified(tmp_path, note, witnesses=[ALL[0]])) == ["signature"]


def test_a_witness_that_moves_its_own_clock_in_the_line_is_found(tmp_path: Path) -> None:
    good, later = signed_by(CITY.at(AT)), signed_by(CITY.at(AT + 1))
    names = [note.split(b" ")[-1] for note in (good, later)]
    assert names[0] != names[1]
    mixed = signed_by(SIGNER, CITY.at(AT)).replace(names[0][:20], names[1][:20])
    assert codes(verified(tmp_path, mixed, witnesses=[ALL[0]])) == ["signature"]


def test_a_policy_file_says_whose_word_is_enough(tmp_path: Path) -> None:
    lines = [f"log {KEY}", f"witness city {ALL[0]}", f"witness province {ALL[1]}", "group both 2 city province", "quorum both"]
    policy = "".join(f"{line}\n" for line in lines).encode()
    path = bundle(tmp_path, signed_by(SIGNER, CITY.at(AT), PROVINCE.at(AT)))
    assert verify_bundle(path, trust([], policy=policy)).holds
    path = bundle(tmp_path, signed_by(SIGNER, CITY.at(AT)))
    assert codes(verify_bundle(path, trust([], policy=policy))) == ["quorum"]


def test_a_policy_without_any_key_of_the_log_is_refused() -> None:
    with pytest.raises(Wrong, match="no_log_key"):
        trust([], [ALL[0]])
    with pytest.raises(Wrong, match="not both"):
        trust([KEY], [ALL[0]], policy=b"quorum none\n")


def test_while_a_key_is_changed_either_key_is_enough_and_both_may_be_given(tmp_path: Path) -> None:
    young = Ed25519Signer(ORIGIN, bytes([7]) * 32)
    both = bundle(tmp_path, signed_by(SIGNER, young))
    assert verify_bundle(both, KEY).holds
    assert verify_bundle(both, trust([KEY, str(young.verifier)])).holds
    alone = bundle(tmp_path, signed_by(young), str(young.verifier))
    assert codes(verify_bundle(alone, KEY)) == ["signature", "about"]
    assert verify_bundle(alone, trust([KEY, str(young.verifier)])).holds


def test_a_log_that_signs_with_ml_dsa_beside_ed25519_is_believed_by_either(tmp_path: Path) -> None:
    strong = CosignatureKey(ORIGIN, COSIGNATURE_MLDSA44, bytes([9]) * 32)
    path = bundle(tmp_path, signed_by(SIGNER, strong.at(AT)))
    assert verify_bundle(path, trust([KEY, str(strong.verifier)])).holds


def test_a_checkpoint_of_another_log_is_refused_though_its_key_is_known(tmp_path: Path) -> None:
    other = Ed25519Signer("log.example.cn/another", bytes([8]) * 32)
    report = verify_bundle(bundle(tmp_path, signed_by(SIGNER, other)), str(other.verifier))
    assert codes(report) == ["signature", "about"]
    assert "another_log" in report.findings[0].detail


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"\n\n", b"\nan extension the log did not sign\n\n", "signature"),
        (b"\n\n", b"\n\n\n", "checkpoint"),
        (b"\n\n", b"\n", "checkpoint"),
        (b"\n", b"\r\n", "checkpoint"),
        ("— ".encode(), b"-- ", "checkpoint"),
        (b"springrain ", b"springrain  ", "checkpoint"),
        (b"\n30\n", b"\n29\n", "signature"),
        (b"\n30\n", b"\n+30\n", "checkpoint"),
    ],
)
def test_a_line_more_or_another_spelling_of_the_checkpoint_is_found(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    note = signed_by(SIGNER)
    path = bundle(tmp_path, note)
    fresh = note.replace(old, new)
    path.write_bytes(joined(parts(path.read_bytes()) | {"checkpoint": fresh}))
    assert code in codes(verify_bundle(path, KEY))


def test_a_line_with_the_right_name_and_a_wrong_key_id_is_nobodys(tmp_path: Path) -> None:
    note = signed_by(SIGNER)
    path, name = bundle(tmp_path, note), f"— {ORIGIN} "
    value = from_base64(note.decode().rsplit(name)[1].strip())
    fresh = note.decode().rsplit(name)[0] + f"{name}{to_base64(bytes([value[0] ^ 1]) + value[1:])}\n"
    path.write_bytes(joined(parts(path.read_bytes()) | {"checkpoint": fresh.encode()}))
    (finding,) = verify_bundle(path, KEY).findings
    assert (finding.code, "no_known_signature" in finding.detail) == ("signature", True)


def test_the_honest_checkpoint_of_a_smaller_size_does_not_fit_a_larger_log(tmp_path: Path) -> None:
    path = bundle(tmp_path, signed_by(SIGNER))
    smaller = sign_checkpoint(Checkpoint(ORIGIN, 29, root_of(month(29))), [SIGNER])
    path.write_bytes(joined(parts(path.read_bytes()) | {"checkpoint": smaller}))
    assert codes(verify_bundle(path, KEY)) == ["about", "another_file"]


def test_an_extension_line_that_was_signed_is_read_and_kept(tmp_path: Path) -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(month(SIZE)), ("an extension",)), [SIGNER])
    assert verify_bundle(bundle(tmp_path, note), KEY).holds
