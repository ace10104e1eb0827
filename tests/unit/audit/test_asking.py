"""A witness asked over HTTP: what it signs is checked, what it says against us counts with proof only, and nobody waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from deploy.local.stack.ports import LOOPBACK
from services.audit.model.checkpoint import Checkpoint
from services.audit.model.cosignature import CosignatureKey
from services.audit.model.note import Signature
from services.audit.model.policy import policy_of
from services.audit.model.wrong import Wrong
from services.audit.witnessing.asking import Asking, Candidate, Outcome, against
from services.audit.witnessing.client import Away, WitnessClient
from services.audit.witnessing.cosigned import AWAY, CONTRADICTS, FORKED, LIES, REFUSES, ROLLED_BACK, SIGNS
from services.witness.app import create_app
from services.witness.folder import WitnessFolder
from tests.unit.audit.logs import ORIGIN, SIGNER, Memory, month, root_of, signed
from tests.witness_office import stranger

ENTRIES = month(600)
OTHER = [*ENTRIES[:50], b"another", *ENTRIES[51:]]
KEY = CosignatureKey("liar.example", 4, b"l" * 32)


def candidate(size: int, entries: list[bytes] = ENTRIES) -> Candidate:
    """This log, grown to this size."""
    root = root_of(entries[:size])
    return Candidate(Checkpoint(ORIGIN, size, root), signed(size, root), (SIGNER.verifier,))


def ask(asking: Asking, size: int, entries: list[bytes] = ENTRIES) -> Outcome:
    return asking.ask(candidate(size, entries), lambda: candidate(size, entries))


@pytest.fixture
def folder(tmp_path: Path) -> WitnessFolder:
    found = WitnessFolder(tmp_path / "witness")
    found.make("witness.example")
    found.add_log(SIGNER.verifier)
    return found


@pytest.fixture
def url(folder: WitnessFolder) -> Iterator[str]:
    server = make_server(LOOPBACK, 0, create_app(str(folder.root)), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    thread.join()


def asking_at(url: str, *keys: CosignatureKey, entries: list[bytes] = ENTRIES, deadline: float = 5.0) -> Asking:
    verifiers = [key.verifier for key in keys]
    return Asking(WitnessClient(url), verifiers, Memory(entries), lambda: datetime.now(UTC), deadline)


def test_a_witness_is_asked_from_nothing_and_again_and_by_one_who_knows_nothing(url: str, folder: WitnessFolder) -> None:
    first = asking_at(url, *folder.signing_keys())
    for size in (100, 100, 300):
        found = ask(first, size)
        assert (found.state, len(found.lines)) == (SIGNS, 2)
    later = ask(asking_at(url, *folder.signing_keys()), 600)
    assert later.state == SIGNS, "the size was learned from its 409"
    note = candidate(600).note + b"".join(line.line() for line in later.lines)
    assert len(policy_of([key.verifier for key in folder.signing_keys()]).check(note).seen) == 2


def test_a_log_put_back_to_yesterday_is_shown_its_own_signature_of_today(url: str, folder: WitnessFolder) -> None:
    assert ask(asking_at(url, *folder.signing_keys()), 300).state == SIGNS
    found = ask(asking_at(url, *folder.signing_keys()), 200)
    assert (found.state, found.why) == (CONTRADICTS, ROLLED_BACK)
    assert found.evidence is not None and found.evidence.checkpoint.size == 300


def test_of_two_logs_shown_to_two_inspectors_only_one_is_witnessed(url: str, folder: WitnessFolder) -> None:
    one = ask(asking_at(url, *folder.signing_keys()), 300)
    other = ask(asking_at(url, *folder.signing_keys(), entries=OTHER), 400, OTHER)
    assert (one.state, other.state, other.why) == (SIGNS, CONTRADICTS, FORKED)
    policy = policy_of([key.verifier for key in folder.signing_keys()], 1)
    assert policy.check(candidate(300).note + b"".join(line.line() for line in one.lines), [SIGNER.verifier])
    with pytest.raises(Wrong, match="quorum_not_met"):
        policy.check(candidate(400, OTHER).note, [SIGNER.verifier])
    borrowed = candidate(400, OTHER).note + b"".join(line.line() for line in one.lines)
    with pytest.raises(Wrong, match="signature_wrong"):
        policy.check(borrowed, [SIGNER.verifier])


def test_a_witness_that_does_not_know_the_log_or_its_key_says_so(url: str, folder: WitnessFolder) -> None:
    (folder.root / "logs").write_text("")
    assert ask(asking_at(url, *folder.signing_keys()), 100).state == REFUSES


def test_nothing_is_held_against_the_log_that_it_did_not_sign() -> None:
    tiles = Memory(ENTRIES)
    assert against(candidate(600).note, candidate(600), tiles) is None
    assert against(candidate(300).note, candidate(600), tiles) is None, "an earlier one that is true"
    assert against(candidate(300, OTHER).note, candidate(600), tiles) is not None
    assert against(b"garbage", candidate(600), tiles) is None
    forged = candidate(300, OTHER).note.replace(b"\n300\n", b"\n700\n")
    assert against(forged, candidate(600), tiles) is None


def answer(status: str, body: bytes, kind: str = "text/plain") -> Callable[[socket.socket], None]:
    """Reads a request's beginning and answers this."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()

    def speak(wire: socket.socket) -> None:
        wire.recv(65536)
        wire.sendall(head + body)
        while wire.recv(65536):
            continue

    return speak


def line(size: int, at: datetime, entries: list[bytes] = ENTRIES) -> bytes:
    """The liar's line under some checkpoint."""
    text = candidate(size, entries).checkpoint.text()
    return Signature(KEY.name, KEY.verifier.key_id, KEY.at(int(at.timestamp())).sign(text)).line()


NOW = datetime.now(UTC)
LIARS = {
    "signs another size": answer("200 OK", line(99, NOW)),
    "signs another log": answer("200 OK", line(100, NOW, OTHER)),
    "signs for next year": answer("200 OK", line(100, NOW + timedelta(days=365))),
    "signs for last year": answer("200 OK", line(100, NOW - timedelta(days=365))),
    "signs with no key we know": answer("200 OK", line(100, NOW).replace(b"liar", b"lair")),
    "says nothing": answer("200 OK", b""),
    "talks": answer("200 OK", b"<html>welcome</html>"),
    "lays a second checkpoint in": answer("200 OK", b"\n" + line(100, NOW)),
    "saw more, and shows nothing": answer("409 Conflict", b"700\n", "text/x.tlog.size"),
    "saw another size each time": answer("409 Conflict", b"50\n", "text/x.tlog.size"),
    "finds the proof wrong": answer("422 Unprocessable", b"no\n"),
}


@pytest.mark.parametrize("how", LIARS)
def test_a_lying_witness_is_not_believed(how: str) -> None:
    with stranger(LIARS[how]) as url:
        found = ask(asking_at(url, KEY), 100)
    assert (found.state, found.lines, found.evidence) == (LIES, (), None)


def drip(wire: socket.socket) -> None:
    """A byte now and then, for ever: each read is in time, the whole never is."""
    wire.recv(65536)
    wire.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        wire.sendall(b"x")
        threading.Event().wait(0.05)


def endless(wire: socket.socket) -> None:
    """As much as is taken."""
    wire.recv(65536)
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        wire.sendall(b"x" * 65536)


DEAD: dict[str, Callable[[socket.socket], None]] = {
    "drips": drip,
    "never ends": endless,
    "is silent": lambda wire: [None for _ in iter(lambda: wire.recv(65536), b"")] and None,
    "hangs up": lambda wire: None,
    "speaks no HTTP": lambda wire: wire.sendall(b"SSH-2.0-OpenSSH\r\n"),
    "stops in the middle": lambda wire: wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"),
    "is broken": answer("500 Internal Server Error", b""),
    "sends elsewhere": answer("302 Found", b""),
    "says a size that is none": answer("409 Conflict", b"many\n", "text/x.tlog.size"),
    "says a size as a page": answer("409 Conflict", b"7\n", "text/html"),
}


@pytest.mark.parametrize("how", DEAD)
def test_a_dead_or_slow_witness_costs_its_deadline_and_no_more(how: str) -> None:
    with stranger(DEAD[how]) as url:
        found = ask(asking_at(url, KEY, deadline=0.2), 100)
    assert (found.state, found.lines) == (AWAY, ())


def test_a_witness_nobody_is_at_is_away() -> None:
    with stranger(lambda wire: None) as url:
        pass
    assert ask(asking_at(url, KEY), 100).state == AWAY


@pytest.mark.parametrize("url", ["", "ftp://w.example", "http://", "http://w.example:port", "http://w.example/?x", "w.example"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        WitnessClient(url)


def test_a_call_after_its_deadline_is_not_made() -> None:
    with pytest.raises(Away):
        WitnessClient("http://127.0.0.1:1").latest(ORIGIN, 0.0)
