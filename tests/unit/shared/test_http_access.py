"""The guard: nobody reaches a view unless it says so, and a cookie alone changes nothing (docs/faults.md)."""

from pathlib import Path

import pytest
from flask import Response

from shared.access import Role
from shared.http import OPEN, endpoints, give_cookie, needs, roles_of, take_cookie, unmarked
from tests.unit.shared.http_desk import NOTE, Desk

KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nobody_gets_in_without_a_token_and_learns_how_to_get_one(desk: Desk) -> None:
    answer = desk.client().post("/api/v1/notes", json=NOTE, headers=KEY)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "bearer a.b.c", "Bearer " + "x" * 9000])
def test_what_is_no_token_of_ours_is_401(desk: Desk, header: str) -> None:
    assert desk.client().get("/api/v1/notes", headers={"Authorization": header}).status_code == 401


def test_a_bad_token_is_not_made_good_by_a_good_cookie(desk: Desk) -> None:
    assert desk.browser().get("/api/v1/notes", headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_role_that_is_not_named_is_403_before_the_body_is_read(desk: Desk) -> None:
    for role in set(Role) - {Role.CLERK}:
        answer = desk.client().post("/api/v1/notes", data=b"{", headers=desk.bearer(role=role))
        assert answer.status_code == 403


@pytest.mark.parametrize(("role", "status"), [(Role.CLERK, 200), (Role.SUPERVISOR, 200), (Role.LIAISON, 403)])
def test_each_role_named_gets_in_wherever_the_mark_stands(desk: Desk, role: Role, status: int) -> None:
    assert desk.client().get("/api/v1/notes", headers=desk.bearer(role=role)).status_code == status


def test_a_withdrawn_right_closes_the_door_at_once(desk: Desk) -> None:
    headers = desk.bearer()
    assert desk.client().get("/api/v1/notes", headers=headers).status_code == 200
    desk.rights.revision = 5
    assert desk.client().get("/api/v1/notes", headers=headers).status_code == 401


def test_a_forgotten_endpoint_is_closed_and_found(desk: Desk) -> None:
    assert desk.client().get("/api/v1/notes/forgotten", headers=desk.bearer(role=Role.ADMINISTRATOR)).status_code == 403
    assert desk.received == []
    assert unmarked(desk.app) == ["GET /api/v1/notes/forgotten"]


def test_the_roles_of_every_endpoint_can_be_listed(desk: Desk) -> None:
    listed = {(found.method, found.rule): found.roles for found in endpoints(desk.app)}
    assert listed["POST", "/api/v1/notes"] == frozenset({Role.CLERK})
    assert listed["GET", "/api/v1/notes"] == frozenset({Role.CLERK, Role.SUPERVISOR})
    for path in ("/health/live", "/health/ready", "/metrics", "/api/v1/desk/openapi.json"):
        assert listed["GET", path] == OPEN


def test_needs_must_name_somebody() -> None:
    with pytest.raises(ValueError, match="open_to_all"):
        needs()
    assert roles_of(lambda: None) is None


def test_a_browser_reads_with_its_cookie(desk: Desk) -> None:
    assert desk.browser().get("/api/v1/notes").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "令牌".encode().decode("latin-1")},
        {"HX-Request": "true"},
        {"X-Requested-With": "XMLHttpRequest"},
    ],
)
def test_a_change_with_the_cookie_alone_is_403(desk: Desk, headers: dict[str, str]) -> None:
    assert desk.browser().post("/api/v1/notes", json=NOTE, headers=KEY | headers).status_code == 403
    assert desk.received == []


def test_a_change_with_the_sessions_csrf_token_is_done(desk: Desk) -> None:
    headers = KEY | {"X-CSRF-Token": desk.csrf(), "Origin": "http://localhost:8080"}
    assert desk.browser().post("/api/v1/notes", json=NOTE, headers=headers).status_code == 201


def test_a_form_brings_its_tokens_along_as_fields(desk: Desk) -> None:
    form = {"title": "取药", "csrf": desk.csrf(), "idempotency_key": "k1"}
    assert desk.browser().post("/api/v1/notes/form", data=form).status_code == 201
    assert desk.received == [{"title": "取药"}]
    assert desk.browser().post("/api/v1/notes/form", data=form | {"csrf": "x"}).status_code == 403


def test_a_csrf_token_of_another_session_is_403(desk: Desk) -> None:
    headers = KEY | {"X-CSRF-Token": desk.csrf("session-2")}
    assert desk.browser().post("/api/v1/notes", json=NOTE, headers=headers).status_code == 403


def test_a_cookie_without_a_session_changes_nothing(desk: Desk) -> None:
    headers = KEY | {"X-CSRF-Token": desk.csrf("")}
    assert desk.browser(session="").post("/api/v1/notes", json=NOTE, headers=headers).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://localhost.evil.test", ""])
def test_a_change_from_another_sites_page_is_403_even_with_the_token(desk: Desk, origin: str) -> None:
    headers = KEY | {"X-CSRF-Token": desk.csrf(), "Origin": origin}
    assert desk.browser().post("/api/v1/notes", json=NOTE, headers=headers).status_code == 403
    assert desk.client().post("/api/v1/notes/open", headers={"Origin": origin}).status_code == 403


def test_a_large_upload_is_let_in_where_the_view_says_so(desk: Desk) -> None:
    form = {"title": "取药", "csrf": desk.csrf(), "idempotency_key": "k1", "password": "x" * 900_000}
    assert desk.browser().post("/api/v1/notes/form", data=form).status_code == 201
    large = form | {"password": "x" * 4_000_000}
    assert desk.browser().post("/api/v1/notes/form", data=large).status_code == 413


def test_the_browsers_cookie_is_no_scripts_and_no_other_sites(desk: Desk) -> None:
    with desk.app.test_request_context("/"):
        answer = Response()
        give_cookie(answer, "token")
        take_cookie(answer)
    given, taken = answer.headers.getlist("Set-Cookie")
    assert {"springrain=token", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
    assert "Max-Age=0" in taken
