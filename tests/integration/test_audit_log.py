"""The log on the real servers: everything appended once, nothing lost or forked whenever its process dies."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import TileFolder
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.note import parse_verifier
from services.audit.verifier import verify_bundle
from services.audit.verifier.entry import read_entry
from shared.canonical import parse
from shared.ids import new_id
from tests.auditing import ROOT, body_of, log_row, log_running, log_worker, publish, signed
from tests.county import County
from tests.eventually import eventually


def tiles(county: County) -> TileFolder:
    return TileFolder(county.settings.data / "log" / "tiles")


def exported(county: County, where: Path) -> Path:
    """The log as an inspector takes it away."""
    row = log_row(county)
    write_bundle(where, bundle_parts(tiles(county), bytes(row["note"]), row["key"]))
    return where


def test_everything_that_comes_is_appended_once_whatever_it_says(county: County, tmp_path: Path) -> None:
    first = body_of(county)
    other = first.replace(b'"at":"2026-09-02T02:00:00Z"', b'"at":"2026-09-02T03:00:00Z"')
    again = body_of(county, subject=parse(first)["subject"])
    unknown = body_of(county, type="kite.flown.v1", data={"height": 3})
    bad_data = body_of(county, data={"household": "nobody", "extra": [True]})
    odd = [b"", b"\xff\xfe", b"{}", b"x" * 60_000, first + b" ", b'{"specversion":"1.0"}']
    bodies = [first, first, other, again, unknown, bad_data, *odd]
    with log_worker(county):
        publish(county, bodies)
        row = signed(county, len(bodies) - 1)
        publish(county, list(reversed(bodies)))
        publish(county, [body_of(county)])
        row = signed(county, len(bodies))
    kept = list(tiles(county).entries(0, row["signed"]))
    assert sorted(kept[:-1]) == sorted(set(bodies))
    assert row["counts"] == {"scheduler": 5}
    concerns = county.service("audit").database["concerns"]
    assert {c["about"] for c in concerns.find({"kind": "other_body"})} == {parse(first)["subject"]}
    report = verify_bundle(exported(county, tmp_path / "log.tar"), row["key"])
    assert report.sound
    assert {finding.code for finding in report.findings} >= {"not_canonical", "id_twice", "revision_twice"}


def test_a_body_no_log_can_hold_is_kept_aside_and_stops_nobody(county: County) -> None:
    with log_worker(county):
        publish(county, [b"y" * 70_000, body_of(county)])
        signed(county, 1)
    kept = county.service("audit").database["oversize"].find_one({})
    assert kept is not None
    assert len(kept["body"]) == kept["size"] == 70_000


def test_a_hole_is_seen_and_closes_when_the_missing_one_comes(county: County) -> None:
    subject, holes = new_id(), county.service("audit").database["holes"]
    chain = [body_of(county, subject=subject, revision=revision) for revision in (1, 2, 3, 4)]
    with log_worker(county):
        publish(county, [chain[0], chain[3]])
        signed(county, 2)
        assert [hole["revision"] for hole in holes.find()] == [3]
        publish(county, [chain[2]])
        signed(county, 3)
        assert [hole["revision"] for hole in holes.find()] == [2]
        publish(county, [chain[1]])
        signed(county, 4)
    assert holes.count_documents({}) == 0


SELDOM = ("log_integrating", "log_integrated", "log_set")
STEPS = ("log_committed", "log_signed", *(pytest.param(step, marks=pytest.mark.slow) for step in SELDOM))


@pytest.mark.parametrize("step", STEPS)
def test_a_log_killed_at_any_step_loses_nothing_and_forks_nothing(county: County, step: str, tmp_path: Path) -> None:
    bodies = [body_of(county) for _ in range(300)]
    with log_worker(county):
        publish(county, bodies[:100])
        before = bytes(signed(county, 100)["note"])
    with log_worker(county, crash_at=step) as dying:
        publish(county, bodies[100:200])
        assert eventually(lambda: dying.poll() is not None, within=30)
    with log_worker(county):
        publish(county, bodies[200:])
        row = signed(county, 300)
    assert sorted(tiles(county).entries(0, 300)) == sorted(bodies)
    report = verify_bundle(exported(county, tmp_path / "log.tar"), row["key"], before)
    assert report.holds, report.lines("en")
    assert report.earlier_size == 100


def test_entries_come_back_from_the_folder_when_the_database_is_lost(county: County, tmp_path: Path) -> None:
    bodies = [body_of(county) for _ in range(400)]
    with log_worker(county):
        publish(county, bodies[:300])
        before = signed(county, 300)
    audit = county.service("audit")
    audit.client.drop_database(audit.database.name)
    with log_worker(county):
        publish(county, bodies[290:])
        row = signed(county, 400)
    assert (row["origin"], row["key"]) == (before["origin"], before["key"])
    assert audit.database["entries"].count_documents({}) == 400
    assert verify_bundle(exported(county, tmp_path / "log.tar"), row["key"], bytes(before["note"])).holds


def test_a_database_put_back_from_yesterday_is_read_up_to_what_the_folder_signed(county: County, tmp_path: Path) -> None:
    bodies, database = [body_of(county) for _ in range(700)], county.service("audit").database
    with log_running(county):
        publish(county, bodies[:300])
        signed(county, 300)
    yesterday = {name: list(database[name].find()) for name in database.list_collection_names()}
    with log_running(county):
        publish(county, bodies[300:600])
        before = signed(county, 600)
    for name in database.list_collection_names():
        database[name].delete_many({})
        if yesterday.get(name):
            database[name].insert_many(yesterday[name])
    assert log_row(county)["size"] == 300
    with log_running(county):
        publish(county, bodies[600:])
        row = signed(county, 700)
    assert (row["origin"], row["counts"]) == (before["origin"], {"scheduler": 700})
    assert [bytes(entry["body"]) for entry in database["entries"].find(sort=[("_id", 1)])] == list(
        tiles(county).entries(0, 700)
    )
    assert verify_bundle(exported(county, tmp_path / "log.tar"), row["key"], bytes(before["note"])).holds


def test_entries_not_signed_yet_come_back_as_well(county: County) -> None:
    bodies = [body_of(county) for _ in range(300)]
    with log_worker(county):
        publish(county, bodies[:50])
        signed(county, 50)
    with log_worker(county, crash_at="log_signed") as dying:
        publish(county, bodies[50:])
        assert eventually(lambda: dying.poll() is not None, within=30)
    audit = county.service("audit")
    audit.client.drop_database(audit.database.name)
    with log_worker(county):
        publish(county, bodies)
        signed(county, 300)
    assert sorted(tiles(county).entries(0, 300)) == sorted(bodies)


def test_the_folder_is_made_again_from_the_database_when_it_is_lost(county: County, tmp_path: Path) -> None:
    bodies = [body_of(county) for _ in range(300)]
    with log_worker(county):
        publish(county, bodies)
        before = signed(county, 300)
    shutil.rmtree(county.settings.data / "log" / "tiles")
    with log_worker(county):
        publish(county, [body_of(county)])
        row = signed(county, 301)
    assert verify_bundle(exported(county, tmp_path / "log.tar"), row["key"], bytes(before["note"])).holds


def test_a_changed_entry_in_the_database_stops_the_log_before_it_signs(county: County) -> None:
    audit = county.service("audit")
    with log_worker(county):
        publish(county, [body_of(county) for _ in range(20)])
        before = signed(county, 20)
    shutil.rmtree(county.settings.data / "log" / "tiles")
    audit.database["entries"].update_one({"_id": 7}, {"$set": {"body": body_of(county)}})
    with log_worker(county):
        publish(county, [body_of(county)])
        eventually(lambda: log_row(county).get("stopped"), within=20)
    assert bytes(log_row(county)["note"]) == bytes(before["note"])


@pytest.mark.parametrize("by_hand", ["size on", "size back", "an entry more"])
def test_a_counter_or_entry_set_by_hand_stops_the_log_before_it_signs(county: County, by_hand: str) -> None:
    database = county.service("audit").database
    with log_running(county):
        publish(county, [body_of(county) for _ in range(20)])
        before = signed(county, 20)
        if by_hand == "an entry more":
            database["entries"].insert_one({"_id": 20, "key": new_id(), "link": new_id(), "body": b""})
        else:
            database["log"].update_one({"_id": "log"}, {"$inc": {"size": 5 if by_hand == "size on" else -5}})
        publish(county, [body_of(county)])
        eventually(lambda: log_row(county).get("stopped"), within=20)
    assert bytes(log_row(county)["note"]) == bytes(before["note"])


def test_when_both_are_lost_a_new_origin_begins_with_a_new_key(county: County) -> None:
    audit = county.service("audit")
    with log_worker(county):
        publish(county, [body_of(county)])
        before = signed(county, 1)
    shutil.rmtree(county.settings.data / "log" / "tiles")
    audit.client.drop_database(audit.database.name)
    with log_worker(county):
        publish(county, [body_of(county)])
        row = signed(county, 2)
    first = read_entry(next(iter(tiles(county).entries(0, 1))))
    assert (first["type"], first["data"]) == ("log.began.v1", {"before": before["origin"], "number": 2})
    assert before["origin"].endswith("/log/1")
    assert row["origin"].endswith("/log/2")
    assert row["key"] != before["key"]


def test_a_second_worker_stands_by_and_takes_over(county: County) -> None:
    with log_worker(county) as first:
        publish(county, [body_of(county)])
        signed(county, 1)
        with log_worker(county):
            publish(county, [body_of(county) for _ in range(10)])
            signed(county, 11)
            first.kill()
            publish(county, [body_of(county) for _ in range(10)])
            row = signed(county, 21)
    checkpoint = open_checkpoint(bytes(row["note"]), [parse_verifier(row["key"])], row["origin"])
    assert checkpoint.size == 21


def test_a_bit_flipped_in_a_bundle_is_found_and_named(county: County, tmp_path: Path) -> None:
    with log_worker(county):
        publish(county, [body_of(county) for _ in range(300)])
        row = signed(county, 300)
    bundle = exported(county, tmp_path / "log.tar")
    content = bytearray(bundle.read_bytes())
    at = content.index(next(iter(tiles(county).entries(123, 124)))) + 40
    content[at] ^= 1
    bundle.write_bytes(content)
    report = verify_bundle(bundle, row["key"])
    assert not report.holds
    assert [finding.entry for finding in report.findings if finding.code == "entry"] == [123]


def test_what_the_audit_service_tells_itself_is_logged_as_well(county: County) -> None:
    village = "/".join([county.settings.county, new_id(), new_id()])
    uncovered = {"household": new_id(), "month": "2026-09", "visits": 2, "why": "no_day"}
    told = body_of(county, type="care.not_covered.v1", branch=village, data=uncovered)
    with log_worker(county, roles=()):
        publish(county, [told], "care.not_covered.v1")
        row = signed(county, 2)
    assert row["counts"] == {"scheduler": 1, "audit": 1}
    raised = parse(next(tiles(county).entries(1, 2)))
    assert (raised["type"], raised["data"]["kind"]) == ("concern.raised.v1", "not_covered")
    assert raised["data"]["cause"] == parse(told)["id"]


def test_the_command_line_exports_and_verifies_and_finds_a_flipped_bit(county: County, tmp_path: Path) -> None:
    with log_worker(county):
        publish(county, [body_of(county) for _ in range(30)])
        signed(county, 30)
    target = tmp_path / "log.tar"
    made = springrain(county, "audit", "export", "--to", str(target), "--json")
    assert (made.returncode, json.loads(made.stdout)["size"]) == (0, 30)
    key = json.loads(made.stdout)["key"]
    assert springrain(county, "audit", "verify", str(target), "--key", key).returncode == 0
    content = bytearray(target.read_bytes())
    content[-5000] ^= 4
    target.write_bytes(content)
    checked = springrain(county, "audit", "verify", str(target), "--key", key, "--json")
    assert (checked.returncode, json.loads(checked.stdout)["holds"]) == (1, False)
    assert springrain(county, "audit", "verify", str(target), "--key", "nonsense").returncode == 2
    assert b"Traceback" not in springrain(county, "audit", "export", "--to", str(tmp_path / "no" / "folder")).stderr


def springrain(county: County, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "services.cli", *words]
    return subprocess.run(command, env={**county.environ, "PATH": ""}, cwd=ROOT, capture_output=True)
