"""An inspection in a real browser: the secret is made there and stays there, the sample is drawn, the branch answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, expect

from deploy.local.stack import Stack
from services.audit.wiring import anchoring_of, counting_of
from shared.access import Role
from shared.clock import FileCountyClock
from tests.auditing import log_running
from tests.county import County
from tests.inspectorate import Inspectorate
from tests.servers import Vhost

Measure = Callable[[Page], int]
Photograph = Callable[[Page, str], None]
HERE = "/pages/audit/inspections"


class Browsing:
    """An inspectorate and the address its pages are at."""

    def __init__(self, at: Inspectorate, url: str) -> None:
        self.at, self.url = at, url

    def signs_in(self, page: Page, role: Role, language: str = "zh_CN") -> None:
        """Whoever looks at this page from now on."""
        token = self.at.office.maker.make(self.at.office.principal(role), ["audit"])
        kept = {"springrain": token, "springrain_language": language}
        page.context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in kept.items()])


@pytest.fixture
def browsing(
    stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path, serve: Callable[[Flask], str]
) -> Iterator[Browsing]:
    words = {"county_time_file": str(tmp_path / "time"), "hosts": "127.0.0.1"}
    county = County(stack, vhost, database_name, tmp_path, **words)
    at = Inspectorate.of(county, FileCountyClock(tmp_path / "time"))
    with log_running(county):
        at.september(20)
        yield Browsing(at, serve(at.office.app))
    county.close()


def test_a_sample_is_drawn_by_a_secret_no_server_saw_before_and_the_branch_answers(
    browsing: Browsing, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    browsing.signs_in(page, Role.INSPECTOR)
    secret = _an_inspection_is_opened(browsing, page, photograph)
    page.fill("#secret", "0000-" + secret[5:])
    page.get_by_role("button", name="抽取样本").click()
    expect(page.locator(".field.wrong")).to_contain_text("与开启时的指纹不符")
    page.fill("#secret", secret)
    photograph(page, "inspection-anchored-zh-1280")
    page.get_by_role("button", name="抽取样本").click()
    _the_sample_is_looked_at(page)
    photograph(page, "inspection-checked-zh-1280")
    _the_branch_answers(browsing, phone, overflow, photograph)
    page.reload()
    page.get_by_text("出具报告并结束").click()
    page.get_by_role("button", name="出具报告", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载报告（PDF）").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert overflow(page) == 0
    photograph(page, "inspection-closed-zh-1280")
    _on_a_phone(browsing, phone, page.url, overflow, photograph)


def _an_inspection_is_opened(browsing: Browsing, page: Page, photograph: Photograph) -> str:
    """The secret, once the checkpoint stands; nothing the page sent until then held it."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(_content(request)))
    page.goto(browsing.url + HERE)
    page.get_by_role("button", name="生成口令").click()
    secret = page.locator("output.secret").inner_text()
    page.select_option("#branch", label="　春雨镇")
    photograph(page, "inspections-zh-1280")
    page.get_by_role("button", name="开启", exact=True).click()
    expect(page.locator("ol.steps")).to_contain_text("在此之前不要把口令告诉任何人")
    browsing.at.logs()
    audit = browsing.at.office.county.service("audit")
    anchoring_of(audit).look()
    page.reload()
    expect(page.locator("ol.steps")).to_contain_text("正在清点")
    counting_of(audit).look()
    page.reload()
    assert not [text for text in sent if secret in text or secret.replace("-", "") in text]
    return secret


def _the_sample_is_looked_at(page: Page) -> None:
    cards = page.locator("article.concern")
    expect(cards).to_have_count(4)
    cards.first.get_by_text("凭据", exact=True).click()
    expect(cards.first.locator("[data-part]")).to_contain_text("未知")
    for left in (3, 2, 1, 0):
        cards.first.get_by_text("记下核实结果…").click()
        cards.first.get_by_role("button", name="记下").click()
        expect(page.locator("#notices")).to_contain_text("核实结果已记入日志")
        if left:
            expect(page.locator(".count")).to_contain_text(f"还有 {left} 项")
    cards.first.get_by_text("登记一项发现…").click()
    page.get_by_role("button", name="登记并告知支部").click()
    expect(page.locator("#notices")).to_contain_text("发现已登记")


def _the_branch_answers(browsing: Browsing, phone: Page, overflow: Measure, photograph: Photograph) -> None:
    browsing.signs_in(phone, Role.CLERK)
    phone.goto(browsing.url + "/pages/audit/findings")
    assert overflow(phone) == 0
    photograph(phone, "findings-zh-390")
    phone.get_by_role("link", name="没有人来过").click()
    phone.fill("#note", "志愿者当日请假，没有改期。")
    assert overflow(phone) == 0
    photograph(phone, "finding-zh-390")
    phone.get_by_role("button", name="提交答复").click()
    expect(phone.locator("#notices")).to_contain_text("答复已记入日志")


def _on_a_phone(browsing: Browsing, phone: Page, url: str, overflow: Measure, photograph: Photograph) -> None:
    browsing.signs_in(phone, Role.INSPECTOR, "en")
    for path, name in ((url, "inspection"), (browsing.url + HERE, "inspections")):
        phone.goto(path)
        assert overflow(phone) == 0
        photograph(phone, f"{name}-en-390")


def _content(request: Request) -> str:
    return f"{request.url} {request.post_data or ''} {request.headers}"
