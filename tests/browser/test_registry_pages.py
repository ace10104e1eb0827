"""The registry's pages in a real browser, at both widths, on the real servers, with the township's own rosters."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from deploy.local.stack import Stack
from services.registry.commands.erasures import Erasures
from services.registry.commands.importing.run import Imports
from shared.access import Role
from tests.county import County
from tests.registry_office import PASSWORD, ROOT, TOWNSHIP, Office
from tests.servers import Vhost
from tests.unit.registry.roster_files import CHILDREN, ELDERS, VOLUNTEERS

Serve = Callable[[Flask], str]
Measure = Callable[[Page], int]
Photograph = Callable[[Page, str], None]
OTHERS = ("/pages/scheduler/", "/pages/notifier/", "/pages/audit/")


class AlonePages:
    """The registry behind a front whose other three services are down."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """502 for what is not the registry's."""
        if str(environ["PATH_INFO"]).startswith(OTHERS):
            start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [b""]
        return self._inner(environ, start_response)


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path, hosts="127.0.0.1,localhost")
    opened = Office.open(county)
    opened.app.wsgi_app = AlonePages(opened.app.wsgi_app)  # type: ignore[method-assign]
    opened.account("clerk", Role.CLERK, TOWNSHIP)
    opened.account("super", Role.SUPERVISOR, TOWNSHIP)
    yield opened
    county.close()


@contextmanager
def working(office: Office) -> Iterator[None]:
    """The registry's own loops run while the block lasts."""
    stop = threading.Event()
    loops = (Imports(office.desk).run, Erasures(office.desk).run)
    threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


@pytest.mark.parametrize(
    ("role", "begins"),
    [
        (Role.CLERK, "/pages/registry/"),
        (Role.LIAISON, "/pages/registry/"),
        (Role.INSPECTOR, "/pages/audit/log"),
        (Role.VOLUNTEER, "/pages/scheduler/day"),
    ],
)
def test_the_front_door_leads_each_role_to_where_its_day_begins(role: Role, begins: str, office: Office) -> None:
    office.account("somebody", role)
    browser = office.browser("somebody")
    assert browser.get("/").location == begins
    if begins == "/pages/registry/":
        shown = browser.get(begins)
        assert shown.status_code == 200
        assert ("/pages/scheduler/today/part" in shown.text) == (role is not Role.LIAISON)


def test_english_leaves_no_chinese_but_the_names_of_places(office: Office) -> None:
    browser = office.browser("admin")
    names = sorted((row["name"] for row in office.desk.database["branches"].find()), key=len, reverse=True)
    for page in (
        "",
        "people",
        "people/new",
        "households",
        "households/unsure",
        "volunteers",
        "pairings",
        "rosters",
        "erasures",
        "accounts",
    ):
        answer = browser.get(f"/pages/registry/{page}?lang=en", headers={"Accept": "text/html"})
        assert answer.status_code == 200, page
        text = re.sub("|".join([*map(re.escape, names), "春雨工作办公室", "演示负责人", "春雨", "中文", "、"]), "", answer.text)
        assert re.findall("[\u4e00-\u9fff]+", text) == [], page


@pytest.fixture
def town(office: Office) -> Office:
    """With the three rosters imported."""
    for name in (ELDERS, CHILDREN, VOLUNTEERS):
        assert office.upload("clerk", name, (ROOT / "data/rosters" / name).read_bytes()).status_code == 202
    imports = Imports(office.desk)
    while imports.step(threading.Event()):
        pass
    return office


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
    expect(page.locator("#name-error")).to_contain_text("登录名用3到40个")
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


def test_who_was_slower_changes_nothing_and_sees_the_present_state(office: Office, serve: Serve, page: Page) -> None:
    account = office.account("wengang", Role.CLERK, TOWNSHIP)
    sign_in(page, serve(office.app), "admin", f"/pages/registry/accounts/{account['id']}")
    body = {"role": "supervisor"}
    headers = office.headers("admin") | {"If-Match": '"1"'}
    assert office.client().patch(f"/api/v1/accounts/{account['id']}", json=body, headers=headers).status_code == 200
    page.get_by_label("角色").select_option("liaison")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").first).to_contain_text("别人刚刚改过")
    expect(page.locator("dl.facts")).to_contain_text("乡镇督导员")


def test_a_roster_is_uploaded_watched_and_its_faults_come_back_in_a_workbook(
    office: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(office.app)
    sign_in(page, address, "clerk", "/pages/registry/rosters")
    photograph(page, "rosters-empty")
    page.get_by_label("名册文件").set_input_files({"name": "a.xlsx", "mimeType": "text/plain", "buffer": b"%PDF-1.4"})
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#file-error")).to_contain_text("这不是表格文件")
    page.get_by_label("名册文件").set_input_files(str(ROOT / "data/rosters" / ELDERS))
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#job .progress")).to_be_visible()
    photograph(page, "roster-waits")
    with working(office):
        expect(page.locator("#job")).to_contain_text("要改的地方", timeout=60_000)
    page.locator("#job details summary").first.click()
    photograph(page, "roster-done")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载订正表").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    sign_in(phone, address, "clerk", page.url.removeprefix(address))
    assert overflow(phone) == 0
    photograph(phone, "roster-done-phone")
    page.goto(f"{address}/pages/registry/rosters")
    expect(page.get_by_role("link", name=ELDERS)).to_be_visible()
    photograph(page, "rosters")


@pytest.mark.parametrize("width", ["page", "phone"])
def test_the_overview_goes_down_to_the_village_and_says_what_is_away(
    width: str, town: Office, serve: Serve, request: pytest.FixtureRequest, overflow: Measure, photograph: Photograph
) -> None:
    shown: Page = request.getfixturevalue(width)
    sign_in(shown, serve(town.app), "clerk")
    expect(shown.locator("h1")).to_contain_text("文港镇")
    expect(shown.locator("#today .picture.failed")).to_be_visible()
    photograph(shown, f"overview-{width}")
    assert overflow(shown) == 0
    shown.get_by_role("link", name="前途村").click()
    expect(shown.locator("h1")).to_contain_text("前途村")
    photograph(shown, f"village-{width}")


def test_a_person_is_found_by_name_and_by_pinyin_and_the_look_is_written_down(
    town: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(town.app)
    elder = town.get("clerk", "/api/v1/people", kind="elder").get_json()["items"][0]
    name = town.get("clerk", f"/api/v1/people/{elder['id']}").get_json()["name"]
    before = len(town.told("look.taken.v1"))
    sign_in(page, address, "clerk", "/pages/registry/people")
    photograph(page, "people")
    page.get_by_label("找人").fill(name)
    page.get_by_role("button", name="查找").click()
    assert name not in page.url
    page.locator("table").get_by_role("link", name=name).first.click()
    expect(page.locator("h1")).to_contain_text(name)
    expect(page.locator("[data-merge] .picture.failed")).to_have_count(3)
    photograph(page, "person")
    assert len(town.told("look.taken.v1")) >= before + 2
    child = town.get("clerk", "/api/v1/people", kind="child").get_json()["items"][0]
    sign_in(phone, address, "clerk", f"/pages/registry/people/{child['id']}")
    expect(phone.get_by_role("heading", name="家属")).to_be_visible()
    photograph(phone, "child-phone")
    assert overflow(phone) == 0
    phone.goto(f"{address}/pages/registry/people?kind=child")
    photograph(phone, "people-phone")
    assert overflow(phone) == 0
    household = town.get("clerk", f"/api/v1/people/{child['id']}").get_json()["household"]
    page.goto(f"{address}/pages/registry/households/{household}")
    photograph(page, "household")
    for path in ("households?pairing=none", "households/unsure", "people?only=no_adult", "people?only=to_mend"):
        page.goto(f"{address}/pages/registry/{path}")
        expect(page.locator("main table")).to_be_visible()
    photograph(page, "to-mend")


def test_a_check_is_recorded_pairings_are_proposed_accepted_and_ended(
    town: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(town.app)
    sign_in(page, address, "clerk", "/pages/registry/volunteers")
    photograph(page, "volunteers")
    page.locator("tbody th a").first.click()
    page.get_by_label("结果").select_option("yes")
    page.get_by_label("核查日期").fill("2099-01-01")
    page.get_by_label("核查机关").fill("进贤县公安局（演示）")
    page.get_by_label("有效期至").fill("2099-06-01")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("#checked_on-error")).to_contain_text("核查日期不能晚于今天")
    page.get_by_label("核查日期").fill("2026-01-05")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("h1")).to_contain_text("核查有效")
    photograph(page, "volunteer")
    page.goto(f"{address}/pages/registry/pairings")
    photograph(page, "pairings-none")
    page.get_by_role("button", name="为还没有结对的家庭提出建议").click()
    expect(page.get_by_role("status").first).to_contain_text("系统已提出建议")
    photograph(page, "pairings")
    page.get_by_role("button", name="确认", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("结对已建立")
    page.get_by_role("button", name="不合适").first.click()
    expect(page.get_by_role("status").first).to_contain_text("已结束")
    page.get_by_role("link", name="结对中").click()
    page.locator("tbody summary", has_text="结束").first.click()
    page.get_by_role("button", name="确定结束").click()
    expect(page.get_by_text("还没有结对。")).to_be_visible()
    sign_in(phone, address, "clerk", "/pages/registry/pairings")
    photograph(phone, "pairings-phone")
    assert overflow(phone) == 0
    phone.goto(f"{address}/pages/registry/volunteers")
    assert overflow(phone) == 0


def test_an_erasure_takes_two_people_and_leaves_no_name(town: Office, serve: Serve, page: Page, photograph: Photograph) -> None:
    address = serve(town.app)
    elder = town.get("clerk", "/api/v1/people", kind="elder").get_json()["items"][0]
    name = town.get("clerk", f"/api/v1/people/{elder['id']}").get_json()["name"]
    sign_in(page, address, "clerk", f"/pages/registry/people/{elder['id']}")
    page.locator("summary", has_text="提出删除").click()
    page.get_by_role("button", name="提出删除").last.click()
    expect(page.locator("h1")).to_contain_text("等第二人同意")
    expect(page.get_by_text("由乡镇督导员或县级管理员同意")).to_have_count(0)
    photograph(page, "erasure-asked")
    here = page.url
    page.get_by_role("button", name="退出").click()
    sign_in(page, address, "super", here.removeprefix(address).split("?")[0])
    page.get_by_text("同意删除").click()
    with working(town):
        page.get_by_role("button", name="确定删除").click()
        expect(page.get_by_role("status").first).to_contain_text("已同意")
        for _ in range(50):
            if "已删除" in page.locator("h1").inner_text():
                break
            page.reload()
    page.goto(f"{address}/pages/registry/people/{elder['id']}")
    expect(page.locator("h1")).to_contain_text("已删除")
    assert name not in page.content()
    photograph(page, "erased")


def test_a_clerk_registers_a_child_adds_the_grandmother_and_says_they_saw_her(
    office: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(office.app)
    sign_in(page, address, "clerk", "/pages/registry/people")
    page.get_by_role("link", name="登记一个人").click()
    page.get_by_role("navigation", name="种类").get_by_role("link", name="儿童").click()
    form = page.locator("form[action*='people/new']")
    form.get_by_label("村", exact=True).select_option(label="南湾村委会")
    form.get_by_label("姓名").fill("段小雨")
    form.get_by_label("出生日期").fill("2016-13-01")
    form.get_by_label("留守").check()
    photograph(page, "person-new")
    form.get_by_role("button", name="登记").click()
    expect(page.locator("#birth-error")).to_contain_text("出生日期看不懂")
    expect(form.get_by_label("留守")).to_be_checked()
    form.get_by_label("出生日期").fill("2016-03-01")
    form.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status").first).to_contain_text("请接着补家属")
    expect(page.get_by_text("家里没有登记大人")).to_be_visible()
    page.get_by_role("link", name="添加家属").click()
    page.get_by_label("姓名").fill("吴桂花")
    page.get_by_label("关系").select_option("grandmother")
    page.get_by_label("在家或在外").select_option("home")
    page.get_by_label("照护人").check()
    photograph(page, "relative-new")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_text("家里没有登记大人")).to_be_visible()  # a name typed mends nothing
    page.get_by_role("link", name="修改资料").click()
    page.get_by_label("在家的大人", exact=False).first.select_option(index=1)
    page.get_by_label("我今天见到了这位大人").check()
    photograph(page, "person-edit")
    page.get_by_role("button", name="登记见到的大人").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")
    expect(page.get_by_text("家里没有登记大人")).to_have_count(0)
    here = page.url.removeprefix(address).split("?")[0]
    sign_in(phone, address, "clerk", f"{here}/edit")
    expect(phone.locator("h1")).to_contain_text("修改资料")
    assert overflow(phone) == 0
    photograph(phone, "person-edit-phone")


def test_who_is_registered_already_is_named_by_number_and_a_relative_is_barred_after_asking_twice(
    town: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(town.app)
    kin = town.desk.database["kinships"].find_one(sort=[("_id", 1)])
    assert kin is not None
    sign_in(phone, address, "clerk", f"/pages/registry/relatives/{kin['_id']}")
    assert overflow(phone) == 0
    photograph(phone, "relative-phone")
    sign_in(page, address, "clerk", f"/pages/registry/people/{kin['recipient']}")
    known = town.get("clerk", f"/api/v1/people/{kin['recipient']}").get_json()
    page.locator("tbody a", has_text="修改").first.click()
    page.locator("summary", has_text="依法禁止告知这位家属").click()
    photograph(page, "relative-bar")
    page.get_by_role("button", name="确定禁止告知").click()
    expect(page.get_by_role("status").first).to_contain_text("已禁止告知")
    expect(page.locator("tbody").first).to_contain_text("依法禁止告知")
    page.goto(f"{address}/pages/registry/people/new?kind={known['kinds'][0]}")
    page.get_by_label("村", exact=True).select_option(known["branch"].rsplit("/", 1)[-1])
    page.get_by_label("姓名").fill(known["name"])
    page.get_by_label("出生日期").fill(known["birth"])
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status").first).to_contain_text(known["number"])


def test_two_who_may_live_together_are_decided_by_a_clerk(
    town: Office, serve: Serve, page: Page, phone: Page, overflow: Measure, photograph: Photograph
) -> None:
    address = serve(town.app)
    before = town.desk.database["unsure"].count_documents({})
    assert before >= 2
    sign_in(page, address, "clerk", "/pages/registry/households/unsure")
    photograph(page, "unsure")
    page.get_by_role("button", name="是一家", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("已归为一家")
    page.get_by_role("button", name="不是一家").first.click()
    expect(page.get_by_role("status").first).to_contain_text("不再问")
    assert town.desk.database["unsure"].count_documents({}) <= before - 2
    sign_in(phone, address, "clerk", "/pages/registry/households/unsure")
    assert overflow(phone) == 0
    photograph(phone, "unsure-phone")
