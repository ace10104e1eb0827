"""The peers' own Python environment, made by the bench when it is first run: nothing of it is ever beside what ships."""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
PLACE = ROOT / ".venv" / "peers"
UV = ROOT / ".venv" / "tools" / "bin" / "uv"
"""Laid there by deploy/local/install.sh."""


def environment() -> Path:
    """Its folder of programs. Made in some seconds, hashes checked, when the pins have changed; else at once.

    CalledProcessError when a package cannot be had: what was said stands above it.
    """
    stamp, wanted = PLACE / "peers.stamp", _fingerprint()
    if not stamp.exists() or stamp.read_text("ascii") != wanted:
        stamp.unlink(missing_ok=True)
        print("  the peers' packages into .venv/peers, hashes checked (37 packages, some seconds)", flush=True)
        _run("venv", "--quiet", "--allow-existing", "--python", sys.executable, str(PLACE))
        install = ["sync", "--quiet", "--require-hashes", "--compile-bytecode"]
        _run("pip", *install, "--python", str(PLACE / "bin" / "python"), str(REQUIREMENTS))
        stamp.write_text(wanted, "ascii")
    return PLACE / "bin"


def _run(*arguments: str) -> None:
    subprocess.run([str(UV), *arguments], check=True, stdin=subprocess.DEVNULL)


def _fingerprint() -> str:
    return hashlib.sha256(f"{sys.version} {PLACE}".encode() + REQUIREMENTS.read_bytes()).hexdigest()
