"""Carriers as processes, for tests of the line: ours, and npm `smpp`'s, which nobody here wrote. Both have one set of ways."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"
ROOT = PEERS.parent.parent


class Carrier:
    """A running carrier: where it listens, and its phones."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"smpp=(\d+) http=(\d+)", line)
        assert found, f"the carrier did not start: {line!r}"
        self.port, self.http = int(found[1]), int(found[2])

    def arrived(self, number: str) -> list[str]:
        """Texts that came whole to this phone."""
        return [message["text"] for message in self._ask(f"/handsets/{number}", missing=[]) if not message["own"]]

    def state(self) -> dict[str, Any]:
        """The carrier's counts."""
        return dict(self._ask("/state"))

    def writes(self, number: str, text: str) -> None:
        """The family at this number sends a text."""
        self._ask(f"/handsets/{number}/answer", {"text": text})

    def sees(self, number: str, came: bool) -> None:
        """Somebody came to this family, or nobody (ours alone)."""
        self._ask("/home", {"number": number, "came": came})

    def fails(self, **faults: object) -> None:
        """`mute=n`, `throttle=n`: the next submits; `cut=True`: every connection, now."""
        self._ask("/faults", faults)

    def page(self, path: str, form: dict[str, str] | None = None) -> str:
        """A page as a browser gets it; with `form`, after posting that."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", data, timeout=10) as response:
            return str(response.read().decode())

    def _ask(self, path: str, fields: object = None, missing: object = None) -> Any:
        data = None if fields is None else json.dumps(fields).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404 and missing is not None:
                return missing
            raise


@contextmanager
def our_carrier(*words: str, port: int = 0) -> Iterator[Carrier]:
    """Ours; `words` are further arguments, such as `--real-time`."""
    command = [sys.executable, "-m", "deploy.local.carrier", "--port", str(port), "--http-port", "0", *words]
    with _running(command) as carrier:
        yield carrier


@contextmanager
def npm_carrier() -> Iterator[Carrier]:
    """npm `smpp`, installed when it is missing."""
    npm_package("smpp")
    with _running(["node", str(PEERS / "smsc.js")]) as carrier:
        yield carrier


def npm_package(name: str) -> Path:
    """Where a package of the tests' peers lies; they are installed when it is missing."""
    folder = PEERS / "node_modules" / name
    if not folder.is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS, check=True, capture_output=True)
    return folder


@contextmanager
def _running(command: list[str]) -> Iterator[Carrier]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        yield Carrier(process)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
