"""A witness as the page of tlog-witness wants it: each status, and nothing forgotten or rolled back whoever asks."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.cosignature import CosignatureVerifier, seconds_of
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import Ed25519Signer, open_note, parse_note, sign_note, to_base64
from services.audit.model.policy import policy_of
from services.audit.model.proof import prove_consistency
from services.audit.model.wrong import Wrong
from services.witness.app import create_app
from services.witness.folder import NotSet, WitnessFolder
from services.witness.witness import Witness
from tests.unit.audit.logs import ORIGIN, SIGNER, Memory, month, root_of, signed

ENTRIES = month(700)
NAME = "witness.city.example.cn"


def note_of(size: int, entries: list[bytes] = ENTRIES) -> bytes:
    """The log's signed checkpoint at this size."""
    return signed(size, root_of(entries[:size]))


def asked(old: int, size: int, note: bytes | None = None, proof: list[bytes] | None = None, entries: Any = ENTRIES) -> bytes:
    """The request's body for a log that grew from one size to another."""
    if proof is None:
        proof = prove_consistency(Memory(entries[:size]), old, size) if old <= size else []
    lines = [f"old {old}", *map(to_base64, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + (note if note is not None else note_of(size, entries))


@pytest.fixture
def folder(tmp_path: Path) -> WitnessFolder:
    found = WitnessFolder(tmp_path / "witness")
    found.make(NAME)
    found.add_log(SIGNER.verifier)
    return found


@pytest.fixture
def client(folder: WitnessFolder) -> FlaskClient:
    return create_app(str(folder.root)).test_client()


def keys_of(folder: WitnessFolder) -> list[CosignatureVerifier]:
    return [key.verifier for key in folder.signing_keys()]


def post(client: FlaskClient, body: bytes) -> Any:
    return client.post("/add-checkpoint", data=body)


def test_a_log_that_grows_is_cosigned_with_both_kinds_of_key(client: FlaskClient, folder: WitnessFolder) -> None:
    before = 0
    for size in (1, 256, 256, 300, 700):
        answer = post(client, asked(before, size))
        assert answer.status_code == 200
        seen = policy_of(keys_of(folder)).check(note_of(size) + answer.data, [SIGNER.verifier]).seen
        assert len(seen) == 2 and all(each.seconds > 0 for each in seen)
        before = size
    shown = client.get(f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert shown.status_code == 200
    kept = policy_of(keys_of(folder)).check(shown.data, [SIGNER.verifier])
    assert kept.checkpoint == Checkpoint(ORIGIN, 700, root_of(ENTRIES))


def test_the_latest_size_is_told_to_a_log_that_asks_from_another(client: FlaskClient) -> None:
    assert post(client, asked(0, 300)).status_code == 200
    for old, size in ((0, 300), (0, 700), (256, 300), (301, 700)):
        answer = post(client, asked(old, size))
        assert (answer.status_code, answer.data) == (409, b"300\n")
        assert answer.headers["Content-Type"] == "text/x.tlog.size"


def test_a_log_rolled_back_or_forked_is_not_cosigned(client: FlaskClient) -> None:
    assert post(client, asked(0, 300)).status_code == 200
    other = [*ENTRIES[:250], b"another", *ENTRIES[251:]]
    rolled_back = post(client, asked(0, 200))
    assert (rolled_back.status_code, rolled_back.data) == (409, b"300\n")
    assert post(client, asked(300, 200)).status_code == 400
    assert post(client, asked(300, 300, note_of(300, other), [])).status_code == 422
    assert post(client, asked(300, 700, entries=other)).status_code == 422
    assert post(client, asked(300, 700)).status_code == 200, "the true one still is"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        asked(0, 300).replace(b"old 0", b"old 00"),
        asked(0, 300).replace(b"old 0", b"old -1"),
        asked(0, 300).replace(b"old 0", b"Old 0"),
        asked(0, 300).replace(b"old 0\n", b"old 0\r\n"),
        asked(0, 300).replace(b"old 0\n", b""),
        asked(0, 300)[:-1],
        asked(256, 300).replace(b"\n300\n", b"\n0300\n"),
        asked(0, 300, proof=[bytes(31)]),
        asked(0, 300, proof=[bytes(32)] * 64),
        asked(0, 300).replace(b"old 0\n", b"old 0\n\xff\n"),
        asked(0, 300).replace(b"old 0\n", b"old 0\n=\n"),
        asked(0, 300, b"hello\n\n\xe2\x80\x94 x AAAAAAAAAAAA\n"),
    ],
)
def test_what_is_no_request_is_said_to_be_none(client: FlaskClient, body: bytes) -> None:
    assert post(client, body).status_code == 400
    assert post(client, asked(0, 300)).status_code == 200


def test_whatever_a_log_sends_its_witness_can_read_what_it_kept(client: FlaskClient, folder: WitnessFolder) -> None:
    line = note_of(300).split(b"\n\n")[1]
    assert post(client, asked(0, 300, note_of(300) + line * 99)).status_code == 200
    long = Checkpoint(ORIGIN, 300, root_of(ENTRIES[:300]), ("x" * 200_000,))
    assert post(client, asked(300, 300, sign_checkpoint(long, [SIGNER]))).status_code == 400
    assert folder.memory(ORIGIN).latest().size == 300
    assert post(client, asked(300, 700)).status_code == 200


def test_a_body_without_end_is_not_read(client: FlaskClient) -> None:
    assert post(client, b"old 0\n" + b"x" * 400_000).status_code == 413


def test_only_known_logs_and_their_own_keys_count(client: FlaskClient) -> None:
    text = parse_note(note_of(300)).text
    stranger = Ed25519Signer(ORIGIN, b"s" * 32)
    another = Ed25519Signer("another.example/log", b"a" * 32)
    foreign = sign_checkpoint(Checkpoint(another.name, 1, bytes(32)), [another])
    assert post(client, asked(0, 300, foreign)).status_code == 404
    assert post(client, asked(0, 300, sign_note(text, [stranger]))).status_code == 403
    spoiled = note_of(300).replace(text, parse_note(note_of(299)).text)
    assert post(client, asked(0, 300, spoiled)).status_code == 403
    assert post(client, asked(0, 300, sign_note(text, [stranger, SIGNER]))).status_code == 200


def test_the_statuses_come_in_the_order_of_the_page(client: FlaskClient) -> None:
    bad_empty = sign_note(Checkpoint(ORIGIN, 0, bytes(32)).text(), [SIGNER])
    assert post(client, asked(0, 0, bad_empty, [])).status_code == 422
    assert post(client, asked(0, 300, proof=[bytes(32)])).status_code == 422, "nothing is to be proven from nothing"
    assert post(client, asked(0, 0, signed(0, EMPTY_ROOT), [])).status_code == 200
    assert post(client, asked(0, 300)).status_code == 200
    assert post(client, asked(300, 300, proof=[bytes(32)])).status_code == 422
    assert post(client, asked(300, 700, proof=[])).status_code == 422
    assert post(client, asked(301, 300, proof=[])).status_code == 400


BODIES = [asked(0, 300), asked(300, 700), asked(256, 300)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BODIES), st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 3))
def test_no_bytes_of_a_request_break_a_witness_or_make_a_size_smaller(
    folder: WitnessFolder, body: bytes, place: int, put: bytes, taken: int
) -> None:
    before = folder.memory(ORIGIN).latest().size
    answer = Witness(folder).add_checkpoint(body[:place] + put + body[place + taken :])
    assert answer.status in (200, 400, 403, 404, 409, 422)
    assert folder.memory(ORIGIN).latest().size >= before
    assert answer.status == 200 or folder.memory(ORIGIN).latest().size == before


def test_of_many_who_ask_at_once_the_size_never_falls(folder: WitnessFolder) -> None:
    witness = Witness(folder)
    bodies = [asked(0, size) for size in range(1, 40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(witness.add_checkpoint, bodies))
    assert sorted(each.status for each in answers) == [200, *[409] * 38]
    won = next(at + 1 for at, each in enumerate(answers) if each.status == 200)
    assert folder.memory(ORIGIN).latest().size == won


def test_a_key_the_log_changes_to_is_trusted_beside_the_old_one_and_nothing_is_forgotten(
    client: FlaskClient, folder: WitnessFolder
) -> None:
    later = Ed25519Signer(ORIGIN, b"l" * 32)
    assert post(client, asked(0, 300)).status_code == 200
    fresh = sign_note(parse_note(note_of(700)).text, [later])
    assert post(client, asked(300, 700, fresh)).status_code == 403
    assert folder.add_log(later.verifier) is False
    assert post(client, asked(0, 700, fresh)).data == b"300\n"
    assert post(client, asked(300, 700, fresh)).status_code == 200


@pytest.mark.parametrize("harm", ["gone", "garbage", "another"])
def test_a_witness_that_lost_its_memory_signs_nothing(client: FlaskClient, folder: WitnessFolder, harm: str) -> None:
    assert post(client, asked(0, 300)).status_code == 200
    path = folder.root / "seen" / sha256(ORIGIN.encode()).hexdigest()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(b"?" if harm == "garbage" else path.read_bytes().replace(ORIGIN.encode(), b"another.example"))
    assert post(client, asked(0, 200)).status_code == 500


def test_a_clock_set_back_does_not_make_a_later_size_earlier(folder: WitnessFolder) -> None:
    late, early = Witness(folder, lambda: 2_000_000_000.0), Witness(folder, lambda: 1_000_000_000.0)
    late.add_checkpoint(asked(0, 300))
    lines = early.add_checkpoint(asked(300, 700)).body
    good = open_note(note_of(700) + lines, keys_of(folder)).signatures
    assert [seconds_of(each.value) for each in good] == [2_000_000_000] * 2


def test_keys_are_for_the_witness_alone_and_never_written_over(folder: WitnessFolder) -> None:
    with pytest.raises(NotSet, match="there already"):
        folder.make(NAME)
    path = folder.root / "keys" / "ed25519.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(NotSet, match="chmod 600"):
        create_app(str(folder.root))
    with pytest.raises(Wrong):
        WitnessFolder(folder.root / "other").make("a name with spaces")


def test_a_folder_with_a_spoiled_list_of_logs_signs_nothing(client: FlaskClient, folder: WitnessFolder) -> None:
    with (folder.root / "logs").open("a") as file:
        file.write("# a comment\n\nnonsense\n")
    assert post(client, asked(0, 300)).status_code == 500


def test_the_witness_shows_its_own_keys(client: FlaskClient, folder: WitnessFolder) -> None:
    assert client.get("/keys").text.split() == [str(key) for key in keys_of(folder)]
    assert client.get(f"/{'0' * 64}/checkpoint").status_code == 404
    assert client.get(f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint").status_code == 404


DYING = """
import os, signal, sys
from pathlib import Path
from services.witness.folder import WitnessFolder
from services.witness.witness import Witness
folder = WitnessFolder(Path(sys.argv[1]))
Witness(folder, persisted=lambda: os.kill(os.getpid(), signal.SIGKILL)).add_checkpoint(sys.stdin.buffer.read())
"""


def test_a_witness_killed_before_its_answer_still_knows_what_it_signed(folder: WitnessFolder) -> None:
    command = [sys.executable, "-c", DYING, str(folder.root)]
    died = subprocess.run(command, input=asked(0, 300), cwd=Path(__file__).parents[3], check=False)
    assert died.returncode == -signal.SIGKILL
    again = Witness(folder)
    assert again.add_checkpoint(asked(0, 200)).body == b"300\n"
    other = [*ENTRIES[:250], b"another", *ENTRIES[251:]]
    assert again.add_checkpoint(asked(300, 700, entries=other)).status == 422
    assert again.add_checkpoint(asked(300, 300)).status == 200


def test_a_draft_left_by_a_dead_witness_counts_for_nothing(folder: WitnessFolder) -> None:
    witness = Witness(folder)
    assert witness.add_checkpoint(asked(0, 300)).status == 200
    left = folder.root / "seen" / f"{sha256(ORIGIN.encode()).hexdigest()}.next"
    left.write_bytes(note_of(200)[:50])
    assert witness.add_checkpoint(asked(300, 700)).status == 200
    assert folder.memory(ORIGIN).latest().size == 700
