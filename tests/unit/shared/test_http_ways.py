"""The small ways of the API: cursors, names of files, limits' keys."""

from dataclasses import replace

import pytest
from flask import Flask

from shared.errors import BadRequest, Refused
from shared.http import PAGE, Cursors, by_field, plain_file_name
from tests.unit.shared.http_desk import CLERK

CURSORS = Cursors(b"s" * 32, "registry")
HERE = ("people", CLERK, {"state": "open"})
CURSOR = CURSORS.make(*HERE, ["2026-03-01T00:00:00Z", "id-50", 7])


def test_a_cursor_goes_on_where_it_was_made() -> None:
    assert CURSORS.read(CURSOR, *HERE) == ["2026-03-01T00:00:00Z", "id-50", 7]


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("visits", CLERK, {"state": "open"}),
        ("people", replace(CLERK, branch="county"), {"state": "open"}),
        ("people", CLERK, {"state": "done"}),
        ("people", CLERK, {}),
    ],
    ids=["list", "branch", "filter", "no filter"],
)
def test_a_cursor_from_elsewhere_is_400(elsewhere: tuple[str, object, dict[str, str]]) -> None:
    with pytest.raises(BadRequest):
        CURSORS.read(CURSOR, *elsewhere)  # type: ignore[arg-type]


@pytest.mark.parametrize("service", [Cursors(b"s" * 32, "scheduler"), Cursors(b"t" * 32, "registry")])
def test_a_cursor_of_another_service_or_county_is_400(service: Cursors) -> None:
    with pytest.raises(BadRequest):
        service.read(CURSOR, *HERE)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "令", "A" * 5000, CURSOR[:-2], CURSOR + "AAAA", "$ne", CURSOR.swapcase()])
def test_what_is_no_cursor_is_400(text: str) -> None:
    with pytest.raises(BadRequest):
        CURSORS.read(text, *HERE)


def test_a_page_has_fifty_and_tells_whether_there_are_more() -> None:
    def after(position: list[int]) -> range:
        start = position[0] + 1 if position else 0
        return range(start, min(start + PAGE + 1, 2 * PAGE))  # a hundred rows: the second page is full, and the last

    first, cursor = CURSORS.turn(*HERE, "", after, lambda row: [row])
    assert (first, bool(cursor)) == (list(range(PAGE)), True)
    second, end = CURSORS.turn(*HERE, cursor, after, lambda row: [row])
    assert (second, end) == (list(range(PAGE, 2 * PAGE)), "")


@pytest.mark.parametrize("name", ["文港镇老人.xlsx", "a b (2).csv", "con artists.xlsx", "x" * 200])
def test_a_plain_file_name_is_kept(name: str) -> None:
    assert plain_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        None,
        "../../x",
        "a/b",
        "a\\b",
        "CON",
        "con.xlsx",
        "LPT1.csv",
        "a\r\nb",
        "a\x00",
        ".htaccess",
        "x" * 201,
        "a\u202efdp",
    ],
)
def test_a_file_name_that_is_a_path_a_device_or_a_trick_is_refused(name: str | None) -> None:
    with pytest.raises(Refused):
        plain_file_name(name)


def test_tries_are_counted_by_what_was_typed_without_keeping_it() -> None:
    app, key = Flask("limits"), by_field(b"s" * 32, "name")

    def of(**request: object) -> str:
        with app.test_request_context("/", method="POST", **request):
            return key()

    assert of(json={"name": "Wang "}) == of(data={"name": "wang"}) != of(json={"name": "li"})
    assert "wang" not in of(json={"name": "wang"})
    assert of(json=["name"]) == of(data=b"\xff", content_type="application/json") == of(json={})
    assert of(data=b"[" * 100_000, content_type="application/json") == of(json={})
