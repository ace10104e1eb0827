"""A process that was set up wrongly refuses to start: it says which setting, never its value, and touches nothing."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.stack.ports import LOOPBACK
from shared.sealing import create_master
from tests.county import County
from tests.faults.backbone import ROOT

Change = Callable[[dict[str, str], Path], None]
SECRET = "geheim-und-teuer"


def setting(name: str, value: str) -> Change:
    """One setting that is wrong."""

    def change(environ: dict[str, str], _data: Path) -> None:
        environ[f"SPRINGRAIN_{name}"] = value

    return change


def no_county(environ: dict[str, str], _data: Path) -> None:
    del environ["SPRINGRAIN_COUNTY_ID"]


def no_master(_environ: dict[str, str], data: Path) -> None:
    (data / "master.key").unlink()


def short_master(_environ: dict[str, str], data: Path) -> None:
    whole = (data / "master.key").read_bytes()
    (data / "master.key").write_bytes(whole[: len(whole) // 2])


def other_master(_environ: dict[str, str], data: Path) -> None:
    (data / "master.key").unlink()
    create_master(data / "master.key")


WRONG: dict[str, tuple[Change, str]] = {
    "no county": (no_county, "SPRINGRAIN_COUNTY_ID"),
    "an address that is none": (setting("AMQP_URL", SECRET), "SPRINGRAIN_AMQP_URL"),
    "a bound below one": (setting("OUTBOX_BOUND", "-1"), "SPRINGRAIN_OUTBOX_BOUND"),
    "a proof at the door without its legal ground": (setting("PROOFS", "door_code="), "SPRINGRAIN_PROOFS"),
    "a password with a line break": (setting("SMPP_PASSWORD", SECRET + "\n"), "SPRINGRAIN_SMPP_PASSWORD"),
    "no master key": (no_master, "SPRINGRAIN_DATA"),
    "half a master key": (short_master, "SPRINGRAIN_DATA"),
    "another county's master key": (other_master, "master key"),
    "a key store nobody prepared": (setting("DATABASE_PREFIX", "nobody_was_here_"), "start registry first"),
}


@pytest.mark.parametrize(("change", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_worker_set_up_wrongly_does_not_start_and_says_what_is_wrong(
    county: County, tmp_path: Path, change: Change, named: str
) -> None:
    environ = {**os.environ, **county.environ}
    change(environ, tmp_path)
    command = [sys.executable, "-m", "services.scheduler.worker"]
    ended = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode not in (0, -9)
    assert named in ended.stderr.splitlines()[-1]
    assert SECRET not in ended.stderr + ended.stdout


@pytest.mark.slow
def test_a_service_whose_port_is_taken_gives_up_and_says_so(county: County) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        place = f"{LOOPBACK}:{taken.getsockname()[1]}"
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--bind",
            place,
            "services.registry.app:create_app()",
        ]
        environ = {**os.environ, **county.environ}
        ended = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert place.rpartition(":")[2] in ended.stderr
    assert "in use" in ended.stderr
