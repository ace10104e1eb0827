"""A scheduler whose database was restored goes on from where the world knows it: nothing is planned, asked or told twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.audit.store import prepare
from services.audit.wiring import log_answers, log_of
from services.scheduler.commands import planning, visiting
from services.scheduler.recall import recall_handlers
from services.scheduler.worker import duties
from shared.clock import MachineClock
from shared.events.envelope import read
from shared.healing.recall import Recall, note_restored, recalling
from shared.ids import new_id
from shared.sealing import ERASED
from shared.tokens import TokenMaker
from shared.units import sums
from tests.backup import Backup
from tests.county import County
from tests.eventually import eventually
from tests.told import told_events
from tests.unit.scheduler.town import TOWN, Town, there

Doc = dict[str, Any]
KEPT = ("branches", "people", "households", "volunteers", "pairings", "plans", "visits", "uncovered", "disputes", "rights")
STORIES = ("note", "confirmed", "disputed", "missed", "declined", "other_visitor", "hospital", "look_in", "erased", "child")
"""What happens to each household in the lost time."""


class Office:
    """The township at work over the broker, with the log that keeps all of it and a listener that follows the visits."""

    def __init__(self, county: County, folder: Path) -> None:
        self.county, self.town, self.audit = county, Town(county, folder, "2026-08-20 09:00"), county.service("audit")
        self.town.quietly = False
        prepare(self.audit.database)
        self.rows = self.town.scheduler.database

    @contextmanager
    def world(self) -> Iterator[None]:
        """All but the scheduler."""
        town, log = self.town, {"log": log_of(self.audit, TOWN).run, "log_answers": log_answers(self.audit, TOWN).run}
        with (
            self.county.working(town.registry, TOWN, roles=("relay",)),
            self.county.working(town.notifier, TOWN, roles=("relay", "consumer")),
            self.county.working(self.audit, TOWN, roles=("own",), loops=log, needed_to_recall=frozenset(log)),
        ):
            yield

    def scheduler(self) -> Any:
        """The scheduler's worker; its timers are fired as county time moves."""
        does = duties(self.town.scheduler)
        back = {"recall": does.recall, "after_recall": does.after_recall}
        return self.county.working(self.town.scheduler, TOWN, does.handlers, ("relay", "consumer"), **back)

    def recall_that_dies(self, after: int) -> Recall:
        """A process that is killed when it has applied so many events."""
        left = [after]

        def dying(apply: Any) -> Any:
            def run(unit: Any, event: Any) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise RuntimeError("killed")
                apply(unit, event)

            return run

        runtime = self.town.scheduler
        table = {type_: dying(apply) for type_, apply in recall_handlers(self.town.desk).items()}
        return Recall(runtime.units, self.rows, runtime.settings.amqp_url, "scheduler", TOWN, table)

    def settled(self) -> None:
        """Everybody has heard all there is."""
        eventually(self._all_heard, "all is heard by all", within=30, every=0.1)

    def _all_heard(self) -> bool:
        runtimes = (self.town.registry, self.town.notifier, self.town.scheduler)
        assert all(one.database["outbox"].find_one({"untold": True}) is None for one in runtimes)
        told = sum(row["count"] for one in runtimes for row in one.database[sums.TOLD].find({}))
        assert self.audit.database["entries"].count_documents({}) == told
        for teller in ("registry", "notifier"):
            _same_sums(self.county.service(teller).database, self.rows, teller, TOWN.follows("scheduler.events"))
        _same_sums(self.rows, self.town.notifier.database, "scheduler", ["visit"])
        return True

    def documents(self) -> dict[str, dict[str, Doc]]:
        """All that the scheduler keeps, by collection and id, with what is sealed opened."""
        return {name: {row["_id"]: self._opened(name, row) for row in self.rows[name].find({})} for name in KEPT}

    def told(self) -> list[str]:
        """What the scheduler has told."""
        return sorted(event.id for event in self.town.events())

    def due(self) -> set[str]:
        """What is set to happen, by name."""
        return {row["_id"] for row in self.rows["timers"].find({})}

    def refuses(self) -> None:
        """A command gets "come back later" and changes nothing."""
        settings = self.town.scheduler.settings
        maker = TokenMaker(settings.data / "tokens" / "token.key", settings.county, MachineClock())
        visit = self.town.visits()[-1]
        token = maker.make(self.town.principal(visit["volunteer"]), ["scheduler"])
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id(), "If-Match": f'"{visit["revision"]}"'}
        client = self.county.app("scheduler", replace(settings, hosts=("localhost",))).test_client()
        answer = client.post(f"/api/v1/visits/{visit['_id']}/decline", json={}, headers=headers)
        assert (answer.status_code, self.town.visit(visit["_id"])) == (503, visit)

    def chains_are_whole(self) -> None:
        """Nobody has met a fork or a hole, and the listener has followed each visit to where it is."""
        listener = self.town.notifier.database
        assert listener["held"].count_documents({}) == 0
        assert self.audit.database["entries"].count_documents({"odd": {"$exists": True}}) == 0
        reached = {row["_id"]: row["reached"] for row in listener["progress"].find({})}
        for visit in self.town.visits():
            assert reached[visit["_id"]] == visit["revision"]

    def acts(self, what: Any, visit: str, *more: Any) -> None:
        """The visitor does this with a visit as it stands now."""
        town, now = self.town, self.town.visit(visit)
        who = town.principal(now["volunteer"])
        town.scheduler.units.run(lambda unit: what(unit, town.desk, who, visit, now["revision"], *more))

    def _opened(self, name: str, row: Doc) -> Doc:
        if "sealed" in row:
            found = self.town.scheduler.sealer.open(row.get("under", row["_id"]), name, row["_id"], row["sealed"])
            return {**row, "sealed": "erased" if found is ERASED else found}
        return row


def _same_sums(teller: Any, listener: Any, service: str, nouns: list[str]) -> None:
    told = sums.fold(teller[sums.TOLD].find({}), lambda words: words[0])
    wanted = {noun: one for noun, one in told.items() if noun in nouns}
    heard = sums.fold(listener[sums.HEARD].find({"_id": {"$regex": f"^{service}"}}), lambda words: words[1])
    assert heard == wanted


@pytest.fixture
def office(county: County, tmp_path: Path) -> Iterator[Office]:
    made = Office(county, tmp_path)
    with made.world():
        yield made


class Story:
    """Ten households and what becomes of their visits."""

    def __init__(self, office: Office) -> None:
        self.office, self.town = office, office.town
        self.home: dict[str, str] = {}
        self.elder: dict[str, str] = {}
        self.visitor: dict[str, str] = {}
        self.pairing: dict[str, str] = {}
        self.neighbours = [self.town.volunteer() for _ in range(2)]
        for name in STORIES:
            self.begin(name)

    def begin(self, name: str) -> None:
        """A household is formed and has its visitor."""
        child = {"kinds": ["child"], "minor": True} if name == "child" else {}
        self.elder[name] = self.town.person(**child)
        self.home[name] = self.town.household(self.elder[name], minors=bool(child))
        self.visitor[name] = self.town.volunteer(minors_until="2027-01-01")
        self.pairing[name] = self.town.pairing(self.home[name], self.visitor[name])

    def day(self, day: str) -> None:
        """Who is to come that day comes, unless the story has it otherwise."""
        self.town.comes(f"{day} 10:00")
        silent = {self.home["missed"], self.home["declined"]}
        for visit in self.town.visits(day=day, state="planned"):
            if visit["household"] not in silent and not (visit["household"] == self.home["child"] and day > "2026-09-02"):
                self.office.acts(visiting.check_in, visit["_id"])
                self.office.acts(visiting.report, visit["_id"], {"minutes": 30, "well": "well", "note": f"{day} 都好"})
        self.office.settled()

    def lost_time(self) -> None:
        """The first days of September, of which the backup knows nothing."""
        town = self.town
        self.day("2026-09-01")
        self.office.acts(visiting.decline, town.visits(household=self.home["declined"], state="planned")[-1]["_id"])
        self.begin("new")
        town.end_pairing(self.pairing["other_visitor"], self.home["other_visitor"], self.visitor["other_visitor"])
        town.pairing(self.home["other_visitor"], self.neighbours[0])
        town.person(self.elder["hospital"], care="paused")
        town.look_in(self.elder["look_in"], "2026-09-01 14:00")
        self.office.settled()
        town.person(self.elder["hospital"])
        self.office.settled()
        for number in range(2, 8):
            self.day(f"2026-09-0{number}")
            if number == 3:
                town.volunteer(self.visitor["child"])
        done = [town.visits(household=self.home[name], state="completed")[-1] for name in ("confirmed", "disputed")]
        town.answer(done[0]["_id"], self.elder["confirmed"], "came")
        town.answer(done[1]["_id"], self.elder["disputed"], "did_not_come")
        town.erase(self.elder["erased"])
        self.office.settled()
        town.comes("2026-09-08 12:00")
        self.office.settled()


@pytest.mark.slow
def test_a_restored_scheduler_knows_again_what_it_told_and_tells_nothing_twice(office: Office) -> None:
    town = office.town
    with office.scheduler():
        story = Story(office)
        office.settled()
        story.day("2026-08-25")
        town.comes("2026-08-31 17:00")
        office.settled()
        backup = Backup.of(office.rows)
        story.lost_time()
    before, told, due = office.documents(), office.told(), office.due()
    backup.restore()
    note_restored(office.rows, town.clock.now())
    office.refuses()
    town.starts()
    with pytest.raises(RuntimeError):
        office.recall_that_dies(after=120).run(threading.Event())
    assert recalling(office.rows)
    assert len(office.told()) < len(told)
    with office.scheduler():
        meanwhile = [town.volunteer() for _ in range(40)]
        eventually(lambda: not recalling(office.rows), "its own events are back", within=30)
        office.settled()
        after = office.documents()
        assert [after["volunteers"].pop(one)["state"] for one in meanwhile] == ["active"] * 40
        for name in KEPT:
            assert after[name] == before[name], name
        assert office.told() == told
        town.comes("2026-09-08 12:20")
        office.settled()
        assert (office.told(), office.due()) == (told, due)
        for number in range(8, 11):
            story.day(f"2026-09-{number:02}")
        office.chains_are_whole()
    planned = {event.data["household"] for event in town.events("visit.planned") if event.id not in told}
    assert planned <= {story.home["missed"], story.home["declined"], story.home["child"]}, "new days for what was missed alone"
    again = [event for event in town.events("visit.planned") if event.id not in told]
    assert all("again" in town.visit(event.subject) for event in again)


def test_what_a_backup_has_as_drafts_and_the_log_as_told_is_not_told_again(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "EVENTS_AT_ONCE", 10)
    town = Town(county, tmp_path)
    homes = [town.household() for _ in range(5)]
    for home in homes:
        town.pairing(home, town.volunteer())
    town.clock.move_to(there("2026-08-31 18:00"))
    town.timer_loop().fire_due(3)
    backup, known = Backup.of(town.scheduler.database), {event.id for event in town.events()}
    assert 0 < len(town.visits()) < 20
    town.comes("2026-08-31 19:00")
    lost = [event for event in town.events() if event.id not in known]
    backup.restore()
    back = recall_handlers(town.desk)
    town.scheduler.units.run(lambda unit: [back[event.type](unit, event) for event in lost[:-3]])
    town.comes("2026-08-31 19:01")
    assert Counter(visit["household"] for visit in town.visits()) == dict.fromkeys(homes, 4)
    told = [event.subject for event in town.events() if event.id not in known]
    assert sorted(told) == sorted(event.subject for event in lost[-3:])


def test_a_look_in_that_is_asked_for_again_after_a_restore_sends_nobody_a_second_time(county: County, tmp_path: Path) -> None:
    town = Town(county, tmp_path)
    elder = town.person()
    town.pairing(town.household(elder), town.volunteer())
    town.comes("2026-09-02 09:00")
    backup, known = Backup.of(town.scheduler.database), len(town.events())
    ask = town.look_in(elder, "2026-09-02 13:00")
    (asked,) = [read(bytes(row["body"])) for row in told_events(town.notifier.database, subject=ask)]
    lost = town.events()[known:]
    backup.restore()
    back = recall_handlers(town.desk)
    town.scheduler.units.run(lambda unit: [back[event.type](unit, event) for event in lost])
    town.take([asked])
    (visit,) = town.visits(kind="look_in")
    assert [event.subject for event in lost] == [visit["_id"]]
    assert len(town.events()) == known


def test_what_was_told_in_the_lost_time_and_never_handled_still_follows_once_all_is_known(
    county: County, tmp_path: Path
) -> None:
    town = Town(county, tmp_path)
    paused, child = town.person(), town.person(kinds=["child"], minor=True)
    homes = [town.household(paused), town.household(child, minors=True), town.household()]
    visitors = [town.volunteer(minors_until="2027-01-01") for _ in homes]
    pairings = [town.pairing(home, visitor) for home, visitor in zip(homes, visitors, strict=True)]
    town.comes("2026-09-01 07:00")
    note_restored(town.scheduler.database, there("2026-09-01 08:00"))
    town.starts()
    town.person(paused, care="paused")
    town.volunteer(visitors[1])
    town.end_pairing(pairings[2], homes[2], visitors[2])
    assert {visit["state"] for visit in town.visits()} == {"planned"}
    town.comes("2026-09-01 07:16")
    states = {home: {visit["state"] for visit in town.visits(household=home)} for home in homes}
    assert states == {homes[0]: {"cancelled"}, homes[1]: {"declined"}, homes[2]: {"cancelled"}}
