"""The whole county in a browser: a clerk imports, watches and proves; a family answers on the handset."""

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.demo.closing import prove
from deploy.local.demo.processes import ROOT
from deploy.local.demo.story import Story
from deploy.local.stack import Stack
from shared.clock import at_county
from tests.whole_county import whole_county

PEOPLE = "/pages/registry/people/"


@pytest.fixture(scope="module")
def story(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A county whose three rosters are in and whose first days of September were played."""
    with whole_county(stack, tmp_path_factory.mktemp("county")) as running:
        running.import_rosters()
        running.record_checks()
        running.pair()
        running.give_phones()
        running.play_until(at_county(date(2026, 9, 3), 20))
        yield running


def sign_in(page: Page, story: Story, name: str) -> None:
    user = next(user for user in story.users if user.name == name)
    page.goto(f"{story.county.url}/sign-in")
    page.fill("input[name=name]", user.name)
    page.fill("input[name=password]", user.password)
    page.click("main button[type=submit]")
    expect(page).not_to_have_url(re.compile("sign-in"))


def visited(story: Story) -> dict[str, Any]:
    """A completed visit, and one of the people visited."""
    visits = story.fronts["wengang"].pages("/api/v1/visits", **{"from": "2026-09-01", "to": "2026-09-03"})
    return next(visit for visit in visits if visit["state"] in ("completed", "confirmed", "in_review"))


@pytest.mark.timeout(300)
def test_a_clerk_proves_a_line_of_a_persons_timeline(story: Story, page: Page) -> None:
    sign_in(page, story, "wengang")
    page.goto(f"{story.county.url}{PEOPLE}{visited(story)['recipients'][0]}")
    line = page.locator("a", has_text="证明").first
    line.wait_for()
    line.click()
    expect(page).to_have_url(re.compile(r"/pages/audit/entries/\d+"))
    expect(page.locator("main")).to_contain_text("springrain/")


def test_a_clerk_imports_a_mended_roster_and_nobody_is_doubled(story: Story, page: Page) -> None:
    before = len(list(story.fronts["wengang"].pages("/api/v1/people")))
    sign_in(page, story, "wengang")
    page.goto(f"{story.county.url}/pages/registry/rosters")
    page.set_input_files("input[type=file]", ROOT / "data" / "rosters" / "文港镇留守儿童信息表.csv")
    page.locator("form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("已完成", timeout=60_000)
    assert len(list(story.fronts["wengang"].pages("/api/v1/people"))) == before


def test_a_family_answers_on_the_handset_and_somebody_is_sent_to_look(story: Story, phone: Page) -> None:
    sent = next(one for one in _handsets(story) if "回1" in one["last"]["text"] and not one["last"]["own"])
    phone.goto(f"{story.county.url}/demo/handsets/{sent['number']}")
    phone.fill("input[name=text], textarea[name=text]", "看看")
    phone.locator("form button").first.click()
    story.conductor.wait_quiet()
    planned = story.fronts["wengang"].pages("/api/v1/visits", **{"from": "2026-09-03", "to": "2026-09-05"}, kind="look_in")
    assert any(visit["state"] == "planned" for visit in planned)


def _handsets(story: Story) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{story.county.carrier_url}/handsets", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


@pytest.mark.timeout(300)
def test_at_the_end_the_proof_is_shown_and_all_figures_agree(story: Story) -> None:
    found, faults = prove(story, story.teller)
    assert (found["agreed"], faults) == (True, [])
