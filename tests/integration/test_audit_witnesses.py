"""A log and the witness of another office, on the real servers: what is published, and that no roll-back stays unseen."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.audit.log.folder import TileFolder
from services.audit.model.note import parse_verifier
from services.audit.model.policy import Checked, parse_policy
from services.audit.model.wrong import Wrong
from services.audit.verifier.entry import read_entry
from services.audit.witnessing.cosigned import COSIGNED, Cosigned
from shared.access import Role
from tests.auditing import ROOT, Office, body_of, log_worker, publish, signed
from tests.backup import Backup
from tests.county import County
from tests.eventually import eventually
from tests.witness_office import WitnessOffice, policy_file, stranger, witness_running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WitnessOffice]:
    with witness_running(tmp_path / "witness") as found:
        yield found


def verb(county: County, *words: str) -> dict[str, Any]:
    """What a verb of `springrain audit` answers."""
    command = [sys.executable, "-m", "services.cli", "audit", *words, "--json"]
    told = subprocess.run(command, cwd=ROOT, env={**county.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def knows(office: WitnessOffice, row: Mapping[str, Any]) -> None:
    """The witness is given the log's key, as its office gets it from the county."""
    office.folder.add_log(parse_verifier(row["key"]))


def begin_anew(county: County) -> None:
    """A log that is given up: its tiles and its database go, its keys stay."""
    audit, log = county.service("audit"), county.settings.data / "log"
    shutil.rmtree(log / "tiles")
    (log / "cosigned").unlink(missing_ok=True)
    audit.client.drop_database(audit.database.name)


def standing(county: County, size: int) -> Mapping[str, Any]:
    """Wait until this size was cosigned by enough witnesses."""
    rows = county.service("audit").database[COSIGNED]
    return eventually(lambda: rows.find_one({"_id": "standing", "size": size}), f"{size} entries cosigned", within=40)


def checked(policy: Path, note: bytes) -> Checked:
    """The note as an inspector with this policy sees it. Raises Wrong."""
    return parse_policy(policy.read_bytes()).check(note)


@pytest.fixture
def second(tmp_path: Path) -> Iterator[WitnessOffice]:
    with witness_running(tmp_path / "second") as found:
        yield found


def test_what_two_witnesses_signed_is_served_and_given_away_though_another_is_dead_and_one_lies(
    county: County, office: WitnessOffice, second: WitnessOffice, tmp_path: Path
) -> None:
    liar, dead = WitnessOffice(tmp_path / "liar"), WitnessOffice(tmp_path / "dead")
    with stranger(lambda wire: wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)) as url:
        honest = [(each.url, each.keys) for each in (office, second)]
        policy = policy_file(tmp_path, [*honest, (url, liar.keys), (dead.url, dead.keys)], 2)
        with log_worker(county, witnesses=str(policy)):
            publish(county, [body_of(county) for _ in range(10)])
            row = signed(county, 10)
            knows(office, row)
            knows(second, row)
            publish(county, [body_of(county) for _ in range(300)])
            signed(county, 310)
            standing(county, 310)
            reader = Office(county)
            served = reader.get("/log/checkpoint").data
            proof = reader.get("/api/v1/entries/3/proof", Role.INSPECTOR, accept="text/plain").data
            made = reader.post("/api/v1/exports", {}, Role.INSPECTOR).json
            taken = verb(county, "export", "--to", str(tmp_path / "log.tar"))
    seen = checked(policy, served)
    assert (seen.checkpoint.size, len(seen.seen)) == (310, 4), "each with both its keys"
    assert checked(policy, proof.split(b"\n\n", 1)[1]).checkpoint.size == 310
    audit = county.service("audit")
    kept = audit.database["exports"].find_one({"_id": made["id"]})
    assert kept is not None and len(checked(policy, bytes(kept["note"])).seen) == 4
    assert verb(county, "verify", str(tmp_path / "log.tar"), "--key", taken["key"], "--policy", str(policy))["holds"] is True
    assert "2 / 4 位见证人已联署前 310 条" in reader.get("/pages/audit/log", Role.INSPECTOR).text
    assert sorted(row["state"] for row in Cosigned(audit.database).witnesses()) == ["away", "away", "signs", "signs"]


def test_a_log_rolled_back_with_its_folder_is_found_out(county: County, office: WitnessOffice, tmp_path: Path) -> None:
    policy, audit, folder = office.policy(tmp_path), county.service("audit"), county.settings.data / "log"
    with log_worker(county):
        publish(county, [body_of(county) for _ in range(20)])
        knows(office, signed(county, 20))
    yesterday = Backup.of(audit.database)
    shutil.copytree(folder, tmp_path / "yesterday")
    with log_worker(county, witnesses=str(policy)):
        publish(county, [body_of(county) for _ in range(20)])
        note = bytes(standing(county, 40)["note"])
    yesterday.restore()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "yesterday", folder)
    with log_worker(county, witnesses=str(policy)):
        concerns = audit.database["concerns"]
        raised = eventually(lambda: concerns.find_one({"kind": "log_contradicted", "state": "open"}), "an alarm", within=40)
        assert raised["shown"] == {"why": "rolled_back", "reason": office.url}
        publish(county, [body_of(county) for _ in range(30)])
        after = signed(county, 50)
    evidence = audit.database[COSIGNED].find_one({"kind": "rolled_back"})
    assert evidence is not None and checked(policy, bytes(evidence["note"])).checkpoint == checked(policy, note).checkpoint
    with pytest.raises(Wrong, match="quorum_not_met"):
        checked(policy, bytes(after["note"]))
    reader = Office(county)
    assert any("witness" in said for said in reader.get("/health/ready").json["parts"].values())
    assert "见证人手里有另一份日志" in reader.get("/pages/audit/log", Role.INSPECTOR).text
    begin_anew(county)
    with log_worker(county, witnesses=str(policy)):
        signed(county, 1)
    began = read_entry(next(iter(TileFolder(folder / "tiles").entries(0, 1))))["data"]
    assert (began["before"], began["size"]) == (after["origin"], 40), "what the given-up log was, as its witness remembers it"
    assert began["witnesses"] == ["office0-6", "office0-4"]
