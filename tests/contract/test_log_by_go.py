"""The log as Go's own module log is checked: `sumdb/note` and `sumdb/tlog` of Debian's golang-golang-x-mod-dev, unchanged.

A small Go program (by_go/main.go) reads what /log/ serves. Nothing is skipped: without Go these tests fail.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from services.audit.log.folder import TileFolder
from services.audit.model.cosignature import COSIGNATURE_MLDSA44, CosignatureKey
from services.audit.model.note import to_base64
from services.audit.model.proof import prove_consistency, prove_inclusion
from services.audit.model.tlog_proof import EntryProof
from tests.unit.audit.logs import KEY, ORIGIN, event, exported, month, root_of, signed

SIZE, EARLIER = 700, 300
PROVEN = (0, 1, 255, 256, 511, 512, 698, 699)
STRONG = CosignatureKey(ORIGIN, COSIGNATURE_MLDSA44, bytes([9]) * 32)


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, compiled from the distribution's sources alone: no module is fetched."""
    where = tmp_path_factory.mktemp("go")
    source = Path(__file__).parent / "by_go" / "main.go"
    settings = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(where / "cache"), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", where / "check", source], env={**os.environ, **settings}, check=True)
    return where / "check"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 700 entries as it is served, with proofs of ours beside it."""
    where = tmp_path_factory.mktemp("served")
    exported(where, month(SIZE))
    folder, log = where / "log", TileFolder(where / "log")
    note = signed(SIZE, root_of(month(SIZE)))
    (folder / "checkpoint").write_bytes(note)
    (folder / "earlier").write_bytes(signed(EARLIER, root_of(month(EARLIER))))
    (folder / "consistency").write_text("\n".join(map(to_base64, prove_consistency(log, EARLIER, SIZE))))
    for index in PROVEN:
        proof = EntryProof(index, tuple(prove_inclusion(log, index, SIZE)), note, month(SIZE)[index])
        (folder / f"{index}.tlog-proof").write_bytes(proof.text())
    return folder


def by_go(checker: Path, folder: Path, key: str = KEY) -> tuple[int, str]:
    found = subprocess.run([checker, folder, key], capture_output=True, text=True, check=False)
    return found.returncode, found.stdout + found.stderr


def test_go_finds_every_entry_proof_and_earlier_tree_in_order(checker: Path, served: Path) -> None:
    assert by_go(checker, served) == (0, "700 entries, 8 proofs\n")


def test_go_passes_over_the_logs_own_ml_dsa_line_and_the_witnesses(checker: Path, served: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(served, tmp_path / "copy"))
    text = (copy / "checkpoint").read_bytes()
    body = text.rpartition(b"\n\n")[0] + b"\n"
    line = STRONG.at(1_795_000_000).sign(body)
    (copy / "checkpoint").write_bytes(text + f"— {ORIGIN} {to_base64(STRONG.verifier.key_id + line)}\n".encode())
    assert by_go(checker, copy)[0] == 0


def changed(path: str, change: Callable[[bytes], bytes]) -> tuple[str, Callable[[bytes], bytes]]:
    return path, change


CHANGES = {
    "an entry": changed("tile/entries/001", lambda data: data.replace(b'"minutes":35', b'"minutes":37', 1)),
    "an entry less": changed("tile/entries/002.p/188", lambda data: data[: data.rindex(b"{") - 2]),
    "a leaf hash": changed("tile/0/001", lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:]),
    "an upper hash": changed("tile/1/000.p/2", lambda data: data[:63] + bytes([data[63] ^ 1])),
    "the signature": changed("checkpoint", lambda data: data[:-6] + b"AAAA=\n"),
    "the checkpoint of a smaller log": changed("checkpoint", lambda _: signed(EARLIER, root_of(month(EARLIER)))),
    "another log's tree": changed("checkpoint", lambda _: signed(SIZE, root_of([*month(SIZE - 1), event(7_777)]))),
    "a proof": changed("255.tlog-proof", lambda data: data.replace(b"index 255", b"index 254")),
    "an earlier tree": changed("earlier", lambda _: signed(EARLIER, root_of(month(EARLIER + 1)[1:]))),
    "our consistency proof": changed("consistency", lambda data: data[: data.rindex(b"\n")]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_go_finds_what_was_changed(checker: Path, served: Path, tmp_path: Path, what: str) -> None:
    copy = Path(shutil.copytree(served, tmp_path / "copy"))
    path, change = CHANGES[what]
    data = (copy / path).read_bytes()
    (copy / path).write_bytes(change(data))
    assert (copy / path).read_bytes() != data
    assert by_go(checker, copy)[0] == 1
