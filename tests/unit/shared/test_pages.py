"""The page kit without a browser: every text in both languages, the border, the switch, times and words."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, Response, render_template_string
from flask.testing import FlaskClient
from flask_babel import force_locale
from jinja2 import Environment
from prometheus_client import CollectorRegistry

from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.errors import Forbidden
from shared.http.app import Border, make_app
from shared.http.roles import needs, unmarked
from shared.pages.event_words import EVENT_WORDS
from shared.pages.faces import FACES, FAULTS
from shared.pages.kit import install, longest_first
from shared.pages.languages import local_path, read_catalogue
from shared.pages.moments import county_date, county_time, machine_time
from shared.pages.navigation import DEMO_MENU, Link, current, links_for
from shared.pages.words import WORDS, Word
from shared.tokens import TokenMaker, TokenReader, create_token_keys

ROOT = Path(__file__).parents[3]
LINKS = (Link("首页", "/"), Link("审计日志", "/pages/audit/log", frozenset({Role.INSPECTOR})))
KEYWORDS = {"_": None, "gettext": None, "t": None, "ngettext": (1, 2)}
HAN = re.compile("[\u4e00-\u9fff]")


def page_folders() -> list[Path]:
    return [ROOT / "shared" / "pages", ROOT / "shared" / "duty", *sorted((ROOT / "services").glob("*/pages"))]


def texts_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every text that is asked for in this folder's templates and Python, with where."""
    sources = [*folder.rglob("*.html"), *folder.rglob("*.py")]
    for source in sources:
        method = "jinja2.ext:babel_extract" if source.suffix == ".html" else "python"
        options = {"trimmed": "true", "extensions": "jinja2.ext.i18n"} if source.suffix == ".html" else {}
        for _, message, _, _ in extract(method, BytesIO(source.read_bytes()), KEYWORDS, options=options):
            yield (message if isinstance(message, str) else message[0]), source


def kit_tables() -> set[str]:
    """Texts that stand in data and are translated when shown."""
    words = {word.text for table in (WORDS, EVENT_WORDS) for kind in table.values() for word in kind.values()}
    menu = {link.text for link in DEMO_MENU}
    return menu | words | set(FAULTS.values()) | {text for face in FACES.values() for text in (face.title, face.what, face.do)}


@pytest.mark.parametrize("folder", page_folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_text_of_a_page_is_also_there_in_english(folder: Path) -> None:
    english = read_catalogue([place / "translations" for place in {ROOT / "shared" / "pages", folder}], "en")._catalog
    untold = {text: str(source.relative_to(ROOT)) for text, source in texts_of(folder) if HAN.search(text)}
    if folder.parts[-2] == "shared":
        untold |= dict.fromkeys(kit_tables(), "tables")
    missing = {text: where for text, where in untold.items() if not (english.get(text) or english.get((text, 0)))}
    assert not missing, "\n".join(f'# {where}\nmsgid "{text}"\nmsgstr ""' for text, where in sorted(missing.items()))


@pytest.mark.parametrize("folder", page_folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_template_holds_no_chinese_outside_a_translated_text(folder: Path) -> None:
    for source in folder.rglob("*.html"):
        bare = [value for _, kind, value in Environment().lex(source.read_text("utf-8")) if kind == "data"]
        found = [text.strip() for text in bare if HAN.search(text.replace("春雨", ""))]
        assert not found, f"{source}: {found}"


def test_the_catalogue_has_no_text_that_no_page_shows() -> None:
    folder = ROOT / "shared" / "pages"
    with (folder / "translations/en/LC_MESSAGES/messages.po").open("rb") as source:
        catalogue = read_po(source)
    told = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert told <= {text for text, _ in texts_of(folder)} | kit_tables()


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("service", static_folder=None)
    who = Principal("a", Role.CLERK, "c/t/v", 1)
    install(app, service="registry", front_links=LINKS, principal=lambda: who, csrf_token=lambda: "token")
    app.add_url_rule("/page", "page", lambda: render_template_string("{% extends 'base.html' %}"))
    app.add_url_rule("/closed", "closed", closed)
    app.add_url_rule("/pages/problem", "problem", lambda: problem(422, '{"faults": [{"message": "<b>"}]}'))
    app.add_url_rule("/api/v1/problem", "api_problem", lambda: problem(404))
    app.add_url_rule("/pages/nobody", "nobody", lambda: problem(401))
    return app.test_client()


def closed() -> str:
    raise Forbidden("not for you")


def problem(status: int, body: str = "{}") -> Response:
    return Response(body, status, content_type="application/problem+json")


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_page_allows_no_script_or_style_but_our_own_files(client: FlaskClient) -> None:
    answer = client.get("/page")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=\"/static/)|https?://", answer.text)
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert client.get(address).status_code == 200


def test_pages_are_not_kept_in_the_browser(client: FlaskClient) -> None:
    assert client.get("/page").headers["Cache-Control"] == "no-store"


def test_a_person_sees_an_error_as_a_page_and_a_program_as_problem_json(client: FlaskClient) -> None:
    page = client.get("/pages/problem", headers=BROWSER)
    assert page.status_code == 422 and "内容需要修改" in page.text and "&lt;b&gt;" in page.text
    assert client.get("/pages/problem", headers={"Accept": "application/json"}).mimetype == "application/problem+json"
    assert client.get("/api/v1/problem", headers=BROWSER).mimetype == "application/problem+json"


def test_a_part_gets_its_error_as_a_fragment(client: FlaskClient) -> None:
    answer = client.get("/pages/problem", headers={"HX-Request": "true"})
    assert answer.mimetype == "text/html" and "<html" not in answer.text


def test_who_is_not_signed_in_comes_to_the_door_and_back(client: FlaskClient) -> None:
    answer = client.get("/pages/nobody?x=1", headers=BROWSER)
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fpages%2Fnobody%3Fx%3D1")


def test_errors_have_a_face_before_the_http_room_maps_them(client: FlaskClient) -> None:
    assert "您不能打开这一页" in client.get("/closed").text
    assert client.get("/closed").status_code == 403
    assert "没有找到这一页" in client.get("/nowhere").text


def test_the_page_is_chinese_until_the_reader_switches(client: FlaskClient) -> None:
    assert "跳到正文" in client.get("/page").text
    assert "Skip to content" in client.get("/page?lang=en").text
    answer = client.get("/pages/registry/language?to=en&next=/page")
    assert (answer.status_code, answer.location) == (303, "/page")
    assert "Skip to content" in client.get("/page").text


def test_a_language_we_do_not_have_is_not_found(client: FlaskClient) -> None:
    assert client.get("/pages/registry/language?to=fr").status_code == 404


@pytest.mark.parametrize(
    "wish", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1", "", "x"]
)
def test_the_switch_sends_nobody_to_another_host(wish: str) -> None:
    assert local_path(wish) == "/"


def test_the_switch_goes_back_to_the_page_with_its_query() -> None:
    assert local_path("/pages/x?q=张三&after=2") == "/pages/x?q=张三&after=2"


def test_the_menu_shows_what_the_role_may_open(client: FlaskClient) -> None:
    assert "审计日志" not in client.get("/page").text
    inspector = Principal("i", Role.INSPECTOR, "c", 1)
    assert [link.text for link in links_for(LINKS, inspector)] == ["首页", "审计日志"]
    assert links_for(LINKS, None) == []


def test_the_menu_marks_the_longest_fitting_entry() -> None:
    assert current(LINKS, "/pages/audit/log/7") == "/pages/audit/log"
    assert current(LINKS, "/pages/audit/logs") == ""
    assert current(LINKS, "/") == "/"


@pytest.fixture
def in_request(client: FlaskClient) -> Iterator[None]:
    with client.application.test_request_context():
        yield


@pytest.mark.usefixtures("in_request")
def test_times_are_shown_as_the_county_reads_them() -> None:
    late = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)
    assert county_time(late) == "2026年11月25日 01:05"
    assert county_date(late) == county_date(date(2026, 11, 25)) == county_date("2026-11-25") == "2026年11月25日"
    assert county_time("2026-11-24T17:05:00Z", short=True) == "11月25日 周三 01:05"
    with force_locale("en"):
        assert county_time(late) == "25 Nov 2026 01:05"


@pytest.mark.usefixtures("in_request")
def test_an_unknown_time_is_called_unknown() -> None:
    assert (county_time(None), county_date(""), machine_time(None)) == ("未知", "未知", "")


@pytest.mark.usefixtures("in_request")
def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        county_time(datetime(2026, 11, 24))


def test_machine_times_sort_as_text_whatever_their_zone() -> None:
    early = datetime(2026, 11, 24, 23, 0, tzinfo=timezone(timedelta(hours=8)))
    late = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert machine_time(early) < machine_time(late)


def test_the_urgent_stand_first_then_the_never_visited_then_the_longest_unvisited() -> None:
    items = [{"days": 3}, {"days": None}, {"days": 40}, {"days": 1, "urgent": True}]
    assert [item["days"] for item in longest_first(items)] == [1, None, 40, 3]


def test_a_service_adds_its_templates_texts_and_words_beside_the_kit(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "wish.html").write_text(
        "{% import 'macros.html' as kit %}{{ _('心愿') }} {{ kit.state('wish', 'made') }} {{ kit.state('wish', None) }}"
    )
    catalogue = tmp_path / "translations" / "en" / "LC_MESSAGES"
    catalogue.mkdir(parents=True)
    (catalogue / "messages.po").write_text('msgid "心愿"\nmsgstr "Wish"\n\nmsgid "已许愿"\nmsgstr "Made"\n')
    app = Flask("service")
    words = {"wish": {"made": Word("已许愿", "wait")}}
    install(
        app, service="registry", front_links=(), folder=tmp_path, words=words, principal=lambda: None,
        csrf_token=lambda: "",
    )  # fmt: skip
    with app.test_request_context("/?lang=en"):
        shown = app.jinja_env.get_template("wish.html").render()
    assert shown.startswith("Wish") and "Made" in shown and "Unknown" in shown and "chip unknown" in shown


class NobodyWithdrew:
    """Rights that never change."""

    def refuse_older(self, account: str, revision: int) -> None:
        """All are of today."""


@pytest.fixture
def guarded(tmp_path: Path) -> FlaskClient:
    """The kit behind the real border, with a clerk signed in by cookie."""
    private, public = create_token_keys(tmp_path)
    reader = TokenReader([public], "county", "registry", NobodyWithdrew(), MachineClock())
    border = Border(hosts=("localhost",), secret=b"s" * 32, version="1")
    pages = Blueprint("pages", "pages")
    pages.add_url_rule("/pages/registry/x", "x", needs(Role.CLERK)(lambda: show()), methods=["GET", "POST"])
    app, _ = make_app(
        "registry", border, token_reader=reader, ready=dict, registry=CollectorRegistry(), pages=[pages]
    )  # fmt: skip
    install(app, service="registry", front_links=LINKS)
    who = Principal("0197a1de-0000-7000-8000-0000000000a1", Role.CLERK, "c/t/v", 1, "", "session-1")
    client = app.test_client()
    client.set_cookie("springrain", TokenMaker(private, "county", MachineClock()).make(who, ["registry"]))
    return client


def show() -> str:
    return render_template_string("{% extends 'base.html' %}{% block content %}{{ kit.csrf() }}{% endblock %}")


def test_behind_the_real_border_a_form_of_ours_is_taken_and_a_stranger_s_is_not(guarded: FlaskClient) -> None:
    page = guarded.get("/pages/registry/x", headers=BROWSER)
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert page.status_code == 200 and "村级经办人" in page.text and found
    assert guarded.post("/pages/registry/x", data={"csrf": found[1]}, headers=BROWSER).status_code == 200
    refused = guarded.post("/pages/registry/x", headers=BROWSER)
    assert refused.status_code == 403 and "您不能打开这一页" in refused.text


def test_behind_the_real_border_files_and_the_language_switch_are_open_and_the_rest_is_not(guarded: FlaskClient) -> None:
    assert unmarked(guarded.application) == []
    guarded.delete_cookie("springrain")
    assert guarded.get("/static/logo.svg").status_code == 200
    assert guarded.get("/pages/registry/language?to=en").status_code == 303
    assert guarded.get("/pages/registry/x", headers=BROWSER).location == "/sign-in?next=%2Fpages%2Fregistry%2Fx"
