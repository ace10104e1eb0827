"""A restored audit service has its log from the folder and its concerns from the log: none is forgotten, none raised twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from services.audit.commands.concerns import Matter
from services.audit.watch.holes import LogTail
from services.audit.wiring import concerns_of, duties_of
from shared.access import Role
from shared.clock import FileCountyClock
from shared.events import Event
from shared.healing.recall import note_restored, recalling
from shared.ids import new_id
from shared.messaging.follows import FOLLOWS, county_topology
from shared.runtime import Runtime
from shared.units import sums
from tests.auditing import Office, body_of, log_row, log_worker, publish
from tests.backup import Backup
from tests.county import SEPTEMBER, County
from tests.eventually import eventually
from tests.told import told_events

pytestmark = pytest.mark.slow

Doc = dict[str, Any]
WIRES = county_topology()
TELLERS = ("registry", "scheduler", "notifier")
UNTOLD = ("raised_at", "closed_at", "closed_by", "why", "sealed")
"""To the second in events; who closed a hidden one stands in none."""


class Watch:
    """Three services that tell, and the audit service that keeps the log and sees that nobody is forgotten."""

    def __init__(self, county: County) -> None:
        self.county, self.office, self.audit = county, Office(county), county.service("audit")
        self.clock = FileCountyClock(county.settings.data / "time")
        self.tellers: Mapping[str, Runtime] = {name: county.service(name) for name in TELLERS}

    @contextmanager
    def tellers_at_work(self) -> Iterator[None]:
        """Their relays run."""
        work, tellers = self.county.working, self.tellers
        with (
            work(tellers["registry"], WIRES, roles=("relay",)),
            work(tellers["scheduler"], WIRES, roles=("relay",)),
            work(tellers["notifier"], WIRES, roles=("relay",)),
        ):
            yield

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The audit service's worker, as it begins now."""
        mine = duties_of(self.audit, WIRES)
        words = {"timers": mine.timers, "loops": mine.loops, "recall": mine.recall, "after_recall": mine.after_recall}
        roles = ("relay", "consumer", "timers", "own")
        needed = mine.needed_to_recall
        with self.county.working(self.audit, WIRES, mine.handlers, roles, needed_to_recall=needed, **words):
            yield

    def tells(self, service: str, type_: str, data: Doc, subject: str = "", **more: Any) -> Event:
        """A service tells an event of the village."""
        words = {"subject": subject or new_id(), "revision": 1, "branch": self.office.village, "actor": f"system:{service}"}
        told: Event = self.tellers[service].units.run(lambda unit: unit.tell(type_, data=data, **{**words, **more}))
        return told

    def missed(self, household: str, day: str = "2026-09-05", kind: str = "care") -> None:
        """Nobody came."""
        data = {"household": household, "recipients": [], "volunteer": new_id(), "kind": kind, "day": day, "why": "no_show"}
        self.tells("scheduler", "visit.missed.v1", data)

    def completed(self, household: str, at: str) -> None:
        """Somebody came."""
        data = {"household": household, "volunteer": new_id(), "kind": "care", "at": at, "minutes": 30, "asked": False}
        self.tells("scheduler", "visit.completed.v1", data)

    def disputed(self) -> None:
        """A family says that nobody came."""
        record, somebody, keys = new_id(), new_id(), self.tellers["registry"].keys
        keys.make(somebody)
        keys.make(record, of=somebody)
        inner = {"visit": new_id(), "household": new_id(), "true_branch": self.office.village}
        more: Doc = {"branch": self.county.settings.county, "actor": new_id(), "closed": {record: inner}}
        self.tells("scheduler", "visit.disputed.v1", {}, record, **more)

    def closes(self, kind: str, role: Role) -> int:
        """A person closes the newest concern of a kind; the answer's status."""
        item = self.office.get(f"/api/v1/concerns?kind={kind}", role).json["items"][0]
        path, headers = f"/api/v1/concerns/{item['id']}/closure", {"If-Match": f'"{item["revision"]}"'}
        return int(self.office.post(path, {"word": "handled"}, role, **headers).status_code)

    def settled(self, extra: int = 0) -> None:
        """All that was told is heard, logged and signed; `extra` bodies nobody told."""
        runtimes = (*self.tellers.values(), self.audit)
        assert all(one.database["outbox"].find_one({"untold": True}) is None for one in runtimes)
        for name in TELLERS:
            told = sums.read_sums(self.tellers[name].database, sums.TOLD, lambda words: words[0])
            heard = sums.read_sums(self.audit.database, sums.HEARD, "|".join)
            mine = Counter[str]()
            for key, found in heard.items():
                mine[key.split("|")[1]] += found.events if key.startswith(name) else 0
            assert all(mine[noun] >= found.events for noun, found in told.items() if noun in FOLLOWS["audit"])
        told_all = sum(len(told_events(one.database)) for one in runtimes)
        row = log_row(self.county)
        assert row["size"] == row["signed"] == told_all + extra

    def concerns(self) -> dict[str, Doc]:
        """All concerns by id, the hidden opened, with what events can say of them."""
        found = {}
        for row in self.audit.database["concerns"].find({}):
            opened = concerns_of(self.audit).opened(row)
            found[row["_id"]] = {name: value for name, value in opened.items() if name not in UNTOLD}
        return found

    def chains_are_whole(self) -> None:
        """No chain of the audit service has a fork or a hole."""
        chains = defaultdict(list)
        for row in self.audit.database["entries"].find({"service": "audit"}):
            chains[row["subject"]].append(row["revision"])
        assert all(sorted(found) == list(range(1, len(found) + 1)) for found in chains.values())


@pytest.fixture
def watch(september: County) -> Watch:
    return Watch(september)


def lost_hours(watch: Watch, before: list[str]) -> None:
    """What is raised, counted and closed between the backup and the end of the disk."""
    watch.clock.move_to(SEPTEMBER + timedelta(minutes=30))
    homes = [new_id() for _ in range(30)]
    for household in homes:
        watch.missed(household)
    for household in (*before[:5], *homes[:5]):
        watch.completed(household, "2026-09-06T02:00:00Z")
    watch.completed(homes[9], "2026-09-02T02:00:00Z")
    watch.missed(homes[6], "2026-09-07")
    for kind in ("KeyError", "KeyError", "ValueError"):
        data = {"event": new_id(), "event_type": "visit.planned.v1", "reason": kind}
        watch.tells("notifier", "event.parked.v1", data)
    watch.tells("notifier", "alarm.raised.v1", {"recipient": new_id(), "by": new_id()})
    watch.tells(
        "scheduler", "care.not_covered.v1", {"household": homes[8], "month": "2026-09", "visits": 2, "why": "no_capacity"}
    )
    relative = new_id()
    watch.tells("notifier", "contact.proven.v1", {"person": relative, "until": "2027-01-01T00:00:00Z"})
    watch.clock.move_to(SEPTEMBER + timedelta(minutes=40))
    watch.tells("notifier", "contact.unreachable.v1", {"person": relative, "why": "expired"})
    watch.disputed()
    watch.disputed()
    publish(watch.county, [body_of(watch.county), *_two_of_one_revision(watch)])
    eventually(_true(lambda: watch.settled(extra=3)), within=40, every=0.2)
    silent = Matter("silent_source", watch.audit.home, about="registry", shown={"service": "registry"})
    watch.audit.units.run(lambda unit: concerns_of(watch.audit).open(unit, silent))
    watch.clock.move_to(SEPTEMBER + timedelta(minutes=50))
    assert watch.closes("alarm", Role.CLERK) == watch.closes("disputed", Role.SUPERVISOR) == 200
    eventually(_true(lambda: watch.settled(extra=3)), within=40, every=0.2)


def _two_of_one_revision(watch: Watch) -> list[bytes]:
    subject = new_id()
    return [body_of(watch.county, subject=subject), body_of(watch.county, subject=subject)]


def test_a_restored_audit_service_forgets_no_concern_and_raises_none_twice(watch: Watch) -> None:
    with watch.tellers_at_work():
        with watch.at_work():
            before = [new_id() for _ in range(10)]
            for household in before:
                watch.missed(household)
            eventually(_true(watch.settled), within=40, every=0.2)
        backup = Backup.of(watch.audit.database)
        with watch.at_work():
            lost_hours(watch, before)
        known, log = watch.concerns(), log_row(watch.county)
        assert len({row["kind"] for row in known.values()}) == 8

        backup.restore()
        note_restored(watch.audit.database, watch.clock.now())
        _refuses_to_close(watch, backup.documents["concerns"][0])
        with log_worker(watch.county, roles=("relay", "consumer", "timers", "own"), crash_at="after_commit:2") as worker:
            assert worker.wait(40) == -9
        assert recalling(watch.audit.database)
        with watch.at_work():
            eventually(lambda: not recalling(watch.audit.database), "recalled", within=40, every=0.2)
            silent = next(one for one, row in known.items() if row["kind"] == "silent_source")
            eventually(_true(lambda: watch.settled(extra=3)), within=40, every=0.2)
            _are_as_they_were(watch.concerns(), known, silent)
            assert watch.closes("not_covered", Role.ADMINISTRATOR) == 200
            eventually(_true(lambda: watch.settled(extra=3)), within=20, every=0.2)
        watch.chains_are_whole()
        assert log_row(watch.county)["counts"]["scheduler"] == log["counts"]["scheduler"]


def _refuses_to_close(watch: Watch, concern: Doc) -> None:
    path, headers = f"/api/v1/concerns/{concern['_id']}/closure", {"If-Match": '"1"'}
    started = Office(watch.county)
    started.village, started.township = watch.office.village, watch.office.township
    watch.office = started
    assert started.post(path, {"word": "handled"}, Role.CLERK, **headers).status_code == 503
    assert watch.audit.database["concerns"].find_one({"_id": concern["_id"]}) == concern


def _are_as_they_were(found: dict[str, Doc], known: dict[str, Doc], silent: str) -> None:
    """A silent source of which no event says which is closed: it is raised anew while it is silent."""
    assert found.keys() == known.keys()
    for one in known.keys() - {silent}:
        assert found[one] == known[one]
    assert (found[silent]["state"], known[silent]["state"]) == ("closed", "open")


def test_a_restored_log_asks_every_source_once_for_its_last_moments(watch: Watch) -> None:
    asked: list[tuple[str, str]] = []
    tail = LogTail(watch.audit.database, lambda whom, ask: asked.append((whom, ask.to)))
    assert tail.look() == 0
    note_restored(watch.audit.database, watch.clock.now())
    assert tail.look() == 0
    watch.audit.database["vitals"].update_one({"_id": "restored"}, {"$set": {"recalled": True}})
    assert (tail.look(), tail.look()) == (4, 0)
    assert asked == [(service, "audit.log") for service in FOLLOWS]


def _true(check: Any) -> Any:
    def holds() -> bool:
        check()
        return True

    return holds
