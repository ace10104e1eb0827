"""A notifier whose database was restored sends no family anything twice, and knows again what it sent and what was answered."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.audit.store import prepare
from services.audit.wiring import log_answers, log_of
from services.notifier.app import create_app
from services.notifier.queries import Queries
from services.notifier.wiring import desk_of
from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.healing.recall import note_restored, recalling
from shared.ids import new_id
from shared.messaging import sums
from shared.messaging.follows import county_topology
from shared.tokens import TokenMaker
from tests.backup import Backup
from tests.carriers import Carrier, our_carrier
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost
from tests.told import told_events
from tests.village import Village, at

Doc = dict[str, Any]
WIRES = county_topology()
SON, DAUGHTER, HOME, CALLER, NEAR, NEWCOMER, STRANGER = (f"1380000000{number}" for number in range(7))
CROWD = [f"139000000{number:02}" for number in range(12)]
PHONES = [SON, DAUGHTER, HOME, CALLER, NEAR, NEWCOMER, STRANGER, *CROWD]
SUNDAY, AFTER_HOURS, MONDAY = ("2026-09-06T10:00", "2026-09-06T13:00", "2026-09-07T00:00")
KEPT = ("people", "kinships", "households", "visits", "contacts", "look_ins")
MADE_ONCE_MORE = ("made_at", "not_before", "sent_at", "named", "parts", "carrier_ids", "carrier_forms", "settled", "fields")
"""What no event says of a message: when it was written, the carrier's ids; the week's count is counted anew."""

UNSAID = {"bare", "key", "occasion", "look_in"}
"""What no event says of a message and nobody makes once more: a greeting that was answered, the week's word to who is new."""


class Parish:
    """Families around a notifier that works over the broker, with listeners and the log."""

    def __init__(self, county: County, village: Village, carrier: Carrier) -> None:
        self.county, self.village, self.carrier, self.audit = county, village, carrier, county.service("audit")
        village.over_the_broker = True
        prepare(self.audit.database)
        self.rows = village.rows

    @contextmanager
    def world(self) -> Iterator[None]:
        """All but the notifier."""
        log = {"log": log_of(self.audit, WIRES).run, "log_answers": log_answers(self.audit, WIRES).run}
        with (
            self.county.working(self.village.registry, WIRES, roles=("relay", "consumer")),
            self.county.working(self.village.scheduler, WIRES, roles=("relay", "consumer")),
            self.county.working(self.audit, WIRES, roles=("own",), loops=log, needed_to_recall=frozenset(log)),
        ):
            yield

    @contextmanager
    def notifier(self, *roles: str) -> Iterator[None]:
        """The notifier's worker, or these parts of it."""
        mine = self.village.duties
        more = {"timers": mine.timers, "loops": mine.loops, "recall": mine.recall, "after_recall": mine.after_recall}
        chosen = roles or ("relay", "consumer", "timers", "own")
        with self.county.working(self.village.notifier, WIRES, mine.handlers, chosen, **more):
            yield

    def family(self, name: str, *phones: str, presence: str = "away") -> tuple[str, str]:
        """An elder with a relative for each of these phones; elder and household."""
        elder = self.village.elder(name)
        for order, phone in enumerate(phones, 1):
            self.village.kin(elder, self.village.person("王建国", phone), presence, order=order)
        return elder, self.village.household(elder)

    def missed(self, home: tuple[str, str]) -> None:
        """Nobody came to this home."""
        elder, household = home
        self.village.nobody_came(self.village.visit(household, elder), household, elder)

    def moves_to(self, moment: str) -> None:
        """County time goes on."""
        self.village.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))

    def heard(self) -> None:
        """The notifier has handled all there is, and its families have what is due."""
        mine, follows = _sums(self.rows, sums.HEARD, _nouns), WIRES.follows("notifier.events")
        tellers = (self.village.registry, self.village.scheduler)
        told = {noun: found for one in tellers for noun, found in _sums(one.database, sums.TOLD, _noun).items()}
        assert all(mine.get(noun) == found for noun, found in told.items() if noun in follows and noun != "day")
        busy = {"state": {"$in": ["queued", "submitting"]}, "not_before": {"$lte": self.village.clock.now()}}
        assert self.rows["messages"].count_documents(busy) == 0

    def logged(self) -> None:
        """The log has all the notifier told."""
        assert self.rows["outbox"].find_one({"untold": True}) is None
        told = {row["id"] for row in told_events(self.rows)}
        assert told == set(self.audit.database["entries"].distinct("event", {"service": "notifier"}))

    def phones(self) -> dict[str, list[str]]:
        """What each phone has shown, text by text."""
        return {phone: self.carrier.arrived(phone) for phone in PHONES}

    def documents(self) -> dict[str, dict[str, Doc]]:
        """What the notifier keeps, by collection and id, with what is sealed opened."""
        return {name: {row["_id"]: self._opened(name, row) for row in self.rows[name].find({})} for name in KEPT}

    def messages(self) -> dict[str, Doc]:
        """The messages by id, as far as the log can know them."""
        rows = self.village.messages()
        return {row["_id"]: {n: v for n, v in row.items() if n not in (*MADE_ONCE_MORE, "sealed")} for row in rows}

    def asks(self) -> dict[str, str]:
        """What became of each question."""
        return {row["message"]: row["state"] for row in self.rows["asks"].find({"kind": "visit"})}

    def hidden(self) -> dict[str, Doc]:
        """What families said about visits."""
        found = self.rows["answers"].find({"kind": "about_visit"})
        sealer = self.village.notifier.sealer
        return {row["_id"]: {**sealer.open(row["_id"], "answers", row["_id"], row["sealed"])} for row in found}

    def refuses_commands(self) -> None:
        """While it waits for its own events a command gets "come back later"."""
        settings = self.county.settings
        maker = TokenMaker(settings.data / "tokens" / "token.key", settings.county, MachineClock())
        token = maker.make(Principal(new_id(), Role.ADMINISTRATOR, settings.county, 1, "", "s"), ["notifier"])
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id(), "Host": settings.hosts[0]}
        answer = create_app(settings).test_client().post("/api/v1/notifier/duty/x", json={}, headers=headers)
        assert answer.status_code == 503 and "Retry-After" in answer.headers

    def chains_are_whole(self) -> None:
        """Every chain the notifier tells goes on without fork or hole, and whoever listens followed it."""
        entries, chains = self.audit.database["entries"], defaultdict(list)
        assert entries.count_documents({"odd": {"$exists": True}}) == 0
        for row in entries.find({"service": "notifier"}):
            chains[row["subject"]].append(row["revision"])
        assert all(sorted(found) == list(range(1, len(found) + 1)) for found in chains.values())
        assert self.county.service("registry").database["held"].count_documents({}) == 0
        logged = _sums(self.audit.database, "logged", lambda words: words[0])["notifier"]
        assert _sums(self.rows, sums.TOLD, lambda words: "")[""] == logged

    def _opened(self, name: str, row: Doc) -> Doc:
        if row.get("sealed"):
            under = row[{"contacts": "person", "kinships": "relative"}.get(name, "_id")]
            return {**row, "sealed": self.village.notifier.sealer.open(under, name, row["_id"], row["sealed"])}
        return row


def _sums(database: Any, name: str, key: Any) -> dict[str, sums.Sum]:
    return sums.read_sums(database, name, key)


def _noun(words: list[str]) -> str:
    return words[0]


def _nouns(words: list[str]) -> str:
    return words[1]


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
            eventually(_true(parish.logged), within=20)
        backup = _backup_with_two_on_their_way(parish, first)
        with parish.notifier():
            lost_hours(parish, first, second, third)
            eventually(_true(parish.logged), "all is logged", within=20, every=0.2)
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
            eventually(_true(parish.heard), "told again", within=40, every=0.2)
            assert parish.phones() == before[0]
            after = parish.messages()
            withdrawn = _are_as_they_were(known, after)
            _equal(parish.documents(), before[1])
            assert (parish.asks(), parish.hidden()) == (before[2], before[3])
            _are_listed(parish, unlogged | withdrawn)
            assert set(after) - set(known) == {*unlogged, *night}
            parish.moves_to(MONDAY)
            for phone in (SON, DAUGHTER):
                village.rings(phone, "没有成行", 3)
            eventually(_true(parish.heard), within=20)
            more = {phone: len(texts) - len(before[0][phone]) for phone, texts in parish.phones().items()}
            assert {phone: count for phone, count in more.items() if count} == {SON: 1, DAUGHTER: 1}
            village.carrier.writes(SON, "TD")
            eventually(_true(parish.logged), within=20, every=0.2)
            eventually(_true(parish.chains_are_whole), within=20, every=0.2)


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
    eventually(_true(parish.heard), within=20)
    eventually(lambda: not village.messages(state="submitted"), "every receipt came", within=20)


def _backup_with_two_on_their_way(parish: Parish, home: tuple[str, str]) -> Backup:
    """A backup in which one message waits for the line and one is just being handed over."""
    rows = parish.rows["messages"]
    with parish.notifier("relay", "consumer"):
        parish.missed(home)
        eventually(lambda: rows.count_documents({"template": "missed"}) == 2, within=20)
        eventually(_true(lambda: parish.logged()), within=20)
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


def _true(check: Any) -> Any:
    def holds() -> bool:
        check()
        return True

    return holds
