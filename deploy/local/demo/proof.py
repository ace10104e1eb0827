"""Shows the proof: the exported log is checked by a process that has nothing but the bundle and the public key."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.demo.front import Front


@dataclass(frozen=True)
class Checked:
    """What the separate process said."""

    holds: bool
    report: dict[str, Any]


def export(front: Front, target: Path) -> str:
    """Take the whole log away as one file, as an inspector would. Returns the log's public key."""
    made = front.post("/api/v1/exports", {}).body
    target.write_bytes(front.get(f"/api/v1/exports/{made['id']}/bundle").raw)
    key: str = made["key"]
    return key


def check(bundle: Path, key: str) -> Checked:
    """Have a separate process check the bundle; it is given no address, no database and no other key."""
    command = [sys.executable, "-m", "services.audit.verifier", str(bundle), "--key", key, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": ""}, cwd=Path(__file__).parents[3])
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the verifier could not run: {done.stderr[-500:]}")
    return Checked(done.returncode == 0, json.loads(done.stdout))


def flip_one_bit(bundle: Path, target: Path) -> int:
    """Copy the bundle with one bit changed in the middle of it. Returns at which byte."""
    content = bytearray(bundle.read_bytes())
    at = len(content) // 2
    while content[at] == 0:
        at += 1
    content[at] ^= 1
    target.write_bytes(content)
    return at
