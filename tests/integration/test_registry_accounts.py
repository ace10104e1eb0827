"""Accounts, sign-in and sessions of the registry on the real servers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from shared.access import Role
from shared.clock import MachineClock
from shared.http import COOKIE
from shared.rights import RightsBook
from shared.tokens import TokenMaker, TokenReader
from tests.county import County
from tests.eventually import eventually
from tests.registry_office import OTHER_TOWNSHIP, PASSWORD, TOWNSHIP, Office
from tests.servers import Vhost


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    opened = Office.open(county)
    yield opened
    county.close()


def test_the_county_has_its_townships_and_villages_and_a_second_loading_tells_nothing(office: Office) -> None:
    from services.registry.commands.branches import load_divisions
    from tests.registry_office import ROOT

    told = office.told("branch.registered.v1")
    assert len(told) == 1 + 23 + 353
    lists = [ROOT / "data/jinxian" / name for name in ("townships.csv", "villages.csv")]
    assert load_divisions(office.desk, *lists) == 0
    first = office.get("admin", "/api/v1/branches", parent=office.county.settings.county).get_json()
    assert len(first["items"]) == 23 and "next" not in first
    whole = office.get("admin", "/api/v1/branches").get_json()
    assert len(whole["items"]) == 50
    assert len(office.get("admin", "/api/v1/branches", cursor=whole["next"]).get_json()["items"]) == 50


def test_a_clerk_sees_the_branches_of_the_own_township_only(office: Office) -> None:
    office.account("clerk", Role.CLERK, TOWNSHIP)
    seen = office.get("clerk", "/api/v1/branches").get_json()["items"]
    assert seen and all(row["code"].startswith(TOWNSHIP) for row in seen)
    other = office.branch_id(OTHER_TOWNSHIP)
    assert office.get("clerk", f"/api/v1/branches/{other}").status_code == 404


@pytest.mark.parametrize("body", [{"name": "admin", "password": "wrong wrong"}, {"name": "nobody", "password": PASSWORD}])
def test_a_wrong_name_and_a_wrong_password_are_the_same_401(office: Office, body: dict[str, str]) -> None:
    answer = office.client().post("/api/v1/sign-ins", json=body)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "unauthenticated"


def test_five_wrong_tries_for_a_name_are_enough_and_right_ones_cost_nothing(office: Office) -> None:
    for _ in range(8):
        office.sign_in("admin")
    body = {"name": "Admin ", "password": "wrong wrong"}
    codes = [office.client().post("/api/v1/sign-ins", json=body).status_code for _ in range(7)]
    assert codes == [401] * 5 + [429] * 2
    last = office.client().post("/api/v1/sign-ins", json={"name": "admin", "password": PASSWORD})
    assert last.status_code == 429 and int(last.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("value", [{"$ne": ""}, ["admin"], 7, None])
def test_an_operator_where_a_name_belongs_runs_no_query(office: Office, value: object) -> None:
    answer = office.client().post("/api/v1/sign-ins", json={"name": value, "password": PASSWORD})
    assert answer.status_code == 422


def test_a_token_is_renewed_while_its_session_stands(office: Office) -> None:
    token = office.sign_in("admin")["token"]
    fresh = office.client().post("/api/v1/renewals", json={}, headers={"Authorization": f"Bearer {token}"})
    assert fresh.status_code == 200 and fresh.get_json()["role"] == "administrator"
    office.desk.database["sessions"].delete_many({})
    gone = office.client().post("/api/v1/renewals", json={}, headers={"Authorization": f"Bearer {token}"})
    assert gone.status_code == 401


def test_a_withdrawn_right_is_gone_while_its_token_still_lives(office: Office) -> None:
    clerk = office.account("clerk", Role.CLERK, TOWNSHIP)
    token = office.sign_in("clerk")["token"]
    assert office.get("clerk", "/api/v1/branches").status_code == 200
    headers = office.headers("admin") | {"If-Match": '"1"'}
    ended = office.client().patch(f"/api/v1/accounts/{clerk['id']}", json={"ended": True}, headers=headers)
    assert ended.status_code == 200 and ended.headers["ETag"] == '"2"'
    eventually(lambda: office.get("clerk", "/api/v1/branches").status_code == 401)  # a right is remembered for a second
    assert [row["revision"] for row in office.told("account.rights_changed.v1")] == [2]
    renewal = office.client().post("/api/v1/renewals", json={}, headers={"Authorization": f"Bearer {token}"})
    assert renewal.status_code == 401
    signing = office.client().post("/api/v1/sign-ins", json={"name": "clerk", "password": PASSWORD})
    assert signing.status_code == 401


def test_an_account_is_made_once_though_the_request_came_twice_and_is_changed_only_as_seen(office: Office) -> None:
    body = {"name": "clerk", "password": PASSWORD, "role": "clerk", "branch": office.branch_id(TOWNSHIP)}
    first, again = (office.post("admin", "/api/v1/accounts", body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.get_json() == again.get_json() and first.status_code == again.status_code == 201
    assert "password" not in first.get_json()
    other = office.post("admin", "/api/v1/accounts", body | {"name": "clerk2"}, **{"Idempotency-Key": "k"})
    assert other.status_code == 409
    address = f"/api/v1/accounts/{first.get_json()['id']}"
    for match, status in ((None, 428), ('"7"', 412), ('"1"', 200), ('"1"', 412)):
        headers = office.headers("admin") | ({"If-Match": match} if match else {})
        assert office.client().patch(address, json={"role": "supervisor"}, headers=headers).status_code == status


def test_an_administrator_cannot_lock_themselves_out(office: Office) -> None:
    me = office.sign_in("admin")["account"]
    headers = office.headers("admin") | {"If-Match": '"1"'}
    assert office.client().patch(f"/api/v1/accounts/{me}", json={"ended": True}, headers=headers).status_code == 422


def test_a_browser_whose_cookie_expired_goes_on_while_the_session_stands(office: Office) -> None:
    browser = office.browser("admin")
    expired = old_token(office, office.sign_in("admin"))
    browser.set_cookie(COOKIE, expired, domain="localhost")
    answer = browser.get("/session", headers={"Accept": "text/html"})
    assert answer.status_code == 204
    assert COOKIE in answer.headers["Set-Cookie"] and "HttpOnly" in answer.headers["Set-Cookie"]
    browser.set_cookie(COOKIE, expired, domain="localhost")
    back = browser.get("/sign-in?next=/pages/scheduler/day")
    assert back.status_code == 303 and back.headers["Location"].endswith("/pages/scheduler/day")
    office.desk.database["sessions"].delete_many({})
    browser.set_cookie(COOKIE, expired, domain="localhost")
    assert browser.get("/session", headers={"Accept": "text/html"}).status_code == 303
    assert browser.get("/sign-in?next=//evil.test/").status_code == 200


def old_token(office: Office, signed_in: dict[str, str]) -> str:
    """The token of a session as it was ten minutes ago."""
    settings = office.county.settings

    class Earlier(MachineClock):
        def now(self):  # type: ignore[no-untyped-def]
            return super().now() - timedelta(minutes=10)

    maker = TokenMaker(settings.data / "tokens" / "token.key", settings.county, Earlier())
    book = RightsBook(office.desk.database["rights"], MachineClock())
    reader = TokenReader([settings.data / "tokens" / "token.pub"], settings.county, "registry", book, MachineClock())
    return maker.make(reader.read(signed_in["token"]), ["registry", "scheduler"])


def test_signing_out_ends_the_session_and_needs_the_pages_own_token(office: Office) -> None:
    browser = office.browser("admin")
    assert browser.post("/sign-out").status_code == 403
    page = browser.get("/sign-in").text
    csrf = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert browser.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert office.desk.database["sessions"].count_documents({}) == 0
    assert browser.get("/session", headers={"Accept": "text/html"}).status_code == 303


def test_a_sign_in_sent_from_another_sites_page_is_refused(office: Office) -> None:
    data = {"name": "admin", "password": PASSWORD}
    answer = office.client().post("/sign-in", data=data, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
