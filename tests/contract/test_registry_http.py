"""The registry's HTTP surface as a contract: every endpoint with every role in and out of scope, and bad input."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.stack import Stack
from deploy.nginx.table import API
from services.registry.commands.importing.run import Imports
from shared.access import Role
from shared.http import OPEN, endpoints, unmarked
from shared.ids import new_id
from tests.county import County
from tests.registry_office import OTHER_TOWNSHIP, ROOT, TOWNSHIP, Office, roster_of_elders
from tests.unit.registry.roster_files import VOLUNTEERS, elder, id_number


@pytest.fixture(scope="module")
def office(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One county for all of these tests: they ask, and change nothing that another of them looks at."""
    from tests.servers import Vhost

    prefix = f"t{new_id().replace('-', '')[-12:]}"
    county = County(stack, Vhost("/", stack.rabbit.amqp_url_of("/")), prefix, tmp_path_factory.mktemp("county"))
    opened = Office.open(county)
    for role in Role:
        place = TOWNSHIP if role in (Role.CLERK, Role.VOLUNTEER, Role.SUPERVISOR, Role.LIAISON) else "360124"
        opened.account(f"{role.value}-in", role, place)
        if place == TOWNSHIP:
            opened.account(f"{role.value}-out", role, OTHER_TOWNSHIP)
    opened.upload("clerk-in", "文港镇老人花名册.xlsx", roster_of_elders(elder(身份证号码=id_number())))
    opened.upload("clerk-in", VOLUNTEERS, (ROOT / "data/rosters" / VOLUNTEERS).read_bytes())
    import threading

    imports = Imports(opened.desk)
    while imports.step(threading.Event()):
        pass
    opened.post("clerk-in", "/api/v1/pairing-proposals", {"branch": opened.branch_id(TOWNSHIP)})
    yield opened
    for name in opened.desk.runtime.client.list_database_names():
        if name.startswith(prefix):
            opened.desk.runtime.client.drop_database(name)
    county.close()


def first(office: Office, collection: str) -> str:
    row = office.desk.database[collection].find_one(sort=[("_id", 1)])
    assert row is not None, collection
    return str(row["_id"])


THINGS = {
    "account": "accounts",
    "branch": "branches",
    "household": "households",
    "kinship": "kinships",
    "pairing": "pairings",
    "person": "people",
    "proposal": "proposals",
    "roster": "rosters",
    "volunteer": "volunteers",
}


def address(office: Office, rule: str) -> str:
    """The rule's address for a thing of the township (an erasure is nobody's: none was asked for)."""
    for name, collection in THINGS.items():
        if f"<id:{name}>" in rule:
            return rule.replace(f"<id:{name}>", first(office, collection))
    return rule.replace("<id:erasure>", new_id())


def test_no_endpoint_is_unmarked(office: Office) -> None:
    assert unmarked(office.app) == []


def test_the_front_sends_what_the_registry_answers_to_the_registry(office: Office) -> None:
    served = {found.rule.split("/")[3] for found in endpoints(office.app) if found.rule.startswith("/api/v1/")}
    assert served - {"registry"} == set(API["registry"])


def test_every_endpoint_lets_in_its_roles_and_nobody_else(office: Office) -> None:
    refused, let_in = 0, 0
    for found in endpoints(office.app):
        if not found.rule.startswith("/api/v1/") or found.roles == OPEN:
            continue
        path = address(office, found.rule)
        nobody = office.client().open(path, method=found.method, headers={"Idempotency-Key": new_id()})
        assert nobody.status_code == 401, found
        for role in Role:
            headers = office.headers(f"{role.value}-in") | {"Content-Type": "application/json"}
            answer = office.client().open(path, method=found.method, headers=headers, data=b"[]")
            if found.roles is not None and role in found.roles:
                assert answer.status_code not in (401, 403) and answer.status_code < 500, (found, role, answer.text)
                let_in += 1
            else:
                assert answer.status_code == 403, (found, role)
                refused += 1
    assert refused > 50 and let_in > 50


def test_a_thing_of_another_township_is_not_there_for_anybody_out_of_scope(office: Office) -> None:
    asked = 0
    for found in endpoints(office.app):
        if found.method != "GET" or "<id:" not in found.rule or not found.rule.startswith("/api/v1/"):
            continue
        for role in (Role.CLERK, Role.SUPERVISOR, Role.VOLUNTEER, Role.LIAISON):
            if found.roles is None or role not in found.roles or "<id:branch>" in found.rule:
                continue
            path = address(office, found.rule)
            assert office.get(f"{role.value}-out", path).status_code == 404, (found, role)
            asked += 1
    assert asked >= 10


LISTS = ("branches", "erasures", "households", "pairings", "people", "rosters", "volunteers")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_nothing_of_another_township_whatever_is_asked(office: Office, name: str) -> None:
    township = office.branch_id(TOWNSHIP)
    for query in ({}, {"branch": township}, {"parent": township}):
        answer = office.get("clerk-out", f"/api/v1/{name}", **query)
        if answer.status_code == 200:
            paths = [row.get("path") or row.get("branch") for row in answer.get_json()["items"]]
            assert all(path.startswith(office.path(OTHER_TOWNSHIP)) for path in paths)
        else:
            assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    "query",
    ["branch=*", "branch[$ne]=", "limit=-1", "limit=1000000000", "sort=password", "cursor=AAAA", "kind=$in", "q=" + "a" * 99],
)
def test_what_a_list_cannot_be_asked_is_refused(office: Office, query: str) -> None:
    answer = office.client().get(f"/api/v1/people?{query}", headers=office.headers("clerk-in"))
    assert answer.status_code in (400, 422) and answer.mimetype == "application/problem+json"


def test_a_cursor_of_another_list_or_another_scope_is_refused(office: Office) -> None:
    cursor = office.get("admin", "/api/v1/branches").get_json()["next"]
    assert office.get("admin", "/api/v1/people", cursor=cursor).status_code == 400
    assert office.get("clerk-in", "/api/v1/branches", cursor=cursor).status_code == 400


BODIES: list[Any] = [
    {"person": {"$ne": ""}, "ground": "request"},
    {"person": new_id(), "ground": "request", "state": "done"},
    {"$where": "sleep(5000)"},
    {"person": new_id(), "ground": None},
    [],
    {"person": "0" * 24, "ground": "request"},
]


@pytest.mark.parametrize("body", BODIES, ids=[str(number) for number in range(len(BODIES))])
def test_a_body_that_is_none_of_ours_is_refused_and_nothing_is_written(office: Office, body: Any) -> None:
    before = office.desk.database["erasures"].count_documents({})
    answer = office.post("clerk-in", "/api/v1/erasures", body)
    assert answer.status_code == 422, answer.text
    assert office.desk.database["erasures"].count_documents({}) == before


@pytest.mark.parametrize("raw", [b'{"a":1,"a":2}', b"{", b"\xff\xfe{}", b'{"a": NaN}', b"[" * 5000, b'{"a":"\\ud800"}'])
def test_json_that_is_none_is_a_400(office: Office, raw: bytes) -> None:
    headers = office.headers("clerk-in") | {"Content-Type": "application/json"}
    assert office.client().post("/api/v1/erasures", data=raw, headers=headers).status_code == 400


def test_a_post_without_a_key_is_refused(office: Office) -> None:
    headers = {"Authorization": office.headers("clerk-in")["Authorization"]}
    for path in ("/api/v1/erasures", "/api/v1/rosters", "/api/v1/pairing-proposals"):
        assert office.client().post(path, json={}, headers=headers).status_code == 400


def test_an_erasure_of_somebody_in_another_township_is_not_found(office: Office) -> None:
    body = {"person": first(office, "people"), "ground": "request"}
    assert office.post("clerk-out", "/api/v1/erasures", body).status_code == 404


def test_what_goes_wrong_never_shows_a_trace_or_a_value(office: Office) -> None:
    answer = office.post("clerk-in", "/api/v1/erasures", {"person": "13812345678", "ground": "x"})
    assert answer.status_code == 422 and "13812345678" not in answer.text and "Traceback" not in answer.text


def test_the_api_describes_itself(office: Office) -> None:
    told = json.loads(office.client().get("/api/v1/registry/openapi.json").data)
    assert told["openapi"] == "3.1.0"
    rules = {found.rule for found in endpoints(office.app) if found.rule.startswith("/api/v1/") and "openapi" not in found.rule}
    assert len(told["paths"]) == len(rules)
