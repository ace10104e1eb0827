"""The page kit in a real browser: one sample page with every macro, at both widths, under the strict policy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from flask import Flask, Response, render_template, request
from playwright.sync_api import Page, expect

from shared.access import Principal, Role
from shared.pages.kit import install
from shared.pages.navigation import MENU

Measure = Callable[[Page], int]
Photograph = Callable[[Page, str], None]
LINES = {
    "visits": [
        {"at": "2026-11-20T02:10:00Z", "what": "走访已完成", "who": "志愿者 张", "detail": "水管已修好", "prove": "/prove/1"},
        {"at": "2026-11-03T01:00:00Z", "what": "走访已安排", "prove": "/prove/2"},
    ],
    "messages": [{"at": "2026-11-20T09:00:00Z", "what": "短信已送达", "who": "女儿", "prove": None}],
}


class Sample:
    """The sample's server side: what is up now, and what was posted with which token."""

    def __init__(self) -> None:
        self.up = False
        self.answers_now = Event()
        self.token = ""
        self.saves = 0
        self.app = Flask("sample", root_path=str(Path(__file__).parent / "kit_sample"), static_folder=None)
        who = Principal("a", Role.ADMINISTRATOR, "c", 1)
        install(self.app, service="registry", front_links=MENU, principal=lambda: who, csrf_token=lambda: "token")
        for rule, answer in {
            "/": self.page,
            "/part/<name>": self.part,
            "/lines/<name>": self.lines,
            "/bar/<int:done>": lambda done: render_template("bar.html", done=done),
        }.items():
            self.app.add_url_rule(rule, rule, answer)
        self.app.add_url_rule("/reply", view_func=self.reply, methods=["POST"])
        self.app.add_url_rule("/save", view_func=self.save, methods=["POST"])

    def page(self) -> str:
        """Every macro once."""
        rows = [
            {"who": "王秀英", "on": "2026-11-20", "state": "已完成", "days": 4},
            {"who": "李小明", "on": None, "state": "未走访", "days": 41},
        ]
        return render_template("sample.html", rows=rows)

    def part(self, name: str) -> str | Response:
        """One that answers, one that is down until `up`, one this account may not see."""
        if name == "closed":
            return Response("{}", 403, content_type="application/problem+json")
        if name == "down" and not self.up:
            return Response("upstream is down", 503)
        if name == "slow":
            self.answers_now.wait(10)
        return "<p>这里是内容</p>"

    def reply(self) -> Response:
        """A refusal as the HTTP room tells it."""
        self.token = request.headers["X-CSRF-Token"]
        faults = '{"faults": [{"field": "reply", "message": "请回 1 或 2。"}]}'
        return Response(faults, 422, content_type="application/problem+json")

    def save(self) -> str:
        """Takes its time, so that a second press would be possible."""
        self.saves += 1
        self.answers_now.wait(10)
        return "saved"

    def lines(self, name: str) -> str | Response:
        """A service's part of the timeline."""
        if name == "down" and not self.up:
            return Response("", 502)
        return render_template("lines.html", lines=LINES.get(name, []))


@pytest.fixture
def sample() -> Iterator[Sample]:
    made = Sample()
    yield made
    made.answers_now.set()


@pytest.fixture
def address(sample: Sample, serve: Callable[[Flask], str]) -> str:
    return serve(sample.app)


@pytest.mark.parametrize("width", ["page", "phone"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_page_with_everything_fits_its_window(
    width: str,
    language: str,
    address: str,
    sample: Sample,
    overflow: Measure,
    photograph: Photograph,
    request: pytest.FixtureRequest,
) -> None:
    page: Page = request.getfixturevalue(width)
    sample.answers_now.set()
    page.goto(f"{address}/?lang={language}")
    expect(page.locator("#good")).to_contain_text("这里是内容")
    expect(page.locator("#bar")).to_contain_text("3 / 3")
    photograph(page, f"kit-{width}-{language}")
    assert overflow(page) == 0


def test_the_reader_switches_the_language_and_it_stays(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Outcomes")).to_be_visible()
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_part_whose_service_is_down_says_so_and_comes_back_on_retry(page: Page, address: str, sample: Sample) -> None:
    page.goto(address)
    down = page.locator("#down")
    expect(down.locator(".picture.failed")).to_contain_text("此部分暂不可用")
    expect(page.locator("#good")).to_contain_text("这里是内容")
    sample.up = True
    down.get_by_role("button", name="重试").click()
    expect(down).to_contain_text("这里是内容")
    expect(down.locator(".picture")).to_have_count(0)


def test_a_part_that_has_not_come_yet_is_loading_and_not_empty(page: Page, address: str, sample: Sample) -> None:
    page.goto(address, wait_until="commit")
    slow = page.locator("#slow")
    expect(slow.locator(".picture.loading")).to_be_visible()
    sample.answers_now.set()
    expect(slow).to_contain_text("这里是内容")
    expect(slow.locator(".picture")).to_have_count(0)


def test_a_live_bar_that_lost_its_service_says_so_and_stays(page: Page, address: str) -> None:
    page.goto(address)
    lost = page.locator("#lost .progress")
    expect(lost.get_by_text("连接中断")).to_be_visible()
    expect(lost).to_contain_text("1 / 3")


def test_a_refusal_of_a_small_form_is_told_beside_it(page: Page, address: str, sample: Sample) -> None:
    page.goto(address)
    page.get_by_label("回复").fill("3")
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#replies")).to_contain_text("请回 1 或 2。")
    assert sample.token == "token"


def test_a_form_sent_by_a_double_press_arrives_once(page: Page, address: str, sample: Sample) -> None:
    page.goto(address)
    page.get_by_role("button", name="保存").dblclick(no_wait_after=True)
    sample.answers_now.set()
    expect(page.get_by_text("saved")).to_be_visible()
    assert sample.saves == 1


def test_a_part_one_may_not_see_is_not_shown_as_failed(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#closed")).to_contain_text("您的账号不能看这一部分")
    expect(page.locator("#closed .picture.failed")).to_have_count(0)


def test_the_timelines_of_several_services_are_one_newest_first(page: Page, address: str, sample: Sample) -> None:
    page.goto(address)
    lines = page.locator("[data-merge-into] > li")
    expect(lines).to_have_count(3)
    assert lines.locator("strong").all_inner_texts() == ["短信已送达", "走访已完成", "走访已安排"]
    expect(page.locator("[data-merge] .picture.failed")).to_have_count(1)
    expect(page.locator("[data-merge-empty]")).to_be_hidden()
    sample.up = True
    page.locator("[data-merge]").get_by_role("button", name="重试").click()
    expect(page.locator("[data-merge] .picture.failed")).to_have_count(0)
    expect(lines).to_have_count(3)


def test_a_live_bar_runs_until_the_work_is_done_and_then_asks_no_more(page: Page, address: str) -> None:
    page.goto(address)
    bar = page.locator("#bar .progress")
    expect(bar).to_contain_text("0 / 3")
    expect(bar).to_contain_text("3 / 3")
    assert bar.get_attribute("hx-get") is None


def test_what_cannot_be_undone_is_asked_first(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="确定结束")).to_be_hidden()
    page.locator("summary", has_text="结束这对结对").click()
    expect(page.get_by_role("button", name="确定结束")).to_be_visible()


def test_a_page_that_is_not_there_says_what_to_do(phone: Page, address: str, overflow: Measure, photograph: Photograph) -> None:
    answer = phone.goto(f"{address}/nowhere")
    assert answer is not None and answer.status == 404
    expect(phone.get_by_role("heading", name="没有找到这一页")).to_be_visible()
    photograph(phone, "kit-error")
    assert overflow(phone) == 0
