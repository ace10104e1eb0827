"""The scheduler's HTTP: what each role sees and may do, what is refused, and what a look leaves behind."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deploy.local.stack import Stack
from services.scheduler.model.proofs import door_code, proven, rang_from
from services.scheduler.pages.device import COOKIE, WHERE
from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.events.envelope import read
from shared.http import csrf_of, endpoints, unmarked
from shared.ids import new_id
from shared.tokens import TokenMaker
from tests.county import County
from tests.servers import Vhost
from tests.told import told_events
from tests.unit.scheduler.town import Town

HTML = {"Accept": "text/html"}
READ = (Role.VOLUNTEER, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
OFFICE = READ[1:]


class Office:
    """The app over a township in which September is planned, and tokens for whoever asks."""

    def __init__(self, county: County, folder: Path) -> None:
        self.maker = TokenMaker(folder / "tokens" / "token.key", county.settings.county, MachineClock())
        self.town = Town(county, folder)
        self.app: Flask = county.app("scheduler", replace(self.town.scheduler.settings, hosts=("localhost",)))
        self.elder = self.town.person(name="王桂英")
        self.child = self.town.person(name="王小雨", kinds=["child"], minor=True)
        self.home = self.town.household(self.elder, self.child, minors=True)
        self.alone = self.town.household(band="monthly")
        self.volunteer = self.town.volunteer(minors_until="2027-01-01")
        self.neighbour = self.town.volunteer(minors_until="2027-01-01")
        self.town.pairing(self.home, self.volunteer)
        self.town.comes("2026-09-01 08:00")
        self.first = self.town.visits()[0]
        self.town.comes(self.first["day"] + " 09:30")

    def account(self, role: Role, branch: str = "") -> Principal:
        """An account of this role; without a branch of the village, or of the county where the role is the county's."""
        if role is Role.VOLUNTEER:
            return self.town.principal(self.volunteer)
        home = {Role.CLERK: self.town.village, Role.SUPERVISOR: self.town.township}.get(role, self.town.scheduler.home)
        return Principal(new_id(), role, branch or home, 1, "", "s")

    def program(self, who: Principal) -> dict[str, str]:
        """Headers of a program."""
        return {"Authorization": f"Bearer {self.maker.make(who, ['scheduler'])}", "Idempotency-Key": new_id()}

    def browser(self, who: Principal) -> FlaskClient:
        """A browser with a session's cookie."""
        client = self.app.test_client()
        client.set_cookie("springrain", self.maker.make(who, ["scheduler"]))
        return client

    def get(self, who: Principal, path: str, **query: str) -> Any:
        return self.app.test_client().get(path, query_string=query, headers=self.program(who))

    def post(self, who: Principal, what: str, body: Any, revision: int | None = None, **headers: str) -> Any:
        """A command on the first visit, with the revision it has now unless another is given."""
        row = self.town.visit(self.first["_id"])
        sent = {**self.program(who), "If-Match": f'"{revision or row["revision"]}"', **headers}
        return self.app.test_client().post(f"/api/v1/visits/{row['_id']}/{what}", json=body, headers=sent)


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    yield Office(county, tmp_path)
    county.close()


def test_every_endpoint_says_who_may_use_it_and_refuses_everybody_else(office: Office) -> None:
    assert unmarked(office.app) == []
    for found in endpoints(office.app):
        if not found.roles:
            continue
        path = re.sub(r"<[^>]+>", new_id(), re.sub(r"<any[^>]+>", "retry", found.rule))
        assert office.app.test_client().open(path, method=found.method).status_code == 401
        for role in set(Role) - found.roles:
            answer = office.app.test_client().open(path, method=found.method, headers=office.program(office.account(role)))
            assert answer.status_code == 403, (found.rule, role)
        for role in found.roles:
            answer = office.app.test_client().open(path, method=found.method, headers=office.program(office.account(role)))
            assert answer.status_code not in (401, 403, 500), (found.rule, role, answer.status_code)


def test_a_volunteer_sees_own_visits_only(office: Office) -> None:
    other = office.town.principal(office.neighbour)
    whole = {"from": "2026-09-01", "to": "2026-09-30"}
    mine = office.get(office.account(Role.VOLUNTEER), "/api/v1/visits", **whole).json
    assert [item["household"] for item in mine["items"]] == [office.home] * 4
    assert "asked" not in mine["items"][0]
    assert office.get(other, "/api/v1/visits", **whole).json == {"items": []}
    assert office.get(other, f"/api/v1/visits/{office.first['_id']}").status_code == 404
    assert office.get(other, "/api/v1/plans").json == {"items": []}


def test_a_clerk_sees_the_own_village_and_no_other(office: Office) -> None:
    whole = {"from": "2026-09-01", "to": "2026-09-30"}
    assert len(office.get(office.account(Role.CLERK), "/api/v1/visits", **whole).json["items"]) == 4
    foreign = office.account(Role.CLERK, office.town.next_village)
    assert office.get(foreign, "/api/v1/visits", **whole).json == {"items": []}
    assert office.get(foreign, f"/api/v1/visits/{office.first['_id']}").status_code == 404
    assert office.get(foreign, "/pages/scheduler/figures/part", branch=office.town.village).status_code == 404


def test_a_visit_is_checked_in_and_reported_with_the_revision_that_was_read(office: Office) -> None:
    me = office.account(Role.VOLUNTEER)
    there = office.post(me, "check-in", {})
    assert (there.status_code, there.json["state"], there.headers["ETag"]) == (200, "checked_in", '"2"')
    assert office.post(me, "report", {"minutes": 30}, revision=1).status_code == 412
    told = office.post(me, "report", {"minutes": 30, "well": "well", "note": "都好"})
    assert (told.status_code, told.json["revision"]) == (200, 3)
    assert office.post(me, "decline", {}).status_code == 409
    shown = office.get(me, f"/api/v1/visits/{office.first['_id']}")
    assert (shown.json["note"], shown.headers["ETag"]) == ("都好", '"3"')


def test_a_report_that_is_sent_twice_counts_once(office: Office) -> None:
    me, key = office.account(Role.VOLUNTEER), {"Idempotency-Key": "one"}
    first = office.post(me, "report", {"minutes": 30}, revision=1, **key)
    again = office.post(me, "report", {"minutes": 30}, revision=1, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert len(office.town.events("visit.completed")) == 1
    assert office.post(me, "report", {"minutes": 31}, revision=1, **key).status_code == 409


NOT_TAKEN: list[tuple[Any, str]] = [
    ({}, "minutes"),
    ({"minutes": "30"}, "minutes"),
    ({"minutes": 0}, "minutes"),
    ({"minutes": 30, "well": "great"}, "well"),
    ({"minutes": 30, "note": ""}, "note"),
    ({"minutes": 30, "note": {"$ne": ""}}, "note"),
    ({"minutes": 30, "note": "a\u202eb"}, "note"),
    ({"minutes": 30, "note": "x" * 1001}, "note"),
    ({"minutes": 30, "place": "28.1,116.2"}, "place"),
]
NO_PERIODS = [
    {"day": "2026-9-1"},
    {"day": "{$ne:1}"},
    {"from": "2026-09-02", "to": "2026-09-01"},
    {"day": "2026-09-01", "to": "2026-09-02"},
]


def test_a_report_that_cannot_be_taken_names_the_field(office: Office) -> None:
    for body, field in NOT_TAKEN:
        answer = office.post(office.account(Role.VOLUNTEER), "report", body)
        assert answer.status_code == 422, body
        assert [fault["field"] for fault in answer.json["faults"]] == [field]
    assert office.town.visit(office.first["_id"])["state"] == "planned"


def test_a_period_that_is_none_is_refused(office: Office) -> None:
    for query in NO_PERIODS:
        assert office.get(office.account(Role.CLERK), "/api/v1/visits", **query).status_code == 422, query


def add_visits(office: Office) -> None:
    """Sixty more of the first visit's day and village: more than a page."""
    template = office.town.visit(office.first["_id"])
    rows = [{**template, "_id": new_id(), "number": f"x-{number:03d}"} for number in range(60)]
    office.town.scheduler.database["visits"].insert_many(rows)


def test_a_list_is_read_page_by_page_and_a_cursor_is_of_its_own_list(office: Office) -> None:
    add_visits(office)
    who, day = office.account(Role.SUPERVISOR), office.first["day"]
    first = office.get(who, "/api/v1/visits", day=day).json
    second = office.get(who, "/api/v1/visits", day=day, cursor=first["next"]).json
    ids = [item["id"] for item in [*first["items"], *second["items"]]]
    assert (len(first["items"]), len(ids), len(set(ids))) == (50, 61, 61)
    assert "next" not in second
    assert office.get(who, "/api/v1/visits", day="2026-09-30", cursor=first["next"]).status_code == 400
    assert office.get(who, "/api/v1/visits", day=day, cursor="nonsense").status_code == 400


def test_a_page_of_one_village_leads_to_the_rest_of_it_and_to_the_days_beside_it(office: Office) -> None:
    add_visits(office)
    browser, address = office.browser(office.account(Role.SUPERVISOR)), "/pages/scheduler/visits"
    page = browser.get(address, query_string={"branch": office.town.village, "day": office.first["day"]}, headers=HTML)
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*day=[^"]*)"', page.text)]
    assert len(links) == 3 and all(parse_qs(urlsplit(link).query)["branch"] == [office.town.village] for link in links)
    onward = next(link for link in links if "cursor=" in link)
    numbers = [set(re.findall(r"x-\d{3}", text)) for text in (page.text, browser.get(onward, headers=HTML).text)]
    assert len(numbers[0] | numbers[1]) == 60 and not numbers[0] & numbers[1]


def test_a_dispute_is_the_townships_to_see_and_the_village_sees_a_review(office: Office) -> None:
    office.town.scheduler.database["visits"].update_one({"_id": office.first["_id"]}, {"$set": {"asked": True}})
    office.post(office.account(Role.VOLUNTEER), "report", {"minutes": 30})
    office.town.answer(office.first["_id"], office.elder, "did_not_come")
    path = f"/api/v1/visits/{office.first['_id']}"
    states = {role: office.get(office.account(role), path).json["state"] for role in READ}
    assert {states[role] for role in (Role.VOLUNTEER, Role.CLERK)} == {"in_review"}
    assert {states[role] for role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)} == {"disputed"}


def test_the_leading_group_sees_what_is_not_covered_and_why(office: Office) -> None:
    (item,) = office.get(office.account(Role.SUPERVISOR), "/api/v1/uncovered", month="2026-09").json["items"]
    assert (item["household"], item["visits"], item["why"]) == (office.alone, 1, "no_volunteer")
    page = office.browser(office.account(Role.ADMINISTRATOR)).get("/pages/scheduler/uncovered?month=2026-09", headers=HTML)
    assert "附近没有志愿者" in page.text


def test_the_day_shows_who_lives_there_and_writes_the_look_down(office: Office) -> None:
    me = office.account(Role.VOLUNTEER)
    page = office.browser(me).get("/pages/scheduler/day", headers=HTML)
    assert page.status_code == 200
    assert {"王桂英", "王小雨", "13800000000"} <= set(re.findall(r"王桂英|王小雨|13800000000", page.text))
    (look,) = office.town.events("look.taken")
    assert set(look.data["people"]) == {office.elder, office.child}
    assert (look.actor, look.data["page"]) == (me.account, "scheduler/day")


def test_a_stand_in_is_not_shown_the_name_of_a_child(office: Office) -> None:
    office.town.scheduler.database["visits"].update_one({"_id": office.first["_id"]}, {"$set": {"volunteer": office.neighbour}})
    page = office.browser(office.town.principal(office.neighbour)).get("/pages/scheduler/day", headers=HTML)
    assert "王桂英" in page.text
    assert "王小雨" not in page.text
    (look,) = office.town.events("look.taken")
    assert look.data["people"] == [office.elder]


def test_an_erased_person_is_no_longer_shown(office: Office) -> None:
    office.town.erase(office.elder)
    page = office.browser(office.account(Role.VOLUNTEER)).get("/pages/scheduler/day", headers=HTML)
    assert page.status_code == 200
    assert "王桂英" not in page.text


def test_the_buttons_of_the_day_work_without_script(office: Office) -> None:
    me = office.account(Role.VOLUNTEER)
    browser = office.browser(me)
    path = f"/pages/scheduler/visits/{office.first['_id']}"
    with office.app.app_context():
        form = {"csrf": csrf_of("s"), "idempotency_key": "k", "revision": "1"}
    assert browser.post(path + "/check-in", data={**form, "csrf": "forged"}, headers=HTML).status_code == 403
    there = browser.post(path + "/check-in", data=form, headers=HTML)
    assert (there.status_code, there.location) == (303, f"/pages/scheduler/day?done=checked_in#visit-{office.first['_id']}")
    report = {**form, "idempotency_key": "l", "revision": "2", "minutes": "40", "well": "", "note": "院子里的灯坏了"}
    assert browser.post(path + "/report", data=report, headers=HTML).status_code == 303
    assert office.town.visit(office.first["_id"])["minutes"] == 40


def test_every_part_and_list_is_drawn_for_the_office_in_both_languages(office: Office) -> None:
    office.post(office.account(Role.VOLUNTEER), "decline", {})
    office.town.look_in(office.elder, office.first["day"] + " 13:30")
    office.town.comes("2026-09-20 09:00")
    day = {"day": office.first["day"]}
    parts = {f"person/{office.elder}/part": {}, "today/part": {}, "figures/part": {}, "visits": day, "uncovered": {}}
    for role in OFFICE:
        browser = office.browser(office.account(role))
        for path, query in parts.items():
            for language in ("zh_CN", "en"):
                page = browser.get(f"/pages/scheduler/{path}", query_string={"lang": language, **query}, headers=HTML)
                assert page.status_code == 200, (role, path)
                assert not re.search("王桂英|王小雨|13800000000", page.text)
    assert not office.town.events("look.taken")


def given(office: Office, app: Flask, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """A volunteer's command on the first visit with this body; the data of the event it told."""
    row = office.town.visit(office.first["_id"])
    headers = office.program(office.account(Role.VOLUNTEER)) | {"If-Match": f'"{row["revision"]}"'}
    answer = app.test_client().post(f"/api/v1/visits/{row['_id']}/{what}", json=body, headers=headers)
    assert answer.status_code == 200
    (event,) = told_events(office.town.scheduler.database, subject=row["_id"], revision=answer.json["revision"])
    data: dict[str, Any] = read(bytes(event["body"])).data
    return data


def test_nothing_is_kept_of_device_and_door_unless_the_county_switched_it_on(office: Office) -> None:
    assert not {"device", "door_code"} & set(given(office, office.app, "check-in", {"device": new_id(), "door_code": "123456"}))
    client = office.browser(office.account(Role.VOLUNTEER))
    assert "门口" not in client.get("/pages/scheduler/day", headers=HTML).text
    assert client.get_cookie(COOKIE, path=WHERE) is None
    assert office.get(office.account(Role.SUPERVISOR), "/pages/scheduler/door-cards").status_code == 404


def test_a_county_switches_proofs_on_with_a_ground_and_a_wrong_code_harms_nobody(office: Office) -> None:
    settings = replace(
        office.town.scheduler.settings, hosts=("localhost",), proofs={"device": "县发12号", "door_code": "县发12号"}
    )
    app, device = office.town.county.app("scheduler", settings), new_id()
    cards = app.test_client().get("/pages/scheduler/door-cards", headers=office.program(office.account(Role.SUPERVISOR)))
    code = door_code(office.town.desk.lots, office.home)
    assert code in cards.text and "县发12号" in cards.text
    visits = app.test_client().get("/pages/scheduler/visits", headers=office.program(office.account(Role.SUPERVISOR)))
    assert "/pages/scheduler/door-cards" in visits.text
    refused = app.test_client().get("/pages/scheduler/door-cards", headers=office.program(office.account(Role.CLERK)))
    assert refused.status_code == 403, "the branch whose visits it shows does not print it"
    client = app.test_client()
    client.set_cookie("springrain", office.maker.make(office.account(Role.VOLUNTEER), ["scheduler"]))
    assert "县发12号" in client.get("/pages/scheduler/day", headers=HTML).text
    kept = client.get_cookie(COOKIE, path=WHERE)
    assert kept is not None and kept.http_only
    told = given(office, app, "check-in", {"device": device, "door_code": code})
    assert (told["device"], told["door_code"]) == (device, True)
    told = given(office, app, "report", {"minutes": 30, "device": device})
    assert told["device"] == device


def test_a_clerk_keys_in_a_call_from_the_home_and_both_names_are_kept(office: Office) -> None:
    clerk, visit = office.account(Role.CLERK), office.first["_id"]
    browser, path = office.browser(clerk), f"/pages/scheduler/visits/{visit}"
    assert f"{path}/typed" in browser.get("/pages/scheduler/visits", headers=HTML).text
    page = browser.get(f"{path}/typed", headers=HTML).text
    assert not re.search("王桂英|王小雨|13800000000", page), "nothing of the household is opened for it"
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split("/check-in")[1].split("</form>")[0]))
    wrong = browser.post(f"{path}/check-in", data={**form, "called_from": "13700000000"}, headers=HTML)
    assert wrong.status_code == 422 and "不是这一家登记的号码" in wrong.text
    assert office.town.visit(visit)["state"] == "planned"
    form["idempotency_key"] = new_id()
    assert browser.post(f"{path}/check-in", data={**form, "called_from": "138 0000 0000"}, headers=HTML).status_code == 303
    event = read(bytes(told_events(office.town.scheduler.database, subject=visit)[-1]["body"]))
    assert (event.type, event.actor, event.data["volunteer"]) == ("visit.checked_in.v1", clerk.account, office.volunteer)
    assert event.data["home_call"] is True
    assert b"13800000000" not in event.body


def test_only_a_clerk_says_from_where_somebody_rang(office: Office) -> None:
    row, me = office.town.visit(office.first["_id"]), office.account(Role.VOLUNTEER)
    headers = office.program(me) | {"If-Match": f'"{row["revision"]}"'}
    body = {"called_from": "13800000000"}
    answer = office.app.test_client().post(f"/api/v1/visits/{row['_id']}/check-in", json=body, headers=headers)
    assert (answer.status_code, answer.json["faults"][0]["field"]) == (422, "called_from")
    assert office.get(me, f"/pages/scheduler/visits/{row['_id']}/typed").status_code == 403


@pytest.mark.parametrize(
    ("shown", "phone", "is_home"),
    [
        ("0791-8571 0001", "+8679185710001", True),
        ("85710001", "+8679185710001", True),
        ("0791 85710001", "0791-85710001", True),
        ("+86 138 0000 0000", "13800000000", True),
        ("00000000", "13800000000", False),
        ("85710002", "+8679185710001", False),
        ("010 85710001", "+8679185710001", False),
        ("", "", False),
        ("-- --", "+8679185710001", False),
    ],
)
def test_a_number_on_a_display_is_the_homes_in_any_spelling_and_a_landline_also_without_area_code(
    shown: str, phone: str, is_home: bool
) -> None:
    assert rang_from(shown, [phone]) is is_home


def test_a_wrong_code_is_as_if_none_was_given(office: Office) -> None:
    on, code = {"door_code": "县发12号"}, door_code(b"secret", "home")
    assert proven(on, b"secret", "home", {"door_code": code, "device": "d"}) == {"door_code": True}
    assert proven(on, b"secret", "home", {"door_code": str(10**6 - 1 - int(code)).zfill(6)}) == {}
    assert proven({}, b"secret", "home", {"door_code": code}) == proven(on, b"secret", "home", {}) == {}
