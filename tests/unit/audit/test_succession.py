"""What is remembered of a log that is given up: the largest checkpoint its own key and a witness signed, and nothing else."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from deploy.local.stack.ports import LOOPBACK
from services.audit.log.keyring import Keyring
from services.audit.log.succession import Succession
from services.audit.model.checkpoint import parse_checkpoint
from services.audit.model.note import parse_note
from services.audit.model.policy import Witness
from services.audit.witnessing.asking import Asking, Candidate
from services.audit.witnessing.client import WitnessClient
from services.witness.app import create_app
from services.witness.folder import WitnessFolder
from tests.unit.audit.logs import ORIGIN, Memory, month, root_of
from tests.witness_office import stranger

ENTRIES = month(30)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    (tmp_path / "keys").mkdir()
    found = Keyring(tmp_path / "keys", 1, ORIGIN)
    found.begin()
    return found


@pytest.fixture
def client(tmp_path: Path, ring: Keyring) -> Iterator[WitnessClient]:
    folder = WitnessFolder(tmp_path / "witness")
    folder.make("w.example")
    folder.add_log(ring.newest.verifier)
    server = make_server(LOOPBACK, 0, create_app(str(folder.root)), threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield WitnessClient(f"http://{LOOPBACK}:{server.server_port}")
    server.shutdown()


def note_of(ring: Keyring, size: int) -> bytes:
    return ring.note(size, root_of(ENTRIES[:size]), datetime.now(UTC))


def cosign(ring: Keyring, client: WitnessClient, tmp_path: Path, size: int) -> bytes:
    """Have the witness sign; returns the note with its lines."""
    keys = [key.verifier for key in WitnessFolder(tmp_path / "witness").signing_keys()]
    note = note_of(ring, size)
    asked = Candidate(parse_checkpoint(parse_note(note).text), note, tuple(ring.verifiers()))
    asking = Asking(client, keys, Memory(ENTRIES), lambda: datetime.now(UTC))
    return note + b"".join(line.line() for line in asking.ask(asked, lambda: asked).lines)


def witnesses(tmp_path: Path) -> list[Witness]:
    keys = WitnessFolder(tmp_path / "witness").signing_keys()
    return [Witness(f"w{key.kind}".encode(), key.verifier) for key in keys]


def test_the_largest_that_a_witness_signed_is_remembered(ring: Keyring, client: WitnessClient, tmp_path: Path) -> None:
    cosigned, copy = cosign(ring, client, tmp_path, 10), tmp_path / "cosigned"
    copy.write_bytes(cosigned)
    cosign(ring, client, tmp_path, 20)
    with stranger(lambda wire: None) as nobody:
        offices = [(WitnessClient(nobody), []), (client, witnesses(tmp_path))]
        known = Succession("home", offices, copy).last_of(ring)
    assert known is not None
    assert (known.checkpoint.size, known.names) == (20, ("w6", "w4"))


def test_what_no_witness_or_another_log_signed_is_not(ring: Keyring, client: WitnessClient, tmp_path: Path) -> None:
    copy, offices = tmp_path / "cosigned", [(client, witnesses(tmp_path))]
    assert Succession("home", offices, copy).last_of(ring) is None
    copy.write_bytes(note_of(ring, 10))
    assert Succession("home", offices, copy).last_of(ring) is None
    (tmp_path / "others").mkdir()
    other = Keyring(tmp_path / "others", 1, ORIGIN)
    other.begin()
    copy.write_bytes(cosign(ring, client, tmp_path, 10))
    assert Succession("home", offices, copy).last_of(other) is None
    assert Succession("home", offices, copy).last_of(Keyring(tmp_path / "others", 7, ORIGIN)) is None
