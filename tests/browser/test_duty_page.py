"""The page for the person on duty in a real browser, behind the real front: three services answer, one is down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from deploy.local.stack import Stack
from deploy.local.stack.nginx import Nginx
from deploy.local.stack.ports import free_port
from deploy.nginx.table import front_table
from shared.clock import MachineClock
from shared.duty.heartbeats import Heartbeats
from shared.healing.beats import Beat
from shared.messaging.follows import county_topology
from shared.messaging.topology import declare
from tests.county import County
from tests.duty_office import DutyOffice
from tests.eventually import eventually
from tests.servers import Vhost

Measure = Callable[[Page], int]
Photograph = Callable[[Page, str], None]
UP = ("scheduler", "notifier", "audit")


class Earlier(MachineClock):
    """Machine time as it was two minutes ago."""

    def now(self):  # type: ignore[no-untyped-def]
        return super().now() - timedelta(minutes=2)


@dataclass
class Night:
    """A county with trouble: an event parked at the scheduler, another awaited, a hole; the registry is down."""

    url: str
    office: DutyOffice
    parked: str

    def open(self, page: Page, language: str = "zh_CN") -> None:
        """The page, signed in."""
        kept = {"springrain": self.office.token(), "springrain_language": language}
        page.context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in kept.items()])
        page.goto(f"{self.url}/duty")


@pytest.fixture
def night(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path, serve: Callable[[Flask], str]) -> Iterator[Night]:
    county = County(stack, vhost, database_name, tmp_path, hosts="127.0.0.1")
    offices = {name: DutyOffice(county, name) for name in UP}
    addresses = {"registry": f"127.0.0.1:{free_port()}"}
    addresses |= {name: serve(office.app).removeprefix("http://") for name, office in offices.items()}
    front = Nginx(stack.children, tmp_path / "nginx", free_port())
    front.start(front_table(addresses))
    declare(county.settings.amqp_url, county_topology())
    office, audit = offices["scheduler"], offices["audit"]
    first, _ = office.park(trace="handlers.py:88 enrol\ninbox.py:201 _handle")
    office.skip()
    rows = office.runtime.database["held"]
    rows.update_one({"state": "ahead"}, {"$set": {"state": "awaits", "thing": first.subject, "due_at": first_time(office)}})
    for name in ("audit", "notifier", "scheduler"):
        Heartbeats(audit.runtime.database, MachineClock()).note(Beat(name, 0, 0))
    Heartbeats(audit.runtime.database, Earlier()).note(Beat("registry", 0, 0))
    for name in UP:
        runtime = offices[name].runtime
        until = runtime.machine_clock.now() + timedelta(hours=1)
        runtime.database["leases"].insert_one({"_id": "relay", "holder": f"{name}:7:x", "until": until})
    yield Night(front.url, office, first.id)
    assert front.child is not None
    front.child.kill()
    county.close()


def first_time(office: DutyOffice) -> object:
    return office.runtime.machine_clock.now() + timedelta(minutes=1)


def test_in_one_look_it_is_seen_what_is_wrong_and_what_is_down(
    night: Night, page: Page, overflow: Measure, photograph: Photograph
) -> None:
    night.open(page)
    expect(page.locator("#verdict-registry")).to_contain_text("没有回答")
    expect(page.locator("#verdict-scheduler")).to_contain_text("1 件事件暂存待处理")
    expect(page.locator("#verdict-scheduler")).to_contain_text("1 条记录有缺口")
    expect(page.locator("#verdict-notifier")).to_contain_text("正常")
    expect(page.locator("#verdict-audit")).to_contain_text("登记 已 2 分钟 没有心跳")
    assert page.locator("nav.menu a[aria-current]").get_attribute("href") == "/duty"
    assert overflow(page) == 0
    photograph(page, "duty-zh-1280")
    page.locator("details.held > summary").click()
    expect(page.locator("details.held pre").last).to_contain_text('"roster": "elders"')
    photograph(page, "duty-zh-1280-open")


def test_an_open_event_stays_open_while_the_page_renews_itself(night: Night, page: Page) -> None:
    night.open(page)
    page.locator("details.held > summary").click()
    event = page.locator("details.held[open] pre").last
    expect(event).to_contain_text('"roster": "elders"')
    page.locator("details.held .confirm > summary", has_text="重试").click()
    night.office.park()
    expect(page.locator("#verdict-scheduler")).to_contain_text("2 件事件暂存待处理", timeout=12_000)
    expect(page.locator("details.held")).to_have_count(2)
    expect(event).to_contain_text('"roster": "elders"')
    expect(page.locator("details.held form:visible button", has_text="现在重试")).to_have_count(1)


def test_a_parked_event_is_retried_from_a_phone(night: Night, phone: Page, overflow: Measure, photograph: Photograph) -> None:
    night.open(phone, "en")
    expect(phone.locator("#verdict-registry")).to_contain_text("Does not answer")
    expect(phone.locator("#verdict-scheduler .chip").first).to_be_visible()
    assert overflow(phone) == 0
    photograph(phone, "duty-390")
    phone.locator("details.held > summary").click()
    expect(phone.locator("details.held pre").last).to_contain_text('"roster": "elders"')
    phone.locator("details.held .confirm > summary").first.click()
    expect(phone.locator("details.held form:visible button")).to_be_visible()
    photograph(phone, "duty-390-open")
    assert overflow(phone) == 0
    phone.locator("details.held form:visible button").click()
    expect(phone.locator("#notices .notice")).to_be_visible()
    eventually(lambda: night.office.released() == [(night.office.account, "retry", night.parked)])
    expect(phone.locator("details.held")).to_have_count(0)
