"""A notifier whose database was restored sends no family anything twice, and knows again what it sent and what was answered."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.notifier.queries import Queries
from services.notifier.wiring import desk_of
from shared.access import Principal, Role
from shared.healing.recall import note_restored, recalling
from shared.ids import new_id
from tests.backup import Backup
from tests.carriers import our_carrier
from tests.county import County
from tests.eventually import eventually
from tests.parish import (
    AFTER_HOURS,
    CALLER,
    CROWD,
    DAUGHTER,
    HOME,
    MONDAY,
    NEAR,
    NEWCOMER,
    PHONES,
    SON,
    STRANGER,
    SUNDAY,
    UNSAID,
    Parish,
    holds,
)
from tests.servers import Vhost
from tests.village import Village, at

pytestmark = pytest.mark.slow

Doc = dict[str, Any]


@pytest.fixture
def parish(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Parish]:
    clock = at(tmp_path)
    silent = [word for phone in PHONES for word in ("--character", f"{phone}=silent")]
    with our_carrier("--real-time", *silent) as carrier:
        more = {"county_time_file": str(tmp_path / "county.time"), "smpp_port": str(carrier.port), "smpp_password": "rain"}
        county = County(stack, vhost, database_name, tmp_path, **more)
        yield Parish(county, Village(county, carrier, clock), carrier)
        county.close()


def test_a_restored_notifier_sends_nothing_twice_and_knows_what_it_sent(parish: Parish) -> None:
    village = parish.village
    with parish.world():
        with parish.notifier():
            first = parish.family("王秀英", SON, DAUGHTER)
            second = parish.family("周桂花", HOME, presence="home")
            third = parish.family("李玉兰", CALLER, NEAR)
            for phone in CROWD[:6]:
                parish.family("张大爷", phone)
            eventually(lambda: len(village.messages(state="delivered")) == 11, "all are greeted", within=40)
            for phone in (SON, DAUGHTER, HOME, CALLER):
                village.proves(phone)
            eventually(holds(parish.logged), within=20)
        backup = _backup_with_two_on_their_way(parish, first)
        with parish.notifier():
            lost_hours(parish, first, second, third)
            eventually(holds(parish.logged), "all is logged", within=20, every=0.2)
        known = parish.messages()
        unlogged, night = _untold_and_at_night(parish, first)
        before = (parish.phones(), parish.documents(), parish.asks(), parish.hidden())

        backup.restore()
        note_restored(parish.rows, village.clock.now())
        village.begins_anew()
        parish.refuses_commands()
        _killed_in_the_middle(parish)
        with parish.notifier():
            eventually(lambda: not recalling(parish.rows), "recalled", within=30, every=0.2)
            eventually(holds(parish.heard), "told again", within=40, every=0.2)
            assert parish.phones() == before[0]
            after = parish.messages()
            withdrawn = _are_as_they_were(known, after)
            _equal(parish.documents(), before[1])
            assert (parish.asks(), parish.hidden()) == (before[2], before[3])
            _are_listed(parish, unlogged | withdrawn)
            assert set(after) - set(known) == {*unlogged, *night}
            _in_the_morning(parish, before[0])
            _next_command(parish)


def _in_the_morning(parish: Parish, before: dict[str, list[str]]) -> None:
    """What waited for it is sent once; nothing else is, whatever may go by now."""
    parish.moves_to(MONDAY)
    for phone in (SON, DAUGHTER):
        parish.village.rings(phone, "没有成行", 3)
    eventually(holds(parish.heard), within=20)
    more = {phone: len(texts) - len(before[phone]) for phone, texts in parish.phones().items()}
    assert {phone: count for phone, count in more.items() if count} == {SON: 1, DAUGHTER: 1}


def _next_command(parish: Parish) -> None:
    """It tells the next revision."""
    parish.carrier.writes(SON, "TD")
    eventually(lambda: parish.village.told("contact.stopped"), within=20)
    eventually(holds(parish.logged), within=20, every=0.2)
    eventually(holds(parish.chains_are_whole), within=20, every=0.2)


def lost_hours(parish: Parish, first: Any, second: Any, third: Any) -> None:
    """What the notifier does between the backup and the end of its disk."""
    village = parish.village
    for phone in CROWD[6:]:
        parish.family("新来的", phone)
    parish.family("新来的", NEWCOMER)
    parish.family("新来的", STRANGER)
    for phone, words in ((NEWCOMER, "1"), (STRANGER, "9")):
        village.rings(phone, "是家属回1")
        village.carrier.writes(phone, words)
    village.rings(SON, "没有成行")
    village.came(village.visit(second[1], second[0]), second[1])
    village.rings(HOME, "来了回1")
    village.carrier.writes(HOME, "2")
    village.carrier.writes(DAUGHTER, "看看")
    asked = eventually(lambda: village.told("look_in.asked"))[0]
    visit = village.visit(first[1], first[0], kind="look_in", look_in=asked.subject, due=asked.data["promised"])
    village.came(visit, first[1], asked=False, kind="look_in", look_in=asked.subject, closed={first[0]: {"well": "well"}})
    village.rings(DAUGHTER, "刚去过了")
    village.carrier.writes(CALLER, "我妈摔倒了")
    village.rings(NEAR, "急")
    for told in ("look_in.told_back", "contact.proven", "contact.wrong", "answer.received", "alarm.raised"):
        eventually(lambda told=told: village.told(told), told)  # type: ignore[misc]
    parish.moves_to(SUNDAY)
    village.rings(SON, "这一周")
    eventually(holds(parish.heard), within=20)
    eventually(lambda: not village.messages(state="submitted"), "every receipt came", within=20)


def _backup_with_two_on_their_way(parish: Parish, home: tuple[str, str]) -> Backup:
    """A backup in which one message waits for the line and one is just being handed over."""
    rows = parish.rows["messages"]
    with parish.notifier("relay", "consumer"):
        parish.missed(home)
        eventually(lambda: rows.count_documents({"template": "missed"}) == 2, within=20)
        eventually(holds(parish.logged), within=20)
    one = rows.find_one({"template": "missed"})
    rows.update_one({"_id": one["_id"]}, {"$set": {"state": "submitting", "sent_at": one["made_at"]}})
    backup = Backup.of(parish.rows)
    rows.replace_one({"_id": one["_id"]}, one)
    return backup


def _untold_and_at_night(parish: Parish, home: tuple[str, str]) -> tuple[set[str], set[str]]:
    """What was sent and never left this machine as an event; and what waits for the morning."""
    village, known = parish.village, set(parish.messages())
    with parish.notifier("consumer", "own"):
        parish.missed(home)
        village.rings(SON, "没有成行", 2)
        village.rings(DAUGHTER, "没有成行", 2)
        unlogged = set(parish.messages()) - known
        parish.moves_to(AFTER_HOURS)
        parish.missed(home)
        eventually(lambda: len(village.messages("missed", state="queued")) == 2, within=20)
    return unlogged, set(parish.messages()) - known - unlogged


def _killed_in_the_middle(parish: Parish) -> None:
    environ = os.environ | parish.county.environ | {"SPRINGRAIN_CRASH_AT": "after_commit:2"}
    process = subprocess.run([sys.executable, "-m", "services.notifier.worker"], env=environ, timeout=60, capture_output=True)
    assert process.returncode == -9 and recalling(parish.rows)


def _are_as_they_were(known: dict[str, Doc], after: dict[str, Doc]) -> set[str]:
    """Each message is what it was; returns those nobody was told of, since a rule had kept them back."""
    kept_back = {one for one, row in known.items() if row["state"] == "withdrawn"}
    for one in known.keys() - kept_back:
        said = after[one].keys() - (UNSAID if after[one].get("bare") else set())
        assert {name: after[one][name] for name in said} == {name: known[one][name] for name in said}
    bare = [row["template"] for row in after.values() if row.get("bare")]
    assert set(bare) <= {"weekly", "greeting"} and bare.count("greeting") == 2
    assert all(after[one]["why"] == "restored" for one in kept_back)
    return kept_back


def _are_listed(parish: Parish, messages: set[str]) -> None:
    village = parish.village
    who = Principal(new_id(), Role.SUPERVISOR, village.branch, 1, "", "s")
    listed = Queries(desk_of(village.notifier), parish.rows).maybe_sent(who)
    assert {row["_id"] for row in listed if row["why"] == "restored"} == messages


def _equal(found: dict[str, dict[str, Doc]], wanted: dict[str, dict[str, Doc]]) -> None:
    for name, rows in wanted.items():
        assert found[name].keys() == rows.keys(), name
        for key, row in rows.items():
            assert found[name][key] == row, name
