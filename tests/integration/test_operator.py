"""The operator's verbs on the real servers: what is parked is seen, tried again or dropped, and who did it is told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.cli import main
from shared.events import Event
from shared.events.envelope import read
from shared.ids import new_id
from shared.inbox import held
from shared.messaging.follows import county_topology
from shared.runtime import Runtime
from shared.sealing import ERASED, DataKey
from shared.worker import Duties, inbox_of
from tests.county import County, tell_branch
from tests.eventually import eventually
from tests.servers import Vhost
from tests.told import told_events

ACCOUNT = new_id()


@pytest.fixture
def county(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    county = County(stack, vhost, database_name, tmp_path)
    for name, value in county.environ.items():
        monkeypatch.setenv(name, value)
    yield county
    county.close()


@pytest.fixture
def scheduler(county: County) -> Runtime:
    return county.service("scheduler")


@pytest.fixture
def parked(county: County, scheduler: Runtime) -> Event:
    """A village's first event, which the scheduler could not handle; its second came after it and waits behind it."""
    registry, inbox = county.service("registry"), inbox_of(scheduler, Duties())
    village = new_id()
    first, second = (registry.units.run(tell_branch(registry, village, revision)) for revision in (1, 2))
    scheduler.units.run(lambda unit: inbox.lay_aside(unit, first, held.PARKED, reason="ValueError", trace="handlers.py:12"))
    scheduler.units.run(lambda unit: inbox.lay_aside(unit, second, held.AHEAD))
    told: Event = first
    return told


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    status = ended.value.code
    assert isinstance(status, int)
    return status, capsys.readouterr().out


def released(scheduler: Runtime) -> list[Any]:
    rows = told_events(scheduler.database, type="event.released.v1")
    return [(event.actor, event.data["decision"]) for row in rows if (event := read(bytes(row["body"])))]


def test_what_is_parked_is_listed_and_shown_with_its_reason(parked: Event, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "parked", "list", "--service", "scheduler", "--json")
    assert status == 0
    assert [(row["id"], row["reason"]) for row in json.loads(out)] == [(parked.id, "ValueError")]
    _, out = run(capsys, "parked", "show", parked.id, "--service", "scheduler", "--json")
    shown = json.loads(out)
    assert shown["trace"] == "handlers.py:12"
    assert shown["event"]["data"]["level"] == "village"


def test_a_retry_is_handed_to_the_worker_and_told(
    parked: Event, scheduler: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = run(capsys, "parked", "retry", parked.id, "--service", "scheduler", "--as", ACCOUNT, "--json")
    assert (status, json.loads(out)) == (0, {"id": parked.id, "decision": "retry"})
    row = scheduler.database["held"].find_one({"_id": parked.id})
    assert row is not None
    assert row["state"] == "retry"
    assert released(scheduler) == [(ACCOUNT, "retry")]


def test_a_dropped_event_is_passed_over_and_what_waited_behind_it_goes_on(
    county: County, parked: Event, scheduler: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run(capsys, "parked", "drop", parked.id, "--service", "scheduler", "--as", ACCOUNT, "--yes")
    assert status == 0
    assert released(scheduler) == [(ACCOUNT, "drop")]
    handled: list[int] = []
    table = {"branch.registered.v1": lambda unit, event: handled.append(event.revision)}
    with county.working(scheduler, county_topology(), table, roles=("consumer",)):
        eventually(lambda: scheduler.database["held"].count_documents({}) == 0)
    assert set(handled) == {2}


def test_what_is_not_parked_cannot_be_dropped(parked: Event, scheduler: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("parked", "drop", new_id(), "--service", "scheduler", "--as", ACCOUNT, "--yes", "--json")
    status, out = run(capsys, *words)
    assert status == 1
    assert json.loads(out)["error"]["code"] == "not_found"
    assert released(scheduler) == []


def test_whom_a_restored_backup_brought_back_is_buried_again(
    county: County, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = county.service("registry").keys
    erased, living = new_id(), new_id()
    keys.make_many([erased, living])
    (tmp_path / "list").write_text(f"ID  AT\n{erased}  2026-09-01T00:00:00Z\n")
    status, out = run(capsys, "tombstones", "bury", str(tmp_path / "list"), "--json")
    assert (status, json.loads(out)) == (0, {"buried": 1})
    fresh = county.service("registry").keys
    assert fresh.state(erased) is ERASED
    assert isinstance(fresh.state(living), DataKey)
    _, out = run(capsys, "tombstones", "list", "--json")
    assert [row["id"] for row in json.loads(out)] == [erased]


@pytest.mark.parametrize("text", ["", "[]", "no id\n", "0192", '[{"who": "x"}]', "[1", "[1]"])
def test_a_list_that_is_none_buries_nobody(
    county: County, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "list").write_text(text)
    assert run(capsys, "tombstones", "bury", str(tmp_path / "list"))[0] == 1


def test_nobody_releases_an_event_in_the_name_of_an_account_that_is_none(
    parked: Event, scheduler: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler.database["rights"].insert_one({"_id": ACCOUNT, "rights": 1})
    assert run(capsys, "parked", "retry", parked.id, "--service", "scheduler", "--as", new_id())[0] == 1
    assert released(scheduler) == []
    assert run(capsys, "parked", "retry", parked.id, "--service", "scheduler", "--as", ACCOUNT)[0] == 0


def test_what_waits_for_the_broker_is_counted_service_by_service(parked: Event, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "outbox", "status", "--json")
    rows = {row["service"]: row for row in json.loads(out)}
    assert status == 0
    assert rows["registry"]["untold"] == 2
    assert rows["registry"]["oldest_type"] == "branch.registered.v1"
    assert rows["notifier"] == {"service": "notifier", "untold": 0, "oldest_seconds": 0, "oldest_type": ""}
