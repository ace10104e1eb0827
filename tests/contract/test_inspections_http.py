"""Inspections and findings over HTTP: who may do what, in which order, and what a branch never learns."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.audit.inspections.draw import commitment
from services.audit.inspections.redraw import redraw
from services.audit.inspections.steps import DRAW_WITHIN
from services.audit.recall import RECALL
from services.audit.wiring import anchoring_of, counting_of, duties_of
from shared.access import Role
from shared.clock import FileCountyClock
from shared.events.envelope import read
from shared.http.cursors import PAGE
from shared.ids import new_id
from shared.runtime import Runtime
from tests.auditing import body_of, log_row, log_running, publish, signed
from tests.county import County
from tests.inspectorate import PERIOD, SECRET, START, Doc, Inspectorate
from tests.servers import Vhost
from tests.told import told_events


@pytest.fixture(scope="module")
def at(stack: Stack, management: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspectorate]:
    name, folder = "inspections", tmp_path_factory.mktemp("inspections")
    management.make_vhost(name)
    vhost, words = Vhost(name, stack.rabbit.amqp_url_of(name)), {"county_time_file": str(folder / "time")}
    county = County(stack, vhost, f"t{new_id()[-12:]}", folder, **words)
    made = Inspectorate.of(county, FileCountyClock(folder / "time"))
    with log_running(county):
        made.september()
        yield made
    county.close()
    management.drop_vhost(name)


@pytest.fixture(scope="module")
def drawn(at: Inspectorate) -> Doc:
    """One inspection with its sample, for those who change nothing of it."""
    return at.drawn()


@pytest.fixture(autouse=True)
def the_day(at: Inspectorate) -> None:
    at.clock.move_to(START)


OTHERS = (Role.CLERK, Role.VOLUNTEER, Role.SUPERVISOR, Role.LIAISON)


def test_only_an_inspector_opens_and_only_within_the_own_scope(at: Inspectorate) -> None:
    made = at.opens()
    assert (made.status_code, made.json["state"], made.headers["ETag"]) == (201, "opened", '"1"')
    body = {"branch": at.office.township.rsplit("/", 1)[-1], **PERIOD, "commitment": commitment(SECRET)}
    for role in (*OTHERS, Role.ADMINISTRATOR):
        assert at.office.post("/api/v1/inspections", body, role).status_code == 403
    elsewhere = f"{at.office.county.settings.county}/{new_id()}"
    assert at.office.post("/api/v1/inspections", body, Role.INSPECTOR, elsewhere).status_code == 422
    assert at.office.post("/api/v1/inspections", {**body, "branch": new_id()}, Role.INSPECTOR).status_code == 422


def test_an_inspection_is_read_by_inspectors_and_the_county_and_by_no_branch(at: Inspectorate, drawn: Doc) -> None:
    for path in ("", f"/{drawn['id']}", f"/{drawn['id']}/checkpoint", f"/{drawn['id']}/report"):
        assert at.office.get(f"/api/v1/inspections{path}").status_code == 401
        for role in OTHERS:
            assert at.office.get(f"/api/v1/inspections{path}", role).status_code == 403
    elsewhere = f"{at.office.county.settings.county}/{new_id()}"
    assert at.office.get(f"/api/v1/inspections/{drawn['id']}", Role.INSPECTOR, elsewhere).status_code == 404
    assert at.office.get("/api/v1/inspections", Role.INSPECTOR, elsewhere).json["items"] == []
    for step, body in (("draw", {"secret": SECRET.hex()}), ("checks", {}), ("closure", {"outcome": "given_up"})):
        for role in (*OTHERS, Role.ADMINISTRATOR):
            assert at.does(drawn, step, body, role).status_code == 403


@pytest.mark.parametrize(
    ("changed", "field_"),
    [
        ({"commitment": SECRET.hex()}, "commitment"),
        ({"commitment": "G" * 64}, "commitment"),
        ({"first_day": "2026-10-01"}, "last_day"),
        ({"first_day": "2025-09-01"}, "last_day"),
        ({"first_day": "2026-02-30"}, "first_day"),
        ({"branch": "x"}, "branch"),
        ({"secret": SECRET.hex()}, "secret"),
    ],
)
def test_an_opening_that_is_none_is_refused_by_its_field(at: Inspectorate, changed: Doc, field_: str) -> None:
    answer = at.opens(**changed)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json["faults"]] == [field_]


def test_nothing_is_drawn_before_the_checkpoint_stands(at: Inspectorate) -> None:
    made = at.opens(last_day="2026-10-02").json
    at.logs()
    assert anchoring_of(at.office.county.service("audit")).look() == 0
    assert at.does(made, "draw", {"secret": SECRET.hex()}).status_code == 409
    at.clock.move_to(START + timedelta(days=1))
    audit = at.office.county.service("audit")
    assert anchoring_of(audit).look() == 1
    found = at.reads(made["id"])
    assert found["state"] == "anchored"
    early = at.does(found, "draw", {"secret": SECRET.hex()})
    assert (early.status_code, "counted" in early.json["detail"]) == (409, True)
    assert counting_of(audit).look() == 1
    assert counting_of(audit).look() == 0
    assert at.does(found, "draw", {"secret": SECRET.hex()}).status_code == 200
    counting_of(audit).look()
    assert audit.database["populations"].count_documents({"inspection": made["id"]}) == 0


def test_an_opening_that_is_not_in_the_log_yet_waits(at: Inspectorate) -> None:
    made = at.opens().json
    assert anchoring_of(at.office.county.service("audit")).look() == 0
    assert at.reads(made["id"])["state"] == "opened"
    at.logs()
    assert anchoring_of(at.office.county.service("audit")).look() == 1


def test_the_secret_that_was_committed_to_draws_and_no_other(at: Inspectorate) -> None:
    found = at.anchored()
    for wrong in (bytes(16).hex(), "0" * 33, "z" * 32):
        answer = at.does(found, "draw", {"secret": wrong})
        assert (answer.status_code, answer.json["faults"][0]["field"]) == (422, "secret")
    assert at.does({**found, "revision": 9}, "draw", {"secret": SECRET.hex()}).status_code == 412
    headers = at.office.headers(Role.INSPECTOR)
    path = f"/api/v1/inspections/{found['id']}/draw"
    assert at.office.client().post(path, json={"secret": SECRET.hex()}, headers=headers).status_code == 428
    drawn = at.does(found, "draw", {"secret": "0001-0203-0405-0607-0809-0A0B-0C0D-0E0F"})
    assert (drawn.status_code, drawn.json["state"]) == (200, "drawn")
    assert drawn.json["population"] == 60
    assert len(drawn.json["sample"]) == 4
    assert at.does(drawn.json, "draw", {"secret": SECRET.hex()}).status_code == 409


def test_a_draw_that_is_sent_twice_draws_once(at: Inspectorate) -> None:
    found = at.anchored()
    headers = at.office.headers(Role.INSPECTOR) | {"If-Match": f'"{found["revision"]}"'}
    path, body = f"/api/v1/inspections/{found['id']}/draw", {"secret": SECRET.hex()}
    first, second = (at.office.client().post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json


def test_who_has_the_log_draws_the_very_sample_again(at: Inspectorate, tmp_path: Path) -> None:
    found = at.drawn()
    at.logs()
    export = at.office.post("/api/v1/exports", {}, Role.INSPECTOR).json
    (tmp_path / "log.tar").write_bytes(at.office.get(export["bundle"], Role.INSPECTOR).data)
    again = redraw(tmp_path / "log.tar", found["id"])
    assert again.holds, again.lines("en")
    assert again.sample is not None
    assert [each.id for each in again.sample.drawn] == [each["id"] for each in found["sample"]]


def test_a_branch_answers_its_finding_once_and_sees_nothing_of_the_inspection(at: Inspectorate, drawn: Doc) -> None:
    made = at.finds(drawn, note="老人说这天没有人来").json
    seen = at.office.get(f"/api/v1/findings/{made['id']}", Role.CLERK).json
    assert seen["note"] == "老人说这天没有人来"
    said = "id revision inspection branch first_day last_day kind due state at note"
    assert seen.keys() == set(said.split())
    neighbour = f"{at.office.township}/{new_id()}"
    assert at.office.get(f"/api/v1/findings/{made['id']}", Role.CLERK, neighbour).status_code == 404
    assert at.answers(made, Role.CLERK, neighbour).status_code == 404
    for role in (Role.VOLUNTEER, Role.LIAISON, Role.INSPECTOR, Role.ADMINISTRATOR):
        assert at.answers(made, role).status_code == 403
    assert at.answers({**made, "revision": 7}).status_code == 412
    answered = at.answers(made, note="志愿者当日请假，未改期")
    assert (answered.status_code, answered.json["answer_note"]) == (200, "志愿者当日请假，未改期")
    assert at.answers(answered.json).status_code == 409


def test_a_branch_is_told_which_entry_it_is_only_where_its_own_papers_show_it(at: Inspectorate, drawn: Doc) -> None:
    shown = {}
    for kind in ("nobody_came", "record_wrong"):
        made = at.finds(drawn, kind=kind).json
        for role in (Role.CLERK, Role.INSPECTOR):
            shown[kind, role] = "drawn" in at.office.get(f"/api/v1/findings/{made['id']}", role).json
        page = at.office.get(f"/pages/audit/findings/{made['id']}", Role.CLERK).text
        assert ("/pages/audit/entries/" in page) is (kind == "record_wrong")
    assert [shown["nobody_came", role] for role in (Role.CLERK, Role.INSPECTOR)] == [False, True]
    assert [shown["record_wrong", role] for role in (Role.CLERK, Role.INSPECTOR)] == [True, True]


def test_findings_are_listed_by_their_state_and_page_by_page(at: Inspectorate, drawn: Doc) -> None:
    made = at.finds(drawn).json
    rows = at.office.county.service("audit").database["findings"]
    row = rows.find_one({"_id": made["id"]})
    assert row is not None
    newer = [new_id() for _ in range(PAGE)]
    rows.insert_many([{**row, "_id": each} for each in newer])
    first = at.office.get("/api/v1/findings?state=recorded", Role.CLERK).json
    assert [item["id"] for item in first["items"]] == newer[::-1]
    second = at.office.get(f"/api/v1/findings?state=recorded&cursor={first['next']}", Role.CLERK).json
    assert second["items"][0]["id"] == made["id"]
    answered = at.office.get("/api/v1/findings?state=answered", Role.CLERK).json["items"]
    assert made["id"] not in [item["id"] for item in answered]
    page = at.office.get("/pages/audit/findings", Role.CLERK).text
    following = page.split("/pages/audit/findings?cursor=")[1].split('"')[0]
    assert made["id"] not in page
    assert made["id"] in at.office.get(f"/pages/audit/findings?cursor={following}", Role.CLERK).text
    rows.delete_many({"_id": {"$in": newer}})


def test_nothing_people_said_is_a_finding_before_everybody_was_asked(at: Inspectorate) -> None:
    found = at.drawn(ask=False)
    assert at.finds(found).status_code == 409
    assert at.finds(found, kind="record_wrong").status_code == 201


def test_what_a_branch_is_shown_is_the_same_whether_or_not_somebody_complained(at: Inspectorate, drawn: Doc) -> None:
    bodies = []
    for disputed in (False, True):
        if disputed:
            dispute = body_of(at.office.county, type="visit.disputed.v1", actor=new_id(), data={"sealed": []})
            size = log_row(at.office.county)["size"]
            publish(at.office.county, [dispute], "visit.disputed.v1")
            signed(at.office.county, size + 1)
        made = at.finds(drawn).json
        text = at.office.get(f"/api/v1/findings/{made['id']}", Role.CLERK).text
        bodies.append(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "id", text))
    assert bodies[0] == bodies[1]


def test_the_log_of_a_branch_says_nothing_of_inspections_and_nothing_sealed_of_findings(at: Inspectorate, drawn: Doc) -> None:
    at.finds(drawn, note="秘密的话")
    at.logs()
    for role in (Role.CLERK, Role.SUPERVISOR):
        for type_ in OURS:
            assert at.office.get(f"/api/v1/entries?type={type_}", role).json["items"] == []
        assert at.office.get(f"/api/v1/entries?about={at.person}&type=look.taken.v1", role).json["items"] == []
    rows = told_events(at.office.county.service("audit").database, type="finding.recorded.v1")
    assert not [row for row in rows if "秘密的话".encode() in bytes(row["body"])]
    kept = at.office.county.service("audit").database["findings"].find({}, {"_id": 0})
    assert "秘密的话" not in str(list(kept))


def test_a_note_that_is_shown_is_a_look(at: Inspectorate, drawn: Doc) -> None:
    made = at.finds(drawn, note="老人说没有人来").json
    looks = told_events(at.office.county.service("audit").database, type="look.taken.v1")
    at.office.get(f"/api/v1/findings/{made['id']}", Role.SUPERVISOR)
    after = told_events(at.office.county.service("audit").database, type="look.taken.v1")
    assert len(after) == len(looks) + 1
    assert at.person.encode() in bytes(after[-1]["body"])


@pytest.mark.parametrize(
    ("changed", "field_"),
    [
        ({"drawn": new_id()}, "drawn"),
        ({"kind": "lazy"}, "kind"),
        ({"due": "2026-10-02"}, "due"),
        ({"due": "2027-10-02"}, "due"),
        ({"note": ""}, "note"),
        ({"note": "x" * 1001}, "note"),
    ],
)
def test_a_finding_that_is_none_is_refused_by_its_field(at: Inspectorate, drawn: Doc, changed: Doc, field_: str) -> None:
    answer = at.finds(drawn, **changed)
    assert (answer.status_code, [fault["field"] for fault in answer.json["faults"]]) == (422, [field_])


def test_a_finding_that_is_not_answered_in_time_is_the_townships_until_it_is(at: Inspectorate, drawn: Doc) -> None:
    made = at.finds(drawn).json
    at.forward(10)
    assert at.office.get("/api/v1/concerns?kind=finding_overdue", Role.SUPERVISOR).json["items"] == []
    at.forward(1)
    told = at.office.get("/api/v1/concerns?kind=finding_overdue", Role.SUPERVISOR).json["items"]
    assert made["id"] in [item["about"] for item in told]
    at.answers(made)
    left = at.office.get("/api/v1/concerns?kind=finding_overdue", Role.SUPERVISOR).json["items"]
    assert made["id"] not in [item["about"] for item in left]


def test_an_inspection_that_stays_undrawn_is_told_to_the_county(at: Inspectorate) -> None:
    found = at.anchored()
    at.forward(DRAW_WITHIN.days + 1)
    told = at.office.get("/api/v1/concerns?kind=draw_overdue", Role.ADMINISTRATOR).json["items"]
    assert found["id"] in [item["about"] for item in told]
    at.does(found, "closure", {"outcome": "given_up"})
    left = at.office.get("/api/v1/concerns?kind=draw_overdue", Role.ADMINISTRATOR).json["items"]
    assert found["id"] not in [item["about"] for item in left]
    assert at.reads(found["id"])["closed"]["outcome"] == "given_up"


def test_an_inspection_closes_with_a_report_once_all_was_looked_at_and_answered(at: Inspectorate) -> None:
    found = at.drawn(ask=False)
    assert at.does(found, "closure", {"outcome": "reported"}).status_code == 409
    found = at.asks(found)
    finding = at.finds(found).json
    assert at.does(found, "closure", {"outcome": "reported"}).status_code == 409
    at.answers(finding)
    closed = at.does(found, "closure", {"outcome": "reported"})
    assert (closed.status_code, closed.json["state"]) == (200, "closed")
    address = f"/api/v1/inspections/{found['id']}/report"
    report = at.office.get(address, Role.INSPECTOR)
    assert report.headers["Content-Type"] == "application/pdf"
    assert sha256(report.data).hexdigest() == closed.json["closed"]["report"]
    at.office.county.service("audit").database["reports"].delete_one({"_id": found["id"]})
    assert at.office.get(address, Role.INSPECTOR).data == report.data, "a database that was put back finds it on disk"
    assert at.finds(found).status_code == 409
    assert at.does(closed.json, "closure", {"outcome": "given_up"}).status_code == 409


def test_after_a_restore_inspections_and_findings_stand_as_they_were_told(at: Inspectorate, drawn: Doc) -> None:
    made = at.finds(drawn, note="老人说没有人来").json
    at.answers(made, note="已向老人道歉")
    at.does(at.anchored(), "closure", {"outcome": "given_up"})
    at.logs()
    audit = at.office.county.service("audit")
    before = {name: standing(audit, name) for name in ("inspections", "findings")}
    for name in ("inspections", "findings", "timers"):
        audit.database[name].delete_many({})
    apply = duties_of(audit).recall
    for row in told_events(audit.database):
        event = read(bytes(row["body"]))
        if event.type in OURS:
            audit.units.run(lambda unit, event=event: apply[event.type](unit, event))
    for name, rows in before.items():
        assert standing(audit, name) == rows
    assert at.office.get(f"/api/v1/findings/{made['id']}", Role.CLERK).json["answer_note"] == "已向老人道歉"


OURS = {name for name in RECALL if name.split(".")[0] in ("inspection", "finding")}


def standing(audit: Runtime, name: str) -> list[Doc]:
    """The rows of a collection, but for what is sealed or counted anew and for fractions of seconds, which no event has."""
    anew = {"note": 0, "answer_note": 0, "anchor.note": 0, "touched": 0, "counted": 0}
    rows = list(audit.database[name].find({}, anew, sort=[("_id", 1)]))
    return [to_the_second(row) for row in rows]


def to_the_second(value: Any) -> Any:
    """The same with every instant cut to its second."""
    if isinstance(value, dict):
        return {name: to_the_second(inner) for name, inner in value.items()}
    return value.replace(microsecond=0) if isinstance(value, datetime) else value
