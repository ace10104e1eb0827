"""The notifier's HTTP side: who may ask what, what stays hidden from whom, and that a look is written down."""

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.stack import Stack
from deploy.nginx.table import API
from services.notifier.app import app_of
from services.notifier.commands.answers import hear
from services.notifier.commands.hearing import records_for
from services.notifier.model.reply import Understood
from services.notifier.model.templates import TEMPLATES
from services.notifier.pages.words import NOTIFIER_WORDS, texts
from services.notifier.smpp import Answer
from services.notifier.wiring import desk_of
from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.http import endpoints, unmarked
from shared.ids import new_id
from shared.pages.languages import read_catalogue
from shared.tokens import TokenMaker, create_token_keys
from tests.county import County
from tests.servers import Vhost
from tests.village import Village, at

HOME = "13800000003"
ROOT = Path(__file__).parents[2]
READERS = {Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR}


@dataclass
class Office:
    """The app, and how each role signs in."""

    village: Village
    client: FlaskClient
    maker: TokenMaker

    def asks(self, path: str, role: Role = Role.SUPERVISOR, branch: str = "") -> Any:
        """GET as an account of this role."""
        who = Principal(new_id(), role, branch or self.village.branch, 1, "", "session")
        token = self.maker.make(who, ["notifier"])
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    clock = at(tmp_path)
    more = {"county_time_file": str(tmp_path / "county.time"), "demo": "yes"}
    county = County(stack, vhost, database_name, tmp_path, **more)
    _keys(tmp_path)
    village = Village(county, None, clock)
    maker = TokenMaker(tmp_path / "tokens" / "token.key", county.settings.county, MachineClock())
    yield Office(village, app_of(village.notifier).test_client(), maker)
    county.close()


def _keys(folder: Path) -> None:
    if not (folder / "border.key").exists():
        (folder / "border.key").write_bytes(base64.b64encode(os.urandom(32)))
        (folder / "border.key").chmod(0o600)
    if not (folder / "tokens").exists():
        (folder / "tokens").mkdir()
        create_token_keys(folder / "tokens")


@pytest.fixture
def home(office: Office) -> dict[str, str]:
    """An elder whose daughter at home was asked about a visit and answered `2`."""
    village = office.village
    elder, daughter = village.elder(), village.person("王丽", HOME)
    village.kin(elder, daughter, "home")
    household = village.household(elder)
    village.proves(HOME)
    visit = village.visit(household, elder)
    village.clock.move_to(village.clock.now() + timedelta(minutes=1))
    village.came(visit, household)
    desk, answers = desk_of(village.notifier), [Answer(HOME, "1069", "2")]
    records = records_for(desk, village.notifier.units, answers)
    village.notifier.units.run(lambda unit: hear(desk, unit, answers, records))
    return {"elder": elder, "daughter": daughter}


def test_every_view_says_who_may_use_it_and_the_front_knows_each(office: Office) -> None:
    app = office.client.application
    assert unmarked(app) == []
    rules = {found.rule.split("/")[3] for found in endpoints(app) if found.rule.startswith("/api/v1/")} - {"notifier"}
    assert rules == set(API["notifier"])


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", ["/api/v1/messages?person={}", "/api/v1/answers?person={}", "/pages/notifier/person/{}/part"])
def test_each_role_in_and_out_of_scope(office: Office, home: dict[str, str], role: Role, path: str) -> None:
    asked = path.format(home["elder"])
    county = office.village.county.settings.county
    assert office.asks(asked, role).status_code == (200 if role in READERS else 403)
    assert office.asks(asked, role, county).status_code == (200 if role in READERS else 403)
    assert office.asks(asked, role, f"{county}/{new_id()}").status_code == (404 if role in READERS else 403)


def test_nobody_reads_without_a_token(office: Office, home: dict[str, str]) -> None:
    assert office.client.get(f"/api/v1/messages?person={home['elder']}").status_code == 401


@pytest.mark.parametrize("query", ["", "?person=x", "?person[$ne]=", "?person={id}&cursor=x", "?person={id}&more=1"])
def test_a_bad_question_is_a_clear_answer(office: Office, home: dict[str, str], query: str) -> None:
    answer = office.asks("/api/v1/messages" + query.format(id=home["elder"]))
    assert answer.status_code in (400, 422) and answer.mimetype == "application/problem+json"


def test_messages_are_listed_without_any_text(office: Office, home: dict[str, str]) -> None:
    found = office.asks(f"/api/v1/messages?person={home['daughter']}").json["messages"]
    assert [row["template"] for row in found] == ["question", "greeting"]
    assert set(found[0]) == {"id", "person", "about", "template", "version", "state", "at", "revision"}


def test_a_list_goes_on_where_its_cursor_says(office: Office, home: dict[str, str]) -> None:
    rows = office.village.rows["messages"]
    model = rows.find_one({"template": "question"})
    rows.insert_many([model | {"_id": new_id(), "key": f"copy:{number}"} for number in range(60)])
    path = f"/api/v1/messages?person={home['daughter']}"
    first = office.asks(path).json
    second = office.asks(f"{path}&cursor={first['next']}").json
    assert (len(first["messages"]), len(second["messages"]), "next" in second) == (50, 12, False)
    assert office.asks(f"/api/v1/answers?person={home['daughter']}&cursor={first['next']}").status_code == 400


def test_a_dispute_is_seen_by_the_township_and_not_by_the_village(office: Office, home: dict[str, str]) -> None:
    for person in home.values():
        path = f"/api/v1/answers?person={person}"
        assert [row["meaning"] for row in office.asks(path).json["answers"]] == ["did_not_come"]
        assert office.asks(path, Role.CLERK).json["answers"] == []
        part = f"/pages/notifier/person/{person}/part"
        assert "答：没来" in office.asks(part).text
        assert "答：" not in office.asks(part, Role.CLERK).text


def test_opening_a_persons_texts_is_a_look_and_is_told_once(office: Office, home: dict[str, str]) -> None:
    account = Principal(new_id(), Role.SUPERVISOR, office.village.branch, 1, "", "s")
    headers = {"Authorization": f"Bearer {office.maker.make(account, ['notifier'])}"}
    for _ in range(2):
        answer = office.client.get(f"/pages/notifier/person/{home['elder']}/part", headers=headers)
        assert "来了回1" in answer.text
    looks = office.village.told("look.taken")
    assert len(looks) == 1 and home["daughter"] in looks[0].data["people"] and looks[0].actor == account.account


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("path", ["messages", "templates", "figures/part"])
def test_the_pages_show_in_both_languages(office: Office, home: dict[str, str], path: str, language: str) -> None:
    office.village.rows["contacts"].update_many({}, {"$set": {"unreachable": "expired"}})
    answer = office.asks(f"/pages/notifier/{path}?lang={language}")
    assert answer.status_code == 200 and ("Proving" in answer.text or "Family numbers" in answer.text) == (
        language == "en" and path != "messages"
    )


def test_what_was_perhaps_sent_is_listed_for_a_person_the_red_path_first(office: Office, home: dict[str, str]) -> None:
    rows, unknown = office.village.rows["messages"], {"state": "unknown", "sent_at": office.village.clock.now()}
    rows.update_many({}, {"$set": unknown | {"why": "restored"}})
    rows.update_one({"template": "greeting"}, {"$set": {"urgent": True, "template": "alarm"}, "$unset": {"why": ""}})
    text = office.asks("/pages/notifier/messages?lang=en").text
    listed = text[text.index("perhaps sent") : text.index("Numbers to ask for again")]
    assert (
        listed.index("Alarm to relatives") < listed.index("The carrier did not answer") < listed.index("Asking about a visit")
    )
    assert "Perhaps sent before the backup was restored" in listed and "时间" not in listed


def test_figures_count_what_lies_in_scope(office: Office, home: dict[str, str]) -> None:
    county = office.village.county.settings.county
    assert '<dd class="value">1<small> / 1</small>' in office.asks("/pages/notifier/figures/part").text
    assert (
        '<dd class="value">0<small> / 0</small>'
        in office.asks("/pages/notifier/figures/part", branch=f"{county}/{new_id()}").text
    )


def test_the_conductor_is_told_what_is_in_hand(office: Office, home: dict[str, str]) -> None:
    assert office.client.get("/health/quiet").json["in_hand"] == len(office.village.messages(state="queued"))


def test_an_erased_person_is_not_found(office: Office, home: dict[str, str]) -> None:
    office.village.registry.keys.erase(home["elder"])
    office.village.tells("person.erased.v1", home["elder"], {"ground": "request", "second": new_id()})
    assert office.asks(f"/api/v1/messages?person={home['elder']}").status_code == 404


def test_every_word_has_its_english_and_every_value_its_word() -> None:
    english = read_catalogue([ROOT / "services/notifier/pages/translations", ROOT / "shared/pages/translations"], "en")
    assert [text for text in sorted(texts()) if english.gettext(text) == text] == []
    assert set(TEMPLATES) <= set(NOTIFIER_WORDS["template"])
    assert {one.value for one in Understood} <= set(NOTIFIER_WORDS["heard"])
