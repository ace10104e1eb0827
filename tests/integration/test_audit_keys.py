"""The log's key is changed while the log runs: nobody who checks with the old or the new one is left alone."""

import json
import subprocess
import sys

import pytest

from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.note import parse_note, parse_verifier
from services.audit.model.policy import parse_log_key
from tests.auditing import ROOT, Office, body_of, log_worker, publish, signed
from tests.county import County


def rotated(county: County) -> dict[str, str]:
    """What the verb says after a change of key."""
    command = [sys.executable, "-m", "services.cli", "audit", "rotate-key", "--json"]
    environ = {**county.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True).stdout
    found: dict[str, str] = json.loads(told)
    return found


def test_a_key_is_changed_while_the_log_runs_once_at_a_time_and_the_origin_stays(county: County) -> None:
    with log_worker(county):
        publish(county, [body_of(county) for _ in range(5)])
        before = signed(county, 5)
        told = rotated(county)
        publish(county, [body_of(county) for _ in range(5)])
        row = signed(county, 10)
    note = bytes(row["note"])
    assert (told["old"], told["new"]) == (before["key"], row["key"])
    assert row["origin"] == before["origin"]
    for key in (told["old"], told["new"]):
        assert open_checkpoint(note, [parse_verifier(key)], row["origin"]).size == 10
    assert len(parse_note(note).signatures) == 3
    with log_worker(county):
        publish(county, [body_of(county)])
        again = signed(county, 11)
    assert again["keys"] == row["keys"]
    served = Office(county).get("/log/key").text.splitlines()
    assert served[:2] == [told["new"], told["old"]]
    assert all(open_checkpoint(bytes(again["note"]), [parse_log_key(key)], row["origin"]) for key in served)
    with pytest.raises(subprocess.CalledProcessError):
        rotated(county)
