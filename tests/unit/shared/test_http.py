"""The border: what is refused before any view sees it, and the one form every error takes (docs/faults.md)."""

import json
from pathlib import Path

import pytest
from flask import request
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from shared.http import open_requests
from tests.unit.shared.http_desk import KNOWN, NOTE, Desk

SURROGATE = b'{"title": "\\ud800"}'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def send(desk: Desk, body: bytes, **headers: str) -> TestResponse:
    return desk.client().post(
        "/api/v1/notes", data=body, headers=desk.bearer() | {"Content-Type": "application/json"} | headers
    )


def test_a_good_note_is_taken(desk: Desk) -> None:
    assert send(desk, json.dumps(NOTE).encode()).status_code == 201
    assert desk.received == [NOTE]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b'{"count": Infinity}',
        b'{"count": 1e400}',
        b'{"count": 1.0}',
        b'{"count": ' + b"9" * 400 + b"}",
        b'{"count": 9007199254740992}',
        b"[" * 100_000,
        b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"title": ' + b"[" * 20 + b"]" * 20 + b"}",
        SURROGATE,
        b'{"title": "\xff"}',
        b'{"title": "\xed\xa0\x80"}',
        '{"title": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"title": "a"}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_json_that_could_mean_two_things_is_400(desk: Desk, body: bytes) -> None:
    answer = send(desk, body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert desk.received == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"title": "a", "password": {"$ne": ""}}, {"password": "key_not_allowed"}),
        ({"title": {"$gt": ""}}, {"title": "key_not_allowed"}),
        ({"title": {"gt": ""}}, {"title": "wrong_kind"}),
        ({"title": "a", "$where": "sleep(5000)"}, {"": "key_not_allowed"}),
        ({"title": "a", "a.b": 1}, {"": "key_not_allowed"}),
        ({"title": "a", "a\x00": 1}, {"": "key_not_allowed"}),
        ({"title": "a", "__proto__": {}}, {"": "key_not_allowed"}),
        ({"title": "a", "_id": "x"}, {"": "key_not_allowed"}),
        ({"title": "a", "role": "x", "branch_id": "y"}, {"role": "unknown_field", "branch_id": "unknown_field"}),
        ({"title": "a", "is_admin": True, "version": 1}, {"is_admin": "unknown_field", "version": "unknown_field"}),
        ({"title": "a", "13800000000": 1}, {"?": "unknown_field"}),
        ({"title": None}, {"title": "null"}),
        ({"title": "", "count": 10}, {"title": "length", "count": "range"}),
        ({"count": "1"}, {"title": "required", "count": "wrong_kind"}),
        ([], {"": "wrong_kind"}),
        ("text", {"": "wrong_kind"}),
    ],
    ids=repr,
)
def test_what_no_field_holds_is_422_with_every_fault_named(desk: Desk, body: object, faults: dict[str, str]) -> None:
    answer = send(desk, json.dumps(body).encode())
    assert answer.status_code == 422
    assert {fault["field"]: fault["code"] for fault in answer.json["faults"]} == faults  # type: ignore[index]
    assert desk.received == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("state=open", 200),
        ("state[$ne]=open", 422),
        ("state=any", 422),
        ("branch=*", 422),
        ("branch[$in]=a", 422),
        ("limit=-1", 422),
        ("limit=1000000000", 422),
        ("sort=password", 422),
        ("state=open&state=done", 422),
        ("&".join(["id=x"] * 10_000), 422),
    ],
)
def test_a_list_takes_its_own_parameters_once(desk: Desk, query: str, status: int) -> None:
    assert desk.client().get("/api/v1/notes", query_string=query, headers=desk.bearer()).status_code == status


def test_only_json_is_read_as_json(desk: Desk) -> None:
    body = json.dumps(NOTE).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        assert send(desk, body, **{"Content-Type": kind}).status_code == 415
    assert send(desk, body, **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_body_too_large_is_413_before_it_is_read(desk: Desk) -> None:
    assert send(desk, b" " * (1024 * 1024 + 1)).status_code == 413
    announced = {"CONTENT_LENGTH": str(100 * 1024 * 1024)}
    assert desk.client().post("/api/v1/notes", headers=desk.bearer(), environ_overrides=announced).status_code == 413


def test_an_endless_body_ends_at_the_limit(desk: Desk) -> None:
    class Endless:
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.read_bytes += size
            return b" " * size

    stream = Endless()
    answer = desk.client().post(
        "/api/v1/notes",
        headers=desk.bearer() | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code in (400, 413)
    assert stream.read_bytes <= 1024 * 1024


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "localhost@evil.test", "", "localhost:99999", "a b"])
def test_a_foreign_host_is_400(desk: Desk, host: str) -> None:
    assert desk.client().get("/api/v1/notes/open", headers={"Host": host}).status_code == 400


def test_our_host_is_taken_at_any_port_and_no_forwarded_host_is(desk: Desk) -> None:
    client = desk.client()
    assert client.get("/api/v1/notes/open", headers={"Host": "localhost:8080"}).status_code == 200
    assert client.get("/api/v1/notes/open", headers={"X-Forwarded-Host": "evil.test"}).status_code == 200
    assert client.get("/api/v1/notes/open", headers={"Host": "evil.test", "X-Forwarded-Host": "localhost"}).status_code == 400


def test_only_the_last_hop_tells_where_a_request_comes_from(desk: Desk) -> None:
    seen: list[str | None] = []
    desk.app.after_request(lambda answer: seen.append(request.remote_addr) or answer)  # type: ignore[func-returns-value]
    desk.client().get("/api/v1/notes/open", headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.7"})
    assert seen == ["192.0.2.7"]


@pytest.mark.parametrize("name", ["x", "0" * 24, "507f1f77bcf86cd799439011", KNOWN.upper(), KNOWN[:-1] + "2"])
def test_what_is_no_id_is_not_found_as_an_unknown_one(desk: Desk, name: str) -> None:
    answer = desk.client().put(f"/api/v1/notes/{name}", json=NOTE, headers=desk.bearer() | {"If-Match": '"1"'})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")  # type: ignore[index]


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 428), ('"3"', 200), ("3", 400), ('W/"3"', 400), ("*", 400), ('"0"', 400), ('"2147483648"', 400), ('"1","2"', 400)],
)
def test_a_change_names_the_revision_it_was_decided_on(desk: Desk, header: str | None, status: int) -> None:
    headers = desk.bearer() | ({"If-Match": header} if header else {})
    assert desk.client().put(f"/api/v1/notes/{KNOWN}", json=NOTE, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("key", "status"), [(None, 400), ("", 400), ("k" * 200, 201), ("k" * 201, 400), ("k" * 10_240, 400), ("a b", 400)]
)
def test_a_post_needs_an_idempotency_key(desk: Desk, key: str | None, status: int) -> None:
    headers = desk.bearer()
    del headers["Idempotency-Key"]
    answer = desk.client().post("/api/v1/notes", json=NOTE, headers=headers | ({} if key is None else {"Idempotency-Key": key}))
    assert answer.status_code == status


def test_a_wrong_method_names_the_right_ones(desk: Desk) -> None:
    answer = desk.client().delete("/api/v1/notes/open", headers=desk.bearer())
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert {method.strip() for method in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}


def test_an_error_nobody_expected_shows_a_trace_and_nothing_else(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    answer = desk.client().get("/api/v1/notes/fails/KeyError")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")  # type: ignore[index]
    told = capsys.readouterr()
    assert answer.json["trace"] in told.out  # type: ignore[index]
    assert "http_desk.py" in told.out
    assert "13800000000" not in answer.text + told.out + told.err


def test_our_errors_keep_what_a_program_needs(desk: Desk) -> None:
    busy = desk.client().get("/api/v1/notes/fails/Busy")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    refused = desk.client().get("/api/v1/notes/fails/Refused")
    fault = {"field": "phone", "code": "short", "message": "is too short", "do": "give all digits"}
    assert (refused.status_code, refused.json["faults"]) == (422, [fault])  # type: ignore[index]


def test_the_trace_of_the_caller_goes_on(desk: Desk) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    for parent, same in (
        (f"00-{trace}-b7ad6b7169203331-01", True),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
        ("x", False),
    ):
        answer = desk.client().get("/nowhere", headers={"traceparent": parent})
        assert (answer.json["trace"] == trace) is same  # type: ignore[index]


def test_every_answer_has_the_strict_headers(desk: Desk) -> None:
    for path in ("/api/v1/notes/open", "/nowhere", "/api/v1/notes/fails/KeyError"):
        headers = desk.client().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
        assert headers["Cache-Control"] == "no-store"


def test_the_open_request_is_counted_while_it_is_answered(desk: Desk) -> None:
    answer = desk.client().get("/api/v1/notes/open")
    assert answer.json == {"open": 1}
    answer.close()
    desk.client().get("/api/v1/notes/fails/KeyError").close()
    assert open_requests(desk.app) == 0


def test_health_tells_degraded_from_down(desk: Desk) -> None:
    client = desk.client()
    assert client.get("/health/live").json == {"live": True}
    for state, status in (("ok", 200), ("degraded: no broker for 40 s", 200), ("down: no answer", 503)):
        desk.state["broker"] = state
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json["parts"]["broker"]) == (status, state)  # type: ignore[index]


def test_metrics_name_routes_and_never_paths(desk: Desk) -> None:
    client = desk.client()
    client.get("/api/v1/notes/fails/13800000000")
    client.get("/13800000000")
    told = client.get("/metrics").text
    assert 'route="/api/v1/notes/fails/<how>"' in told
    assert "13800000000" not in told


def test_the_api_describes_itself_in_openapi_3_1(desk: Desk) -> None:
    told = desk.client().get("/api/v1/desk/openapi.json").json
    assert told is not None
    validate(told)
    assert told["openapi"] == "3.1.0"
    names = [one.get("name") for one in told["paths"]["/api/v1/notes"]["post"]["parameters"]]
    assert "Idempotency-Key" in names
