"""The audit service's HTTP side: who sees what of the log, its proof for everybody, formats and caching to the byte."""

from typing import Any

import pytest

from services.audit.log.folder import TileFolder
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.note import parse_verifier
from services.audit.model.policy import parse_log_key
from services.audit.model.tlog_proof import check_proof
from services.audit.store import LogStore
from services.audit.watch.scrub import Scrub
from shared.access import Role
from shared.clock import MachineClock
from shared.http import unmarked
from shared.ids import new_id
from shared.runtime import Runtime
from tests.audit_http import COUNT, Log
from tests.auditing import Office
from tests.told import told_events

READERS = (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)


def indexes(answer: Any) -> set[int]:
    assert answer.status_code == 200, answer.text
    return {item["index"] for item in answer.json["items"]}


def test_every_view_says_who_may_use_it(log: Log) -> None:
    assert unmarked(log.office.app) == []


def test_each_role_sees_its_scope_of_the_log_and_nothing_hidden(log: Log) -> None:
    office, search = log.office, "/api/v1/entries?to=2027-01-01T00:00:00Z&from=2026-01-01T00:00:00Z"
    seen = {role: pages_of(office, search, role) for role in READERS}
    assert seen[Role.INSPECTOR] == seen[Role.ADMINISTRATOR] == set(range(COUNT)) - {4}
    assert seen[Role.SUPERVISOR] == set(range(COUNT)) - {2, 4}
    assert seen[Role.CLERK] == set(range(COUNT)) - {1, 2, 4}
    assert 4 in pages_of(office, "/api/v1/entries", Role.INSPECTOR)
    for role in (Role.VOLUNTEER, Role.LIAISON):
        assert office.get("/api/v1/entries", role).status_code == 403
    assert office.get("/api/v1/entries").status_code == 401


def pages_of(office: Office, path: str, role: Role) -> set[int]:
    found, cursor, sign = set(), "", "&" if "?" in path else "?"
    while True:
        answer = office.get(f"{path}{sign}cursor={cursor}" if cursor else path, role)
        found |= indexes(answer)
        cursor = answer.json.get("next", "")
        if not cursor:
            return found


@pytest.mark.parametrize("path", ["/api/v1/entries/{}", "/api/v1/entries/{}/proof", "/pages/audit/entries/{}"])
def test_an_entry_out_of_scope_looks_like_one_that_is_not_there(log: Log, path: str) -> None:
    for role, index in ((Role.CLERK, 1), (Role.CLERK, 2), (Role.SUPERVISOR, 2), (Role.CLERK, 4), (Role.INSPECTOR, COUNT)):
        assert log.office.get(path.format(index), role).status_code == 404
    for role, index in ((Role.CLERK, 0), (Role.SUPERVISOR, 1), (Role.INSPECTOR, 2), (Role.INSPECTOR, 4)):
        assert log.office.get(path.format(index), role).status_code == 200


def test_the_log_is_searched_by_thing_branch_actor_type_and_time(log: Log) -> None:
    office = log.office
    row = office.get("/api/v1/entries/0", Role.INSPECTOR).json
    assert indexes(office.get(f"/api/v1/entries?subject={row['subject']}", Role.INSPECTOR)) == {0}
    assert indexes(office.get(f"/api/v1/entries?about={log.person}", Role.CLERK)) == {3}
    assert indexes(office.get("/api/v1/entries?type=visit.disputed.v1", Role.INSPECTOR)) == {2}
    assert indexes(office.get("/api/v1/entries?type=visit.disputed.v1", Role.SUPERVISOR)) == set()
    assert indexes(office.get("/api/v1/entries?actor=system:registry", Role.INSPECTOR)) == set()
    assert indexes(office.get("/api/v1/entries?to=2026-09-02T02:00:00Z", Role.INSPECTOR)) == set()
    assert len(indexes(office.get(f"/api/v1/entries?branch={office.village}", Role.SUPERVISOR))) == 50


@pytest.mark.parametrize(
    "query", ["subject=x", "subject[$ne]=", "branch=*", "type=$where", "limit=1000", "cursor=AAAA", "from=2026-02-30", "to=now"]
)
def test_a_search_that_is_none_is_refused(log: Log, query: str) -> None:
    assert log.office.get(f"/api/v1/entries?{query}", Role.INSPECTOR).status_code in (400, 422)


def test_a_cursor_is_good_for_its_own_list_alone(log: Log) -> None:
    cursor = log.office.get("/api/v1/entries", Role.INSPECTOR).json["next"]
    assert log.office.get(f"/api/v1/entries?cursor={cursor}", Role.INSPECTOR).status_code == 200
    assert log.office.get(f"/api/v1/entries?cursor={cursor}", Role.CLERK).status_code == 400
    assert log.office.get(f"/api/v1/concerns?cursor={cursor}", Role.INSPECTOR).status_code == 400


def test_what_is_sealed_is_opened_for_an_inspector_with_a_reason_and_the_look_is_told(log: Log) -> None:
    office = log.office
    closed = office.get("/api/v1/entries/3", Role.INSPECTOR).json["sealed"]
    assert [part["state"] for part in closed] == ["sealed"] * 3
    audit = office.county.service("audit").database
    assert told_events(audit, type="look.taken.v1") == []
    opened = office.get("/api/v1/entries/3?reason=inspection", Role.INSPECTOR).json["sealed"]
    assert [part["state"] for part in opened] == ["opened", "erased", "lost"]
    assert opened[0]["fields"] == {"name": "王小春"}
    looks = [bytes(row["body"]) for row in told_events(audit, type="look.taken.v1")]
    assert len(looks) == 1
    assert log.person.encode() in looks[0]
    assert log.gone.encode() not in looks[0]
    for role in (Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert office.get("/api/v1/entries/3?reason=inspection", role).status_code == 403
    assert office.get("/api/v1/entries/3?reason=curiosity", Role.INSPECTOR).status_code == 422


def test_a_proof_is_checked_with_the_entry_and_the_key_alone(log: Log) -> None:
    office = log.office
    key, cosigner = office.get("/log/key").text.splitlines()
    assert open_checkpoint(office.get("/log/checkpoint").data, [parse_log_key(cosigner)], key.split("+")[0]).size == COUNT
    answer = office.get("/api/v1/entries/255/proof", Role.CLERK)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    origin = f"springrain/{office.county.settings.county}/log/1"
    body = bytes(office.county.service("audit").database["entries"].find_one({"_id": 255})["body"])  # type: ignore[index]
    index, checkpoint = check_proof(body, answer.data, [parse_verifier(key)], origin)
    assert (index, checkpoint.size) == (255, COUNT)
    told = office.get("/api/v1/entries/255/proof", Role.CLERK, Accept="application/json").json
    assert told["verified"] is True
    assert (told["size"], told["key"]) == (COUNT, key)


def test_checkpoint_and_hash_tiles_are_open_to_all_and_cached_as_the_standard_says(log: Log) -> None:
    office = log.office
    checkpoint = office.get("/log/checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "public, max-age=2"
    assert checkpoint.text.splitlines()[1] == str(COUNT)
    tile = office.get("/log/tile/0/000")
    assert (tile.status_code, len(tile.data)) == (200, 8192)
    assert tile.headers["Content-Type"] == "application/octet-stream"
    assert tile.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(office.get("/log/tile/0/001.p/14").data) == 14 * 32
    assert len(office.get("/log/tile/1/000.p/1").data) == 32


def test_entry_bundles_need_an_inspector(log: Log) -> None:
    for path in ("/log/tile/entries/000", "/log/tile/entries/001.p/14"):
        assert log.office.get(path).status_code == 401
        for role in (Role.CLERK, Role.SUPERVISOR, Role.VOLUNTEER, Role.LIAISON):
            assert log.office.get(path, role).status_code == 403
        answer = log.office.get(path, Role.INSPECTOR)
        assert answer.status_code == 200
        assert "private" in answer.headers["Cache-Control"]


ROW_43 = [
    "0/x1/067",
    "0/x0001/000",
    "0/000.p/0",
    "0/000.p/256",
    "0/000.p/01",
    "0/000.p/200",
    "entries/000.p/200",
    "64/000",
    "0/001.p/13",
    "0/001.p/15",
    "0/001",
    "00/000",
    "-1/000",
    "0/0000",
    "0/1",
    "0/000/",
    "0/..%2fcheckpoint",
    "0/../../keys/1.key",
    "../checkpoint",
    "%2e%2e/checkpoint",
    "0/000%00",
    "0/000.p/",
    "0/x000/000",
    "2/000.p/1",
    "1/000",
    "0/０００",
    "entries",
    "entries/",
    "./entries/000",
    "0/../entries/000",
    "entries/..%2f0/000",
    "entries/x1/067",
    "entries/000.p/256",
]


@pytest.mark.parametrize("place", ROW_43)
def test_a_tile_path_that_is_none_is_not_found(log: Log, place: str) -> None:
    """Also a partial one whose full tile is there, which readers take in its place. That it is none is not cached for ever."""
    answer = log.office.get(f"/log/tile/{place}", Role.INSPECTOR)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_the_proof_on_paper_is_a_page_for_whoever_may_see_the_entry(log: Log) -> None:
    page = log.office.get("/pages/audit/entries/9/paper", Role.CLERK)
    assert (page.status_code, '<svg viewBox="0 0' in page.text, "verify.py" in page.text) == (200, True, True)
    assert log.office.get("/pages/audit/entries/1/paper", Role.CLERK).status_code == 404
    assert log.office.get("/pages/audit/entries/9/paper", Role.VOLUNTEER).status_code == 403


def test_the_conductor_hears_how_many_are_logged_and_signed(log: Log) -> None:
    told = log.office.get("/health/quiet").json
    assert told["logged"] == {"scheduler": COUNT - 1}
    assert told["busy"] == []


def test_a_flipped_bit_is_found_and_no_proof_is_given(log: Log) -> None:
    office = log.office
    entries = office.county.service("audit").database["entries"]
    kept = bytes(entries.find_one({"_id": 9})["body"])  # type: ignore[index]
    entries.update_one({"_id": 9}, {"$set": {"body": kept.replace(b"system:scheduler", b"system:schedules")}})
    answer = office.get("/api/v1/entries/9/proof", Role.INSPECTOR)
    assert (answer.status_code, answer.json["code"]) == (409, "does_not_hold")
    assert "不一致" in office.get("/pages/audit/entries/9/proof/part", Role.INSPECTOR).text
    entries.update_one({"_id": 9}, {"$set": {"body": kept}})
    assert "已验证" in office.get("/pages/audit/entries/9/proof/part", Role.INSPECTOR).text


def scrub_of(log: Log) -> tuple[Scrub, Runtime]:
    audit, settings = log.office.county.service("audit"), log.office.county.settings
    folder = TileFolder(settings.data / "log" / "tiles")
    return Scrub(LogStore(audit.database), folder, settings.county, MachineClock()), audit


def test_the_scrub_names_a_damaged_entry_and_where_it_is(log: Log) -> None:
    (scrub, audit), folder = scrub_of(log), log.office.county.settings.data / "log" / "tiles"
    for path, at, where in (("tile/0/001.p/14", 4 * 32, "tile"), ("tile/entries/001.p/14", 2000, "bundle")):
        whole = bytearray((folder / path).read_bytes())
        (folder / path).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        (damage,) = passed_over(scrub, audit)
        assert damage["where"] == where
        assert log.office.get(f"/api/v1/entries/{damage['index']}/proof", Role.INSPECTOR).status_code == 409
        (folder / path).write_bytes(whole)
    above = folder / "tile/1/000.p/1"
    whole = bytearray(above.read_bytes())
    above.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert passed_over(scrub, audit) == [{"index": 0, "where": "tile"}]
    above.write_bytes(whole)
    assert passed_over(scrub, audit) == []


BY_HAND: list[tuple[dict[str, Any] | None, str]] = [
    ({"$set": {"body": b"{}"}}, "database"),
    ({"$set": {"body": b"nothing"}}, "database"),
    ({"$set": {"branch": new_id()}}, "lookup"),
    ({"$set": {"within": []}}, "lookup"),
    ({"$set": {"about": []}}, "lookup"),
    ({"$set": {"odd": "envelope"}}, "lookup"),
    ({"$unset": {"actor": ""}}, "lookup"),
    (None, "missing"),
]


@pytest.mark.parametrize(("change", "where"), BY_HAND)
def test_an_entry_that_was_changed_or_removed_by_hand_is_named(log: Log, change: dict[str, Any] | None, where: str) -> None:
    scrub, audit = scrub_of(log)
    entries = audit.database["entries"]
    kept = entries.find_one({"_id": 260})
    assert kept is not None
    if change is None:
        entries.delete_one({"_id": 260})
    else:
        entries.update_one({"_id": 260}, change)
    assert passed_over(scrub, audit) == [{"index": 260, "where": where}]
    assert "第 260 条" in log.office.get("/pages/audit/log", Role.INSPECTOR).text
    entries.replace_one({"_id": 260}, kept, upsert=True)
    assert passed_over(scrub, audit) == []
    seen = audit.database["health"].find_one({"_id": "log"})
    assert seen is not None
    assert seen["round"]["entries"] == COUNT


def test_what_was_found_is_said_until_a_later_round_has_ended(log: Log) -> None:
    scrub, audit = scrub_of(log)
    entries = audit.database["entries"]
    kept = {index: entries.find_one({"_id": index}) for index in (3, 260)}
    entries.delete_many({"_id": {"$in": [3, 260]}})
    both = [{"index": 3, "where": "missing"}, {"index": 260, "where": "missing"}]
    assert passed_over(scrub, audit) == both
    again, _ = scrub_of(log)  # its process was started again
    again.step()
    row = audit.database["log"].find_one({"_id": "log"})
    assert row is not None
    assert row["damaged"] == both
    for found in kept.values():
        assert found is not None
        entries.insert_one(found)
    assert passed_over(again, audit) == [both[0]]  # it had read that one before it was mended
    assert passed_over(again, audit) == []


COUNTERS: list[tuple[str, Any, str]] = [
    ("counts.scheduler", 1, "counts"),
    ("counts.nobody", 3, "counts"),
    ("signed", 256, "checkpoint"),
    ("size", 3, "checkpoint"),
    ("root", bytes(32), "checkpoint"),
]


@pytest.mark.parametrize(("counter", "value", "where"), COUNTERS)
def test_a_counter_that_was_moved_by_hand_is_named(log: Log, counter: str, value: Any, where: str) -> None:
    scrub, audit = scrub_of(log)
    row = audit.database["log"].find_one({"_id": "log"})
    assert row is not None
    audit.database["log"].update_one({"_id": "log"}, {"$set": {counter: value}})
    assert {"index": None, "where": where} in passed_over(scrub, audit)
    audit.database["log"].replace_one({"_id": "log"}, row)
    assert passed_over(scrub, audit) == []


def passed_over(scrub: Scrub, audit: Runtime) -> list[dict[str, Any]]:
    """What one whole pass notes."""
    while not scrub.step():
        pass
    found: list[dict[str, Any]] = audit.database["log"].find_one({}).get("damaged", [])  # type: ignore[union-attr]
    return found


PAGES = ("/pages/audit/log", "/pages/audit/log/state/part", "/pages/audit/concerns", "/pages/audit/concerns/part")
PAGES = (*PAGES, "/pages/audit/completeness", "/api/v1/completeness")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_to_its_readers_and_to_nobody_else(log: Log, path: str) -> None:
    for role in READERS:
        assert log.office.get(path, role).status_code == 200
    for role in (Role.VOLUNTEER, Role.LIAISON):
        assert log.office.get(path, role).status_code == 403


def test_a_persons_part_shows_the_entries_about_the_person_each_with_its_proof(log: Log) -> None:
    part = log.office.get(f"/pages/audit/person/{log.person}/part", Role.CLERK).text
    assert "/pages/audit/entries/3" in part
    assert "人员已登记" in part
    assert "王小春" not in part
    other = log.office.get(f"/pages/audit/person/{log.person}/part", Role.CLERK, f"{log.office.township}/{new_id()}").text
    assert "/pages/audit/entries/3" not in other


def test_an_entry_is_found_by_its_event_and_by_its_thing(log: Log) -> None:
    row = log.office.get("/api/v1/entries/0", Role.CLERK).json
    for path in (f"/pages/audit/events/{row['id']}", f"/pages/audit/things/{row['subject']}/1"):
        answer = log.office.get(path, Role.CLERK)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/pages/audit/entries/0")
        assert log.office.get(path, Role.CLERK, f"{log.office.township}/{new_id()}").status_code == 404
