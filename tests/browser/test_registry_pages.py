"""The registry's pages in a real browser, at both widths, on the real servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from deploy.local.stack import Stack
from shared.access import Role
from tests.county import County
from tests.registry_office import PASSWORD, TOWNSHIP, VILLAGE, Office
from tests.servers import Vhost

Serve = Callable[[Flask], str]
Measure = Callable[[Page], int]
Photograph = Callable[[Page, str], None]


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path, hosts="127.0.0.1,localhost")
    yield Office.open(county)
    county.close()


def sign_in(page: Page, address: str, name: str, target: str = "/") -> None:
    """As a person does it."""
    page.goto(f"{address}/sign-in?next={target}")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_an_administrator_opens_an_account_changes_it_and_ends_it(
    office: Office, serve: Serve, page: Page, overflow: Measure, photograph: Photograph
) -> None:
    sign_in(page, serve(office.app), "admin", "/pages/registry/accounts")
    form = page.locator("form#add")
    form.get_by_label("登录名").fill("ab")
    form.get_by_label("初始密码").fill("short")
    form.get_by_role("button", name="开通").click()
    expect(page.get_by_role("alert")).to_contain_text("登录名用3到40个")
    photograph(page, "accounts-wrong")
    form.get_by_label("登录名").fill("wengang")
    form.get_by_label("初始密码").fill(PASSWORD)
    form.get_by_label("角色").select_option("clerk")
    form.get_by_label("范围").select_option(label="　文港镇")
    form.get_by_role("button", name="开通").click()
    expect(page.get_by_role("status").first).to_contain_text("账号已开通")
    photograph(page, "accounts")
    page.get_by_role("link", name="wengang").click()
    assert overflow(page) == 0
    photograph(page, "account")
    page.get_by_text("停用这个账号").click()
    page.get_by_role("button", name="确定停用").click()
    expect(page.locator("h1")).to_contain_text("已停用")
    page.get_by_role("button", name="恢复使用").click()
    expect(page.locator("h1")).to_contain_text("使用中")


@pytest.mark.parametrize("width", ["page", "phone"])
def test_the_overview_goes_down_to_the_village_and_says_what_is_away(
    width: str, office: Office, serve: Serve, request: pytest.FixtureRequest, overflow: Measure, photograph: Photograph
) -> None:
    office.account("clerk", Role.CLERK, TOWNSHIP)
    shown: Page = request.getfixturevalue(width)
    sign_in(shown, serve(office.app), "clerk")
    expect(shown.locator("h1")).to_contain_text("文港镇")
    expect(shown.locator("#today .picture.failed, #today .picture.closed")).to_be_visible()
    photograph(shown, f"overview-{width}")
    assert overflow(shown) == 0
    shown.get_by_role("link", name="前途村").click()
    expect(shown.locator("h1")).to_contain_text("前途村")
    expect(shown.get_by_text("没有下级支部")).to_be_visible()
    photograph(shown, f"village-{width}")
