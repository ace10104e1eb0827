"""Another office in tests: a real witness behind a real port, and servers that answer as no witness should."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.stack.ports import LOOPBACK, free_port, listens
from services.audit.model.cosignature import CosignatureVerifier
from services.witness.folder import WitnessFolder
from tests.eventually import eventually

ROOT = Path(__file__).parents[1]


class WitnessOffice:
    """A witness's folder and, between `start` and `kill`, its process."""

    def __init__(self, folder: Path, name: str = "witness.city.example.cn") -> None:
        self.folder, self.port = WitnessFolder(folder), free_port()
        self.keys = [key.verifier for key in self.folder.make(name)]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it as its office does; it listens when this returns."""
        command = [sys.executable, "-m", "services.witness", "run", "--folder", str(self.folder.root)]
        with (self.folder.root / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--bind", f"{LOOPBACK}:{self.port}"], cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )
        eventually(lambda: listens(self.port), f"witness at {self.port}", within=30)

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def policy(self, folder: Path) -> Path:
        """The policy file of a county that asks this witness: one key of either kind is enough."""
        return policy_file(folder, [(self.url, self.keys)], 1)


def policy_file(folder: Path, offices: Sequence[tuple[str, Sequence[CosignatureVerifier]]], least: int) -> Path:
    """A policy in which `least` of these offices must have signed, each with any of its keys."""
    lines: list[str] = []
    for at, (url, keys) in enumerate(offices):
        names = [f"office{at}-{key.kind}" for key in keys]
        lines += [f"witness {name} {key} {url}" for name, key in zip(names, keys, strict=True)]
        lines.append(f"group office{at} any {' '.join(names)}")
    lines += [f"group offices {least} {' '.join(f'office{at}' for at in range(len(offices)))}", "quorum offices"]
    path = folder / "policy"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextmanager
def witness_running(folder: Path) -> Iterator[WitnessOffice]:
    """A witness that runs while the block lasts."""
    office = WitnessOffice(folder)
    office.start()
    try:
        yield office
    finally:
        office.kill()


@contextmanager
def stranger(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does this with each connection; gives its address. Every connection is cut at the end."""
    listener = socket.create_server((LOOPBACK, 0))
    wires: list[socket.socket] = []

    def serve(wire: socket.socket) -> None:
        with suppress(OSError), wire:
            speak(wire)

    def accept() -> None:
        with suppress(OSError):
            while True:
                wire, _ = listener.accept()
                wires.append(wire)
                threading.Thread(target=serve, args=(wire,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for wire in wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
