"""From an imported township to checks, pairings and an erasure, through the HTTP API on the real servers."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.registry.commands.erasures import Erasures
from services.registry.commands.importing.run import Imports
from services.registry.handlers import HANDLERS
from services.registry.worker import duties
from shared.access import Role
from shared.clock import to_wire
from shared.events.envelope import read
from shared.ids import new_id
from shared.messaging.follows import FOLLOWS, county_topology
from shared.sealing import ERASED
from tests.county import County
from tests.eventually import eventually
from tests.registry_office import ROOT, TOWNSHIP, Office, roster_of_elders
from tests.servers import Vhost
from tests.told import told_events
from tests.unit.registry.roster_files import CHILDREN, ELDERS, VOLUNTEERS, elder, id_number


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    opened = Office.open(county)
    opened.account("clerk", Role.CLERK, TOWNSHIP)
    opened.account("super", Role.SUPERVISOR, TOWNSHIP)
    for name in (ELDERS, CHILDREN, VOLUNTEERS):
        opened.upload("clerk", name, (ROOT / "data/rosters" / name).read_bytes())
    imports = Imports(opened.desk)
    while imports.step(threading.Event()):
        pass
    yield opened
    county.close()


def listed(office: Office, who: str, path: str, **query: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = office.get(who, path, **query, **more)
        assert answer.status_code == 200, answer.text
        found += answer.get_json()["items"]
        if "next" not in answer.get_json():
            return found
        more = {"cursor": answer.get_json()["next"]}


CHECK = {"passed": True, "checked_on": "2026-01-05", "authority": "进贤县公安局", "expires_on": "2099-01-05"}


def record_checks(office: Office, but: int) -> list[dict[str, Any]]:
    """Checks for all volunteers but the first few, who are returned."""
    volunteers = listed(office, "clerk", "/api/v1/volunteers")
    for one in volunteers[but:]:
        assert office.post("clerk", f"/api/v1/volunteers/{one['id']}/checks", CHECK).status_code == 201
    return volunteers[:but]


def propose(office: Office) -> dict[str, Any]:
    answer = office.post("clerk", "/api/v1/pairing-proposals", {"branch": office.branch_id(TOWNSHIP)})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_pairings_are_proposed_accepted_and_ended_and_nobody_unchecked_meets_a_minor(office: Office) -> None:
    unchecked = {one["id"] for one in record_checks(office, 2)}
    run = propose(office)
    households = {one["id"]: one for one in listed(office, "clerk", "/api/v1/households")}
    pairings = listed(office, "clerk", "/api/v1/pairings", state="proposed")
    assert len(pairings) == run["proposed"] > 100
    visited = {one["household"] for one in pairings if one["nearness"] != "no_place"}
    assert visited.isdisjoint({one["household"] for one in run["uncovered"]})
    assert len(visited) + len(run["uncovered"]) == len(households)
    assert not [one for one in pairings if one["volunteer"] in unchecked and households[one["household"]]["minors"]]
    first = pairings[0]
    path = f"/api/v1/pairings/{first['id']}/acceptance"
    assert office.post("clerk", path, {}).status_code == 428
    assert office.post("clerk", path, {}, **{"If-Match": '"9"'}).status_code == 412
    formed = office.post("clerk", path, {}, **{"If-Match": '"1"'})
    assert formed.status_code == 200 and formed.get_json()["state"] == "formed" and formed.headers["ETag"] == '"2"'
    assert office.post("clerk", path, {}, **{"If-Match": '"2"'}).status_code == 409
    whole = office.post("clerk", f"/api/v1/pairing-proposals/{run['id']}/acceptance", {})
    assert whole.status_code == 200
    assert len(listed(office, "clerk", "/api/v1/pairings", state="formed")) == run["proposed"]
    ended = office.post("clerk", f"/api/v1/pairings/{first['id']}/end", {"why": "asked"}, **{"If-Match": '"2"'})
    assert ended.get_json()["state"] == "ended"
    told = Counter(row["type"] for row in told_events(office.desk.database))
    assert told["pairing.proposed.v1"] == told["pairing.formed.v1"] == run["proposed"] and told["pairing.ended.v1"] == 1
    again = propose(office)
    assert again["proposed"] <= 1 + len(run["uncovered"])


def test_a_failed_check_ends_the_pairings_with_minors_at_once(office: Office) -> None:
    record_checks(office, 0)
    run = propose(office)
    office.post("clerk", f"/api/v1/pairing-proposals/{run['id']}/acceptance", {})
    minors = {one["id"] for one in listed(office, "clerk", "/api/v1/households") if one["minors"]}
    formed = listed(office, "clerk", "/api/v1/pairings", state="formed")
    volunteer = next(one["volunteer"] for one in formed if one["household"] in minors)
    failed = {**CHECK, "passed": False}
    assert office.post("clerk", f"/api/v1/volunteers/{volunteer}/checks", failed).status_code == 201
    left = [one for one in listed(office, "clerk", "/api/v1/pairings", state="formed") if one["volunteer"] == volunteer]
    assert not [one for one in left if one["household"] in minors]
    assert office.get("clerk", f"/api/v1/volunteers/{volunteer}").get_json()["minors_until"] == ""


@pytest.mark.parametrize("days", [("2099-01-01", "2100-01-01"), ("2026-01-05", "2026-01-05")])
def test_a_check_of_days_that_cannot_be_is_refused(office: Office, days: tuple[str, str]) -> None:
    volunteer = listed(office, "clerk", "/api/v1/volunteers")[0]["id"]
    form = {**CHECK, "checked_on": days[0], "expires_on": days[1]}
    assert office.post("clerk", f"/api/v1/volunteers/{volunteer}/checks", form).status_code == 422


def test_lists_open_nothing_and_one_person_opened_is_a_look_told_once(office: Office) -> None:
    people = listed(office, "clerk", "/api/v1/people")
    assert len(people) == 179 + 140
    assert not {"name", "phones", "id_number", "birth"} & people[0].keys()
    assert office.told("look.taken.v1") == []
    path = f"/api/v1/people/{people[0]['id']}"
    first, again = office.get("clerk", path).get_json(), office.get("clerk", path).get_json()
    assert first == again and first["name"] and first["relatives"][0]["phones"]
    assert "********" in first["id_number"] or first["id_number"] == ""
    looks = office.told("look.taken.v1")
    assert len(looks) == 1 and people[0]["id"] in read(bytes(looks[0]["body"])).data["people"]


def test_a_person_is_found_by_name_pinyin_phone_and_number(office: Office) -> None:
    person = office.get("clerk", f"/api/v1/people/{listed(office, 'clerk', '/api/v1/people')[0]['id']}").get_json()
    from pypinyin import lazy_pinyin

    pinyin = lazy_pinyin(person["name"])
    asked = [person["name"], "".join(pinyin), "".join(word[0] for word in pinyin), person["number"]]
    for text in asked:
        assert person["id"] in {one["id"] for one in listed(office, "clerk", "/api/v1/people", q=text)}, text
    phone = person["relatives"][0]["phones"][0]
    found = {one["id"] for one in listed(office, "clerk", "/api/v1/people", q=f"+86 {phone[:3]} {phone[3:]}")}
    assert person["relatives"][0]["id"] in found
    assert listed(office, "clerk", "/api/v1/people", q="$ne") == []


def test_a_household_answers_what_the_demo_and_the_volunteer_need(office: Office) -> None:
    record_checks(office, 0)
    run = propose(office)
    office.post("clerk", f"/api/v1/pairing-proposals/{run['id']}/acceptance", {})
    pairing = listed(office, "clerk", "/api/v1/pairings", state="formed")[0]
    told = office.get("clerk", f"/api/v1/households/{pairing['household']}").get_json()
    assert {"id", "number", "branch", "band", "minors", "members", "relatives"} <= told.keys()
    assert {"id", "number", "name", "phones"} <= told["members"][0].keys()
    assert {"id", "name", "relation", "presence", "may_know", "phones"} <= told["relatives"][0].keys()
    volunteer = office.get("clerk", f"/api/v1/volunteers/{pairing['volunteer']}").get_json()
    office.account("helper", Role.VOLUNTEER, TOWNSHIP, volunteer["person"])
    own = listed(office, "helper", "/api/v1/households")
    mine = listed(office, "helper", "/api/v1/pairings", state="formed")
    assert {one["id"] for one in own} == {one["household"] for one in mine} and own
    assert office.get("helper", f"/api/v1/households/{own[0]['id']}").status_code == 200
    other = next(one for one in listed(office, "clerk", "/api/v1/households") if one["id"] not in {o["id"] for o in own})
    assert office.get("helper", f"/api/v1/households/{other['id']}").status_code == 404
    assert office.get("helper", "/api/v1/people").status_code == 403
    assert [one["id"] for one in listed(office, "helper", "/api/v1/volunteers")] == [pairing["volunteer"]]


def test_an_erasure_takes_two_people_and_leaves_nothing_to_read(office: Office) -> None:
    child = listed(office, "clerk", "/api/v1/people", kind="child")[0]
    body = {"person": child["id"], "ground": "request"}
    asked = office.post("clerk", "/api/v1/erasures", body)
    assert asked.status_code == 201 and asked.get_json()["state"] == "asked"
    assert office.post("super", "/api/v1/erasures", body).status_code == 409
    path, match = f"/api/v1/erasures/{asked.get_json()['id']}/approval", {"If-Match": '"1"'}
    assert office.post("clerk", path, {}, **match).status_code == 403
    approved = office.post("super", path, {}, **match)
    assert approved.status_code == 200 and approved.get_json()["state"] == "approved"
    erasures = Erasures(office.desk)
    assert erasures.step() and not erasures.step()
    row = office.desk.database["people"].find_one({"_id": child["id"]})
    assert row is not None and (row["sealed"], row["look"], row["row_keys"], row["state"]) == ("", [], [], "erased")
    assert office.desk.keys.state(child["id"]) is ERASED
    told = [row["type"] for row in told_events(office.desk.database)][-4:]
    assert told.index("person.erased.v1") < told.index("key.destroyed.v1")
    assert office.desk.database["households"].find_one({"members": child["id"]}) is None
    shown = office.get("clerk", f"/api/v1/people/{child['id']}").get_json()
    assert shown["state"] == "erased" and "name" not in shown
    roster = office.desk.database["roster_rows"].find_one({"people": child["id"]})
    assert roster is not None and office.desk.database["roster_parts"].count_documents({"roster": roster["roster"]}) == 0


def test_the_one_who_asked_cannot_agree_and_a_legal_hold_stops_an_erasure(office: Office) -> None:
    elder = listed(office, "clerk", "/api/v1/people", kind="elder")[0]
    asked = office.post("super", "/api/v1/erasures", {"person": elder["id"], "ground": "request"}).get_json()
    path, match = f"/api/v1/erasures/{asked['id']}/approval", {"If-Match": '"1"'}
    assert office.post("super", path, {}, **match).status_code == 422
    held = office.post("admin", f"/api/v1/people/{elder['id']}/hold", {"ground": "case"}, **{"If-Match": '"1"'})
    assert held.status_code == 200 and held.get_json()["held"]
    assert office.post("admin", path, {}, **match).status_code == 409
    office.post("admin", f"/api/v1/people/{elder['id']}/release", {}, **{"If-Match": '"2"'})
    assert office.post("admin", path, {}, **match).status_code == 200


def test_who_stays_keeps_household_and_pairing_when_its_first_member_is_erased(office: Office) -> None:
    phone = "13912345678"
    one = elder(姓名="林梅", 身份证号码=id_number(), 子女姓名="林欣", 子女联系电话=phone)
    other = elder(姓名="林松", 身份证号码=id_number(serial="159"), 子女姓名="林欣", 子女联系电话=phone)
    office.upload("clerk", "文港镇老人花名册.xlsx", roster_of_elders(one, other))
    imports = Imports(office.desk)
    imports.step(threading.Event())
    households = office.desk.database["households"]
    home = households.find_one({"members.1": {"$exists": True}})
    assert home is not None and home["links"] == ["shared_phone"]
    kin = list(office.desk.database["kinships"].find({"recipient": {"$in": home["members"]}}))
    assert len(kin) == 2 and len({row["relative"] for row in kin}) == 1  # one daughter of both: one word a week
    asked = office.post("clerk", "/api/v1/erasures", {"person": home["members"][0], "ground": "request"}).get_json()
    office.post("super", f"/api/v1/erasures/{asked['id']}/approval", {}, **{"If-Match": '"1"'})
    Erasures(office.desk).step()
    after = households.find_one({"_id": home["_id"]})
    assert after is not None and after["members"] == home["members"][1:] and after["number"] == home["number"]
    office.upload("clerk", VOLUNTEERS, (ROOT / "data/rosters" / VOLUNTEERS).read_bytes())
    imports.step(threading.Event())
    assert households.find_one({"_id": home["_id"]}) == after  # forming anew keeps the household its members live in


def test_a_number_that_answered_is_fresh_and_a_wrong_one_is_marked(office: Office) -> None:
    relative = office.desk.database["people"].find_one({"kinds": "relative"})
    assert relative is not None and set(HANDLERS) == {
        f"contact.{what}.v1" for what in ("proven", "wrong", "stopped", "unreachable")
    }
    assert {name.split(".")[0] for name in HANDLERS} == set(FOLLOWS["registry"]) - {"day"}
    notifier = office.county.service("notifier")
    registry = office.county.service("registry")
    topology = county_topology()

    def tell(type_: str, data: dict[str, str]) -> None:
        notifier.units.run(
            lambda unit: unit.tell(
                type_, subject=new_id(), revision=1, branch=notifier.home, actor="system:notifier", data=data
            )
        )

    with (
        office.county.working(notifier, topology, roles=("relay",)),
        office.county.working(registry, topology, duties(office.desk).handlers, roles=("consumer",)),
    ):
        tell("contact.proven.v1", {"person": relative["_id"], "until": to_wire(office.desk.now())})
        eventually(lambda: contact(office, relative["_id"]) == "proven")
        tell("contact.wrong.v1", {"person": relative["_id"]})
        eventually(lambda: contact(office, relative["_id"]) == "wrong")


def contact(office: Office, person: str) -> str:
    row = office.desk.database["people"].find_one({"_id": person})
    return str(row and row["contact"])
