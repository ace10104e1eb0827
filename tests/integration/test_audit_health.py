"""The log's own troubles: each is found, said as a concern that names it, seen by health and metrics, and closed by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.audit.store import prepare
from services.audit.watch.backlog import Backlog
from services.audit.watch.completeness import Completeness, Differs
from services.audit.watch.health import LogHealth
from services.audit.wiring import health_of
from shared.access import Role
from shared.clock import MachineClock, ManualCountyClock
from shared.ids import new_id
from shared.messaging.follows import county_topology
from shared.units.sums import Sum, add, one
from tests.auditing import Office, body_of, log_running, publish, signed
from tests.county import County

SOURCES = ("registry", "scheduler")


class HandClock(MachineClock):
    """Machine time that a test moves."""

    seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


class Watched:
    """A county's log, its watch, and what health and concerns say of it."""

    def __init__(self, county: County) -> None:
        self.county, self.audit, self.clock = county, county.service("audit"), HandClock()
        prepare(self.audit.database)
        self.audit.database["log"].insert_one({"_id": "log", "size": 0, "signed": 0, "counts": {}})
        self.days = ManualCountyClock(datetime(2026, 9, 4, 2, tzinfo=UTC))
        self.waiting = 0
        self.health: LogHealth = replace(
            health_of(self.audit),
            waiting=lambda: self.waiting,
            machine=self.clock,
            county=self.days,
            completeness=Completeness(self.audit.database, SOURCES),
        )
        self.office = Office(county)

    def row(self, **changed: Any) -> None:
        """Change the log's row as its writer or the self-check does."""
        self.audit.database["log"].update_one({"_id": "log"}, {"$set": changed})

    def open(self) -> list[tuple[str, dict[str, Any]]]:
        """What is open for the administrator."""
        items = self.office.get("/api/v1/concerns", Role.ADMINISTRATOR).json["items"]
        return sorted((item["kind"], item["shown"]) for item in items)

    def ready(self) -> str:
        """What /health/ready says of the log."""
        answer = self.office.get("/health/ready")
        assert answer.status_code == 200
        return str(answer.json["parts"]["log"])

    def figure(self, name: str) -> float:
        """What /metrics says."""
        lines = self.office.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(name)).rsplit(" ", 1)[1])

    def counts(self, source: str, day: str, nouns: dict[str, list[str]], at: int) -> None:
        """A source's count of a day, as an entry of the log; `nouns`: noun -> event ids it says it told."""
        sums = {noun: summed(ids) for noun, ids in nouns.items()}
        said = [f"{noun}|{found.events}|{found.hexadecimal}" for noun, found in sums.items()]
        home = self.county.settings.county
        told = {"source": f"/springrain/{home}/{source}", "type": "day.counted.v1", "actor": f"system:{source}"}
        body = body_of(self.county, data={"day": day, "sums": said}, **told)
        self.entry(at, service=source, type="day.counted.v1", body=body)

    def entry(self, at: int, **words: Any) -> None:
        """An entry as the intake leaves it."""
        row = {"_id": at, "key": new_id(), "event": new_id(), "link": new_id(), "body": b"", **words}
        self.audit.database["entries"].insert_one(row)

    def hears(self, source: str, day: str, nouns: dict[str, list[str]]) -> None:
        """The log's own sums of what it holds."""
        sums = {f"{source}|{noun}|{day}": summed(ids) for noun, ids in nouns.items()}
        self.audit.units.run(lambda unit: add(unit.collection("logged"), sums))


def summed(ids: list[str]) -> Sum:
    found = Sum()
    for each in ids:
        found = found.plus(one(each))
    return found


@pytest.fixture
def watched(county: County) -> Iterator[Watched]:
    yield Watched(county)


STATES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, dict[str, Any]], str]] = [
    (
        {"stopped": "entry 20 is stored with other bytes"},
        {"stopped": ""},
        ("log_stopped", {"why": "entry 20 is stored with other bytes"}),
        "degraded: stopped",
    ),
    (
        {"damaged": [{"index": 7, "where": "bundle"}]},
        {"damaged": []},
        ("log_damaged", {"entry": "7", "where": "bundle"}),
        "degraded: 1 entries are not what was signed",
    ),
]


@pytest.mark.parametrize(("ill", "well", "concern", "ready"), STATES)
def test_a_log_that_stopped_or_is_damaged_is_said_until_it_is_mended(
    watched: Watched, ill: dict[str, Any], well: dict[str, Any], concern: tuple[str, dict[str, Any]], ready: str
) -> None:
    watched.health.look()
    assert (watched.ready(), watched.open()) == ("ok", [])
    watched.row(**ill)
    watched.health.look()
    watched.health.look()
    assert watched.open() == [concern]
    assert watched.ready().startswith(ready)
    assert watched.figure("springrain_log_stopped") + watched.figure("springrain_log_damaged") == 1
    watched.row(**well)
    watched.health.look()
    assert (watched.ready(), watched.open()) == ("ok", [])


def test_an_event_that_waits_too_long_for_its_place_is_an_alarm_until_it_is_signed(watched: Watched) -> None:
    watched.waiting = 3
    watched.health.look()
    assert watched.open() == []
    watched.clock.seconds += 61
    watched.health.look()
    assert watched.open() == [("log_late", {})]
    assert "has waited 61 s" in watched.ready()
    assert watched.figure("springrain_log_oldest_seconds") == 61
    watched.row(size=2, signed=2)
    later = replace(watched.health, backlog=Backlog())
    later.look()
    assert watched.open() == [("log_late", {})]  # one that has looked for a shorter time knows no better
    watched.waiting = 0
    watched.row(size=3, signed=3)
    watched.health.look()
    assert (watched.open(), watched.ready()) == ([], "ok")


def test_a_hole_that_does_not_close_by_itself_is_a_concern_with_the_entry_after_it(watched: Watched) -> None:
    holes = watched.audit.database["holes"]
    watched.entry(4, service="scheduler")
    holes.insert_one({"_id": "x#3", "subject": "x", "revision": 3, "entry": 4, "times": 1})
    watched.health.look()
    assert watched.open() == []
    holes.update_one({"_id": "x#3"}, {"$set": {"times": 2}})
    watched.health.look()
    assert watched.open() == [("log_hole", {"service": "scheduler"})]
    assert watched.figure("springrain_log_holes") == 1
    holes.delete_many({})
    watched.health.look()
    assert watched.open() == []


def test_a_day_whose_counts_do_not_agree_is_named_with_its_source_until_it_is_filled(watched: Watched) -> None:
    told = [new_id() for _ in range(5)]
    watched.counts("registry", "2026-09-02", {"person": told[:2], "branch": [told[2]]}, at=1)
    watched.counts("registry", "2026-09-03", {"person": told[3:]}, at=2)
    watched.hears("registry", "2026-09-02", {"person": told[:2], "branch": [told[2]]})
    watched.hears("registry", "2026-09-03", {"person": told[3:4]})
    registry, scheduler = watched.health.completeness.of_all()
    assert (registry.through, registry.differing) == ("2026-09-02", (Differs("2026-09-03", ("person",)),))
    assert (scheduler.through, scheduler.counted) == ("", "")
    before = watched.health.look_at_days(set())
    assert watched.open() == []  # the last events of a day may be on their way
    watched.health.look_at_days(before)
    assert watched.open() == [("incomplete_day", {"service": "registry", "day": "2026-09-03"})]
    watched.health.look_at_days(set())  # another worker, or this one started again
    assert watched.open() == [("incomplete_day", {"service": "registry", "day": "2026-09-03"})]
    watched.hears("registry", "2026-09-03", {"person": told[4:]})
    watched.health.look_at_days(before)
    assert watched.open() == []
    assert watched.health.completeness.through() == {"registry": "2026-09-03", "scheduler": ""}


def test_a_source_that_knows_nothing_of_what_the_log_holds_was_restored_or_lies(watched: Watched) -> None:
    watched.counts("registry", "2026-09-03", {}, at=1)
    watched.hears("registry", "2026-09-03", {"person": [new_id()]})
    assert watched.health.completeness.of_all()[0].differing == (Differs("2026-09-03", ("person",)),)


def test_a_day_that_nobody_counted_is_no_complete_one(watched: Watched) -> None:
    for at, day in enumerate(("2026-09-01", "2026-09-03")):
        watched.counts("registry", day, {}, at=at)
    assert watched.health.completeness.of_all()[0].differing == (Differs("2026-09-02"),)
    watched.counts("registry", "2026-09-02", {}, at=7)
    assert watched.health.completeness.of_all()[0].through == "2026-09-03"
    watched.days.forward(timedelta(days=1))
    watched.health.look_at_days(watched.health.look_at_days(set()))
    assert watched.open() == [("incomplete_day", {"service": "registry", "day": "2026-09-04"})]


@pytest.mark.parametrize(
    "data", [{}, {"day": "yesterday", "sums": []}, {"day": "2026-09-03", "sums": ["x"]}, {"day": 3, "sums": 4}]
)
def test_a_count_that_says_nonsense_counts_nothing_and_stops_nobody(watched: Watched, data: dict[str, Any]) -> None:
    home = watched.county.settings.county
    body = body_of(watched.county, type="day.counted.v1", source=f"/springrain/{home}/registry", data=data)
    watched.entry(1, service="registry", type="day.counted.v1", body=body)
    assert watched.health.completeness.of_all()[0].through == ""


def test_page_and_api_say_through_which_day_each_source_is_complete_and_what_is_missing(watched: Watched) -> None:
    told, subject = new_id(), new_id()
    watched.counts("registry", "2026-09-02", {}, at=1)
    watched.counts("registry", "2026-09-03", {"person": [told]}, at=2)
    watched.entry(3, service="scheduler")
    watched.audit.database["holes"].insert_one(
        {"_id": f"{subject}#7", "subject": subject, "revision": 7, "entry": 3, "times": 2}
    )
    watched.row(damaged=[{"index": 9, "where": "missing"}], note=b"", origin="", key="", signed_at=None, fence=0)
    watched.health.look()
    watched.health.look_at_days(set())
    registry = watched.office.get("/api/v1/completeness", Role.SUPERVISOR).json["sources"][0]
    assert (registry["through"], registry["differing"]) == ("2026-09-02", [{"day": "2026-09-03", "nouns": ["person"]}])
    page = watched.office.get("/pages/audit/completeness", Role.INSPECTOR).text
    for word in ("登记", "2026年9月2日", "person", subject[-12:], "第 3 条", "数据库里缺这一条", "第 9 条"):
        assert word in page, word
    assert subject[-12:] not in watched.office.get("/pages/audit/completeness", Role.CLERK).text


def test_of_two_counts_of_one_day_the_later_holds(watched: Watched) -> None:
    told = new_id()
    watched.counts("registry", "2026-09-03", {"person": []}, at=1)
    watched.counts("registry", "2026-09-03", {"person": [told]}, at=2)
    watched.hears("registry", "2026-09-03", {"person": [told]})
    assert watched.health.completeness.through()["registry"] == "2026-09-03"


def test_a_log_nobody_looks_after_is_seen(watched: Watched) -> None:
    assert watched.ready() == "degraded: no audit worker looks after the log"
    watched.health.look()
    assert watched.ready() == "ok"


def raising(unit: Any, event: Any) -> None:
    """A rule with a bug."""
    raise ZeroDivisionError(event.type)


def test_a_rule_that_fails_at_every_event_makes_no_hole_in_the_log(county: County) -> None:
    audit = county.service("audit")
    handlers: dict[str, Callable[..., None]] = {"visit.checked_in.v1": raising, "visit.completed.v1": raising}
    with log_running(county), county.working(audit, county_topology(), handlers, roles=("consumer",)):
        publish(county, [body_of(county) for _ in range(40)])
        signed(county, 40)
        publish(county, [body_of(county, data={"household": 7}) for _ in range(5)])
        assert signed(county, 45)["counts"] == {"scheduler": 45}
