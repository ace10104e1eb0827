"""A clerk keeps single people by hand, through the HTTP API on the real servers: registers, corrects, ends, bars."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from deploy.local.stack import Stack
from services.registry.commands.forming import form_township
from services.registry.commands.importing.run import Imports
from shared.access import Role
from shared.ids import new_id
from tests.county import County
from tests.registry_office import OTHER_TOWNSHIP, ROOT, TOWNSHIP, VILLAGE, Office, roster_of_elders
from tests.servers import Vhost
from tests.unit.registry.roster_files import CHILDREN, elder, id_number

PHONE, OTHER_PHONE = "13912340001", "13912340002"


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    opened = Office.open(county)
    opened.account("clerk", Role.CLERK, VILLAGE)
    opened.account("town", Role.CLERK, TOWNSHIP)
    opened.account("other", Role.CLERK, OTHER_TOWNSHIP)
    opened.account("super", Role.SUPERVISOR, TOWNSHIP)
    yield opened
    county.close()


def typed(office: Office, **fields: Any) -> dict[str, Any]:
    """What a clerk types of a new elder."""
    return {"kind": "elder", "branch": office.branch_id(VILLAGE), "name": "段桂英", "categories": ["living_alone"], **fields}


def registered(office: Office, **fields: Any) -> dict[str, Any]:
    answer = office.post("clerk", "/api/v1/people", typed(office, **fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def patch(office: Office, who: str, path: str, body: Any, revision: int) -> TestResponse:
    return office.client().patch(path, json=body, headers=office.headers(who) | {"If-Match": f'"{revision}"'})


def relative(office: Office, person: str, **fields: Any) -> dict[str, Any]:
    body = {"name": "段海燕", "relation": "daughter", "presence": "away", "phones": [PHONE], **fields}
    answer = office.post("clerk", f"/api/v1/people/{person}/relatives", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def now(office: Office, person: str) -> dict[str, Any]:
    found: dict[str, Any] = office.get("clerk", f"/api/v1/people/{person}").get_json()
    return found


def last(office: Office, type_: str) -> dict[str, Any]:
    """The open fields last told of this type."""
    import json

    found: dict[str, Any] = json.loads(office.told(type_)[-1]["body"])["data"]
    return found


def import_elders(office: Office, *rows: list[str]) -> None:
    office.upload("town", "文港镇老人花名册.xlsx", roster_of_elders(*rows))
    imports = Imports(office.desk)
    while imports.step(threading.Event()):
        pass


def test_a_person_registered_by_hand_has_a_number_a_ground_and_a_household_of_one(office: Office) -> None:
    person = registered(office, phones=["139 1234 0001"], birth="1949-01", place="前途村3组")
    assert person["number"].startswith(TOWNSHIP + "-") and person["band"] == "fortnightly" and person["care"] == "active"
    whole = now(office, person["id"])
    assert (whole["phones"], whole["birth"], whole["categories"]) == ([PHONE], "1949-01", ["living_alone"])
    household = office.get("clerk", f"/api/v1/households/{whole['household']}").get_json()
    assert (household["number"], household["size"]) == (person["number"], 1)
    for type_ in ("person.registered.v1", "consent.given.v1", "household.formed.v1"):
        assert len(office.told(type_)) == 1, type_


def test_the_same_request_again_is_the_same_person_and_the_same_person_again_a_conflict(office: Office) -> None:
    key, body = new_id(), typed(office, phones=[PHONE])
    first, again = (office.post("clerk", "/api/v1/people", body, **{"Idempotency-Key": key}) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.get_json()["id"] == again.get_json()["id"]
    twice = office.post("clerk", "/api/v1/people", body)
    assert twice.status_code == 409 and first.get_json()["number"] in twice.text
    assert len(office.told("person.registered.v1")) == 1


def test_a_namesake_in_the_village_is_asked_about_and_registered_when_a_person_looked(office: Office) -> None:
    person = registered(office, birth="1945-06")
    for birth in ("1945-06", "1945-06-12", "1945", ""):
        asked = office.post("clerk", "/api/v1/people", typed(office, birth=birth))
        assert asked.status_code == 409 and person["number"] in asked.text, birth
    assert registered(office, birth="1952-01")["id"] != person["id"]  # told apart by what is known
    assert registered(office, birth="1945", namesake=True)["id"] != person["id"]


def test_two_clerks_who_type_the_same_person_at_once_register_one(office: Office) -> None:
    answers: list[int] = []
    body = typed(office, phones=[PHONE])
    office.headers("clerk"), office.headers("town")

    def send(who: str) -> None:
        answers.append(office.post(who, "/api/v1/people", body).status_code)

    threads = [threading.Thread(target=send, args=(who,)) for who in ("clerk", "town", "clerk")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409]


def test_a_roster_finds_whom_a_clerk_typed_and_a_clerk_whom_a_roster_brought(office: Office) -> None:
    number = id_number()
    import_elders(office, elder(身份证号码=number, 性别="男"))
    known = office.get("town", "/api/v1/people", kind="elder").get_json()["items"][0]
    row = {"name": "林梅", "id_number": number, "branch": office.branch_id(VILLAGE)}
    assert known["number"] in office.post("town", "/api/v1/people", typed(office, **row)).text
    somebody = registered(office, name="吴桂花", phones=[OTHER_PHONE], birth="1950-05-22")
    import_elders(office, elder(姓名="吴桂花", 身份证号码="", **{"村（居）": "南湾村委会"}))
    found = office.get("town", "/api/v1/people", kind="elder").get_json()["items"]
    assert len(found) == 2 and somebody["id"] in [one["id"] for one in found]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"phones": ["1391234"]}, "phones"),
    ({"birth": "1949-13-01"}, "birth"),
    ({"id_number": "360124194901120000"}, "id_number"),
    ({"categories": ["orphan"]}, "categories"),
    ({"name": " \u200b "}, "name"),
    ({"id_number": id_number(), "sex": "female"}, "sex"),
]


def test_what_cannot_be_is_refused_by_field_and_nobody_is_registered(office: Office) -> None:
    for fields, field in WRONG:
        answer = office.post("clerk", "/api/v1/people", typed(office, **fields))
        assert answer.status_code == 422, answer.text
        assert field in [fault["field"] for fault in answer.get_json()["faults"]], answer.text
    assert office.told("person.registered.v1") == []


def test_only_who_keeps_the_people_of_a_village_registers_and_changes_them(office: Office) -> None:
    person = registered(office)
    elsewhere = {**typed(office, name="吴桂花"), "branch": office.branch_id(OTHER_TOWNSHIP)}
    assert office.post("clerk", "/api/v1/people", elsewhere).status_code == 404
    assert office.post("town", "/api/v1/people", typed(office, branch=office.branch_id(TOWNSHIP))).status_code == 422
    assert office.post("super", "/api/v1/people", typed(office, name="吴桂花")).status_code == 403
    assert patch(office, "other", f"/api/v1/people/{person['id']}", {"name": "吴"}, 1).status_code == 404
    assert office.client().patch(f"/api/v1/people/{person['id']}", json={}, headers=office.headers("clerk")).status_code == 428


def test_a_changed_phone_is_unproven_again_and_band_and_household_follow_by_rule(office: Office) -> None:
    person = registered(office, phones=[PHONE])
    office.desk.database["people"].update_one({"_id": person["id"]}, {"$set": {"contact": "proven"}})
    path = f"/api/v1/people/{person['id']}"
    answer = patch(office, "clerk", path, {"categories": ["disabled_care"], "note": "夜里要人"}, 1)
    assert (answer.get_json()["band"], answer.get_json()["contact"]) == ("weekly", "proven")
    assert last(office, "household.changed.v1")["band"] == "weekly"
    changed = patch(office, "clerk", path, {"phones": [OTHER_PHONE]}, 2).get_json()
    assert changed["contact"] == "unproven" and changed["revision"] == 3
    assert patch(office, "clerk", path, {"phones": [OTHER_PHONE]}, 3).get_json()["revision"] == 3  # nothing new
    assert patch(office, "clerk", path, {"name": "吴"}, 2).status_code == 412
    assert office.get("clerk", "/api/v1/people", q=OTHER_PHONE).get_json()["items"][0]["id"] == person["id"]
    assert office.get("clerk", "/api/v1/people", q=PHONE).get_json()["items"] == []


def test_a_child_alone_is_a_concern_until_a_clerk_has_seen_an_adult_at_home(office: Office) -> None:
    child = registered(office, kind="child", name="段小雨", birth="2016-03-01", categories=["left_behind"])
    assert child["minor"] and child["no_adult"]
    path = f"/api/v1/people/{child['id']}"
    away = relative(office, child["id"])
    grandmother = relative(office, child["id"], name="吴桂花", relation="grandmother", presence="home", carer=True, phones=[])
    assert now(office, child["id"])["no_adult"]  # a name typed mends nothing
    for body in (
        {"no_adult": False},
        {"no_adult": False, "adult": grandmother["id"]},
        {"no_adult": False, "adult": away["id"], "seen_adult": True},
        {"no_adult": False, "seen_adult": True},
    ):
        assert patch(office, "clerk", path, body, 1).status_code == 422, body
    seen = {"no_adult": False, "adult": grandmother["id"], "seen_adult": True}
    answer = patch(office, "clerk", path, seen, 1)
    assert answer.status_code == 200 and not answer.get_json()["no_adult"]
    assert office.desk.database["people"].find_one({"_id": child["id"]})["adult_seen"]["kinship"] == grandmother["id"]  # type: ignore[index]
    kin = f"/api/v1/relatives/{grandmother['id']}"
    assert patch(office, "clerk", kin, {"presence": "away"}, 1).status_code == 200
    assert now(office, child["id"])["no_adult"] and last(office, "person.changed.v1")["no_adult"]


def test_a_child_whose_grandmother_died_is_a_concern_though_she_stands_in_two_rosters(office: Office) -> None:
    grandmother = registered(office, name="吴桂花")
    child = registered(office, kind="child", name="段小雨", birth="2016-03-01", categories=["left_behind"])
    kin = relative(office, child["id"], name="吴桂花", relation="grandmother", presence="home", carer=True, phones=[])
    assert now(office, child["id"])["household"] == now(office, grandmother["id"])["household"]
    seen = {"no_adult": False, "adult": kin["id"], "seen_adult": True}
    assert not patch(office, "clerk", f"/api/v1/people/{child['id']}", seen, 1).get_json()["no_adult"]
    ended = office.post("clerk", f"/api/v1/people/{grandmother['id']}/ending", {"why": "died"}, **{"If-Match": '"1"'})
    assert ended.status_code == 200, ended.text
    alone = now(office, child["id"])
    assert alone["no_adult"] and alone["household"]
    assert last(office, "household.changed.v1")["members"] == [child["id"]]


def test_a_roster_sent_again_does_not_forget_the_adult_a_clerk_saw(office: Office) -> None:
    name, rows = CHILDREN, (ROOT / "data/rosters" / CHILDREN).read_bytes()
    for time in (1, 2):
        assert office.upload("town", name, rows).status_code == 202
        imports = Imports(office.desk)
        while imports.step(threading.Event()):
            pass
        child = office.desk.database["people"].find_one({"kinds": "child", "no_adult": time == 1}, sort=[("number", 1)])
        assert child is not None
        if time == 1:
            path, person = f"/api/v1/people/{child['_id']}", child["_id"]
            body = {"name": "吴桂花", "relation": "aunt", "presence": "home"}
            kin = office.post("town", f"{path}/relatives", body).get_json()
            seen = {"no_adult": False, "adult": kin["id"], "seen_adult": True}
            assert patch(office, "town", path, seen, child["revision"]).status_code == 200
    assert office.get("town", path).get_json()["no_adult"] is False
    body = {"person": kin["relative"], "ground": "request"}
    erasure = office.post("town", "/api/v1/erasures", body).get_json()
    agreed = office.post("super", f"/api/v1/erasures/{erasure['id']}/approval", {}, **{"If-Match": '"1"'})
    assert agreed.status_code == 200
    assert office.desk.database["people"].find_one({"_id": person})["no_adult"] is True  # type: ignore[index]


def test_a_relative_is_one_person_for_two_recipients_and_changes_are_told(office: Office) -> None:
    one, other = registered(office), registered(office, name="段国强")
    first, second = relative(office, one["id"]), relative(office, other["id"])
    assert first["relative"] == second["relative"] and first["id"] != second["id"]
    again = {"name": "段海燕", "relation": "daughter", "presence": "away"}
    assert office.post("clerk", f"/api/v1/people/{one['id']}/relatives", again).status_code == 409
    answer = patch(office, "clerk", f"/api/v1/relatives/{first['id']}", {"may_know": "may_not", "phones": [OTHER_PHONE]}, 1)
    assert answer.get_json()["may_know"] == "may_not"
    assert last(office, "kinship.changed.v1")["may_know"] == "may_not" and len(office.told("person.changed.v1")) == 1
    shown = office.get("clerk", f"/api/v1/relatives/{first['id']}").get_json()
    assert shown["phones"] == [OTHER_PHONE] and shown["id"] == first["id"]
    assert office.get("other", f"/api/v1/relatives/{first['id']}").status_code == 404


def test_who_is_barred_must_never_know_whatever_is_typed_or_imported_later(office: Office) -> None:
    kin = relative(office, registered(office)["id"])
    path = f"/api/v1/relatives/{kin['id']}"
    late = office.post("clerk", f"{path}/bar", {"order_day": "2099-01-01"}, **{"If-Match": '"1"'})
    assert late.status_code == 422
    barred = office.post("clerk", f"{path}/bar", {"order_day": "2026-01-05"}, **{"If-Match": '"1"'})
    assert barred.status_code == 200 and barred.get_json()["may_know"] == "must_never"
    assert len(office.told("kinship.barred.v1")) == 1
    assert patch(office, "clerk", path, {"may_know": "may"}, 2).status_code == 409
    assert patch(office, "clerk", path, {"may_know": "must_never"}, 2).status_code == 422
    assert patch(office, "clerk", path, {"workplace": "温州"}, 2).status_code == 200
    assert last(office, "kinship.changed.v1")["may_know"] == "must_never"
    assert office.get("clerk", path).get_json()["order_day"] == "2026-01-05"


def test_care_that_ended_stays_so_through_a_roster_and_begins_again_by_a_clerk(office: Office) -> None:
    cells = {"身份证号码": id_number()}
    import_elders(office, elder(**cells))
    person = office.get("town", "/api/v1/people", kind="elder").get_json()["items"][0]
    path, match = f"/api/v1/people/{person['id']}", {"If-Match": '"1"'}
    answer = office.post("town", f"{path}/ending", {"why": "moved"}, **match)
    assert answer.status_code == 200 and (answer.get_json()["care"], answer.get_json()["band"]) == ("ended", "none")
    assert last(office, "household.changed.v1")["members"] == []
    import_elders(office, elder(**cells, 备注="又导入了一次"))
    assert office.get("town", path).get_json()["care"] == "ended"
    revision = office.get("town", path).get_json()["revision"]
    assert office.post("town", f"{path}/ending", {"why": "died"}, **{"If-Match": f'"{revision}"'}).status_code == 409
    back = office.post("town", f"{path}/return", {}, **{"If-Match": f'"{revision}"'}).get_json()
    assert (back["care"], back["band"]) == ("active", person["band"])
    assert last(office, "household.changed.v1")["members"] == [person["id"]]


def test_consent_is_taken_back_once(office: Office) -> None:
    person = registered(office)
    path, match = f"/api/v1/people/{person['id']}/consent-withdrawal", {"If-Match": '"1"'}
    assert office.post("clerk", path, {}, **match).status_code == 200
    assert last(office, "consent.withdrawn.v1")["person"] == person["id"]
    assert office.post("clerk", path, {}, **match).status_code == 409
    assert len(office.told("consent.withdrawn.v1")) == 1


def test_an_unsure_pair_is_listed_once_whether_the_county_or_the_township_forms_its_households(office: Office) -> None:
    one, other = registered(office), registered(office, name="段国强")
    for person, phone in ((one, PHONE), (other, OTHER_PHONE)):
        relative(office, person["id"], phones=[phone])
    for place in (office.desk.home, "/".join(one["branch"].split("/")[:2]), office.desk.home):
        form_township(office.desk, "system:registry", place)
        assert len(office.get("clerk", "/api/v1/households/unsure").get_json()["items"]) == 1


@pytest.mark.parametrize("together", [True, False])
def test_what_a_clerk_decides_of_two_is_done_and_never_asked_again(office: Office, together: bool) -> None:
    one, other = registered(office), registered(office, name="段国强")
    for person, phone in ((one, PHONE), (other, OTHER_PHONE)):
        relative(office, person["id"], phones=[phone])
    asked = office.get("clerk", "/api/v1/households/unsure").get_json()["items"]
    assert [pair["why"] for pair in asked] == ["same_relatives"]
    path = f"/api/v1/households/unsure/{asked[0]['id']}/decision"
    assert office.post("super", path, {"together": together}).status_code == 403
    answer = office.post("clerk", path, {"together": together})
    assert answer.status_code == 200, answer.text
    household = office.get("clerk", f"/api/v1/households/{answer.get_json()['household']}").get_json()
    assert household["size"] == (2 if together else 1)
    assert office.post("clerk", path, {"together": together}).status_code == 404
    import_elders(office, elder(身份证号码=id_number()))
    assert office.get("clerk", "/api/v1/households/unsure").get_json()["items"] == []
    living = office.get("clerk", "/api/v1/households").get_json()["items"]
    assert sorted(row["size"] for row in living) == ([2] if together else [1, 1])
