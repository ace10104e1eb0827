"""Importing the three rosters of 文港镇 into a real registry, also with a kill in the middle and again and again."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from deploy.local.stack import Stack
from services.registry.commands.importing.drafting import Drafting
from services.registry.commands.importing.run import Imports
from services.registry.commands.importing.writing import Writing
from services.registry.commands.rosters import forget_roster
from services.registry.sending import erase_person, send_rosters
from shared.access import Role
from shared.ids import new_id
from shared.units.timers import Timer
from tests.county import County
from tests.eventually import eventually
from tests.registry_office import OTHER_TOWNSHIP, PASSWORD, ROOT, TOWNSHIP, Office, roster_of_elders
from tests.servers import Vhost
from tests.told import told_events
from tests.unit.registry.roster_files import CHILDREN, ELDERS, VOLUNTEERS, check_roster, elder, id_number, truth

ROSTERS = (ELDERS, CHILDREN, VOLUNTEERS)


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    opened = Office.open(county)
    opened.account("clerk", Role.CLERK, TOWNSHIP)
    yield opened
    county.close()


def upload(office: Office, name: str, content: bytes, who: str = "clerk", key: str = "") -> TestResponse:
    headers = office.headers(who) | ({"Idempotency-Key": key} if key else {})
    return office.client().post("/api/v1/rosters", data={"file": (io.BytesIO(content), name)}, headers=headers)


def import_all(office: Office, names: tuple[str, ...] = ROSTERS) -> list[dict[str, Any]]:
    ids = []
    for name in names:
        sent = upload(office, name, (ROOT / "data/rosters" / name).read_bytes())
        assert sent.status_code == 202, sent.text
        ids.append(sent.get_json()["id"])
    work(office)
    return [office.get("clerk", f"/api/v1/rosters/{one}").get_json() for one in ids]


def work(office: Office) -> None:
    imports, stop = Imports(office.desk), threading.Event()
    while imports.step(stop):
        pass


def count(office: Office, collection: str, **filter: Any) -> int:
    return office.desk.database[collection].count_documents(filter)


def test_the_rosters_of_a_township_become_people_and_what_is_wrong_stays_with_the_clerk(office: Office) -> None:
    jobs = import_all(office)
    assert [job["state"] for job in jobs] == ["done"] * 3
    for name, job in zip(("elders", "children", "volunteers"), jobs, strict=True):
        wrong = Counter(kind for row in truth()["wrong"][name] for kind in row["wrong"])
        assert job["faults"] == dict(wrong)
        assert job["rows"] == truth()["counts"][name]
        assert job["registered"] == job["rows"] - job["refused"] == job["done"]
    assert count(office, "people", kinds={"$in": ["elder", "child"]}) == 179 + 140
    assert count(office, "volunteers") == 48
    told = Counter(row["type"] for row in told_events(office.desk.database))
    people = count(office, "people")
    assert told["person.registered.v1"] == told["consent.given.v1"] == people
    assert told["kinship.registered.v1"] == count(office, "kinships") > 300
    assert told["household.formed.v1"] == count(office, "households") and told["household.changed.v1"] < 60
    assert told["wish.made.v1"] == count(office, "wishes") > 0
    assert told["roster.imported.v1"] == 3
    assert count(office, "people", no_adult=True) == 15


def test_numbers_are_given_in_the_order_of_the_roster(office: Office) -> None:
    import_all(office, (ELDERS,))
    first = office.desk.database["people"].find_one({"kinds": "elder"}, sort=[("number", 1)])
    assert first is not None and first["number"] == "360124103-000001"
    name = office.desk.sealer.open(first["_id"], "people", first["_id"], first["sealed"])
    assert isinstance(name, dict) and name["name"] == check_roster(ELDERS).people[0].name
    last = office.desk.database["people"].find_one({"kinds": "elder"}, sort=[("number", -1)])
    assert last is not None and last["number"] == "360124103-000179"


def test_everybody_is_in_one_household_with_the_strictest_rhythm_of_its_members(office: Office) -> None:
    import_all(office)
    people = {row["_id"]: row for row in office.desk.database["people"].find({"care": "active"})}
    members = [one for home in office.desk.database["households"].find() for one in home["members"]]
    assert sorted(members) == sorted(people)
    order = ["weekly", "fortnightly", "monthly"]
    for home in office.desk.database["households"].find({"members": {"$ne": []}}):
        bands = [people[one]["band"] for one in home["members"]]
        assert home["band"] == min(bands, key=order.index)
        assert home["minors"] == any(people[one]["minor"] for one in home["members"])


def test_the_same_rosters_again_register_and_tell_nobody(office: Office) -> None:
    import_all(office)
    before = {row["_id"]: row["revision"] for row in office.desk.database["people"].find()}
    events = len(told_events(office.desk.database))
    jobs = import_all(office)
    assert [(job["registered"], job["changed"]) for job in jobs] == [(0, 0)] * 3
    assert {row["_id"]: row["revision"] for row in office.desk.database["people"].find()} == before
    assert len(told_events(office.desk.database)) == events + 3  # roster.imported


class Killed(BaseException):
    """The worker's end by kill -9: nothing after it runs."""


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_in_the_middle_doubles_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch, batch: int, when: str
) -> None:
    sent = upload(office, CHILDREN, (ROOT / "data/rosters" / CHILDREN).read_bytes()).get_json()["id"]
    runs = Counter[str]()
    run = office.desk.units.run

    def dying(work: Any) -> Any:
        if getattr(work, "__self__", None).__class__ is not Writing:
            return run(work)
        runs["batch"] += 1
        if runs["batch"] == batch and when == "before":
            raise Killed
        result = run(work)
        if runs["batch"] == batch:
            raise Killed
        return result

    monkeypatch.setattr(office.desk.units, "run", dying)
    with pytest.raises(Killed):
        Imports(office.desk).step(threading.Event())
    monkeypatch.undo()
    office.desk.database["rosters"].update_one({"_id": sent}, {"$unset": {"taken_until": ""}})  # its lease ran out
    work(office)
    job = office.get("clerk", f"/api/v1/rosters/{sent}").get_json()
    assert (job["state"], job["registered"], job["done"]) == ("done", 140, 140)
    assert count(office, "people", kinds="child") == 140
    assert len(told_events(office.desk.database, type="person.registered.v1")) == count(office, "people")


def test_the_mended_workbook_changes_the_people_meant_and_the_files_are_destroyed(office: Office) -> None:
    rows = [elder(身份证号码=""), elder(姓名="林松", 身份证号码=id_number(serial="159"), 子女姓名="林一")]
    job = import_small(office, rows)
    assert job["faults"] == {"id_missing": 1} and job["workbook"]
    book = openpyxl.load_workbook(io.BytesIO(office.get("clerk", f"/api/v1/rosters/{job['id']}/corrections").data))
    page = book["老人"]
    page.cell(3, [cell.value for cell in page[2]].index("身份证号码") + 1).value = id_number()
    target = io.BytesIO()
    book.save(target)
    for expected in ((0, 1), (0, 0)):
        again = upload(office, "改正.xlsx", target.getvalue()).get_json()["id"]
        work(office)
        mended = office.get("clerk", f"/api/v1/rosters/{again}").get_json()
        assert (mended["registered"], mended["changed"]) == expected and mended["faults"] == {}
    assert count(office, "people", kinds="elder") == 2
    assert count(office, "people", to_mend={"$ne": []}) == 0
    gone = office.get("clerk", f"/api/v1/rosters/{job['id']}").get_json()
    assert not gone["files"] and gone["file"] == "" and count(office, "roster_parts") == 0
    assert office.get("clerk", f"/api/v1/rosters/{job['id']}/corrections").status_code == 404


def import_small(office: Office, rows: list[list[str]]) -> dict[str, Any]:
    sent = upload(office, "文港镇老人花名册.xlsx", roster_of_elders(*rows)).get_json()["id"]
    work(office)
    found: dict[str, Any] = office.get("clerk", f"/api/v1/rosters/{sent}").get_json()
    return found


def test_a_small_upload_that_is_no_roster_is_refused_at_once_and_leaves_nothing(office: Office) -> None:
    for name, content in (("a.xlsx", b""), ("a.xlsx", b"%PDF-1.7"), ("a.csv", "一,二\n".encode()), ("../a.csv", b"x")):
        answer = upload(office, name, content)
        assert answer.status_code == 422 and answer.get_json()["faults"][0]["field"] == "file", name
    assert count(office, "rosters") == count(office, "roster_parts") == 0
    assert upload(office, "a.csv", b"x" * (27 * 1024 * 1024)).status_code == 413


def test_the_same_upload_twice_is_one_import_and_the_same_key_with_another_file_a_conflict(office: Office) -> None:
    content = (ROOT / "data/rosters" / ELDERS).read_bytes()
    key = new_id()
    first, again = (upload(office, ELDERS, content, key=key).get_json()["id"] for _ in range(2))
    assert first == again and count(office, "rosters") == 1
    other = upload(office, CHILDREN, (ROOT / "data/rosters" / CHILDREN).read_bytes(), key=key)
    assert other.status_code == 409
    assert office.county.service("registry").client[f"{office.desk.database.name[:-8]}keys"]["keys"].count_documents({}) == 1


def test_a_village_clerk_cannot_import_another_villages_people(office: Office) -> None:
    office.account("village", Role.CLERK, "360124103201")
    sent = upload(office, ELDERS, (ROOT / "data/rosters" / ELDERS).read_bytes(), who="village").get_json()["id"]
    work(office)
    job = office.get("village", f"/api/v1/rosters/{sent}").get_json()
    assert job["state"] == "failed" and job["problems"][0]["code"] == "outside_scope"
    assert count(office, "people") == 0


def test_nobody_reaches_into_another_township_by_knowing_an_id_number(office: Office) -> None:
    import_small(office, [elder()])
    office.account("other", Role.CLERK, OTHER_TOWNSHIP)
    before = office.desk.database["people"].find_one({"kinds": "elder"})
    stolen = roster_of_elders(elder(**{"村（居）": "", "备注": "不是我们的"}))
    sent = upload(office, "花名册.xlsx", stolen, who="other").get_json()["id"]
    work(office)
    job = office.get("other", f"/api/v1/rosters/{sent}").get_json()
    assert (job["registered"], job["changed"], job["refused"]) == (0, 0, 1)
    assert [one["code"] for one in job["problems"]] == ["known_elsewhere"]
    assert office.desk.database["people"].find_one({"kinds": "elder"}) == before


def test_after_thirty_days_the_files_are_destroyed_though_nobody_mended_anything(office: Office) -> None:
    job = import_small(office, [elder(身份证号码="")])
    timer = office.desk.database["timers"].find_one({"name": "forget_roster"})
    assert timer is not None and timer["due_at"] - office.desk.now() > timedelta(days=29)
    fired = Timer(timer["_id"], timer["name"], timer["due_at"], timer["payload"])
    office.desk.units.run(lambda unit: forget_roster(unit, fired))
    work(office)
    assert count(office, "roster_parts") == 0
    assert office.get("clerk", f"/api/v1/rosters/{job['id']}").get_json()["files"] is False


def test_the_worker_goes_on_when_a_person_is_changed_between_reading_and_writing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_small(office, [elder()])
    add, crossed = Drafting.add, Counter[str]()

    def slow(drafting: Drafting, row: Any) -> None:
        add(drafting, row)
        if not crossed["once"]:
            crossed["once"] += 1
            office.desk.database["people"].update_one({"kinds": "elder"}, {"$inc": {"revision": 1}})

    monkeypatch.setattr(Drafting, "add", slow)
    job = import_small(office, [elder(生活能否自理="不能")])
    assert (job["state"], job["registered"], job["changed"]) == ("done", 0, 1)


@pytest.mark.parametrize("step", ["before_commit:4", "after_commit:4"])
def test_a_worker_killed_by_the_system_is_followed_by_one_that_goes_on(office: Office, step: str) -> None:
    sent = upload(office, CHILDREN, (ROOT / "data/rosters" / CHILDREN).read_bytes()).get_json()["id"]
    with worker(office, SPRINGRAIN_CRASH_AT=step) as first:
        assert first.wait(60) == -signal.SIGKILL
    half = office.get("clerk", f"/api/v1/rosters/{sent}").get_json()
    assert half["state"] == "importing" and 0 < half["done"] < 140
    with worker(office):  # which also ends the transaction that was left open; before that the job cannot be touched
        office.desk.database["rosters"].update_one({"_id": sent}, {"$unset": {"taken_until": ""}})  # its 30 s are over
        job = eventually(lambda: finished(office, sent), "the import is done", within=60)
    assert (job["registered"], job["done"]) == (140, 140)
    assert count(office, "people", kinds="child") == 140
    assert len(told_events(office.desk.database, type="person.registered.v1")) == count(office, "people")


def finished(office: Office, roster: str) -> dict[str, Any] | None:
    job: dict[str, Any] = office.get("clerk", f"/api/v1/rosters/{roster}").get_json()
    return job if job["state"] == "done" else None


@contextmanager
def worker(office: Office, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The registry's worker as a process of its own."""
    command = [sys.executable, "-m", "services.registry.worker"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **office.county.environ, **more})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def test_the_verbs_import_and_erase_through_a_running_front(office: Office, tmp_path: Path) -> None:
    office.account("super", Role.SUPERVISOR, TOWNSHIP)
    path = tmp_path / "文港镇老人花名册.xlsx"
    path.write_bytes(roster_of_elders(elder(身份证号码="")))
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    front = f"http://127.0.0.1:{server.server_port}"
    stop = threading.Event()
    loops = [server.serve_forever, lambda: Imports(office.desk).run(stop)]
    threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    told = send_rosters(front, "clerk", PASSWORD, [path])
    assert (told[0]["file"], told[0]["rows"], told[0]["faults"]) == (path.name, 1, {"id_missing": 1})
    person = office.desk.database["people"].find_one({"kinds": "elder"})
    assert person is not None
    state = erase_person(front, ("clerk", PASSWORD), ("super", PASSWORD), person["_id"], "request")
    assert state["state"] == "approved"
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join(10)
