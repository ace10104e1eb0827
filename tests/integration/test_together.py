"""Commands that wait at the same moment commit together: what each caller gets, and what stands when one of them fails."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError, PyMongoError

from deploy.local.stack import Stack
from shared.errors import Conflict
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tracing import current_trace, following
from shared.units import Unit
from tests.county import County, tell_roster
from tests.eventually import eventually
from tests.servers import Vhost
from tests.told import told_events

Work = Callable[[Unit], Any]


@pytest.fixture
def registry(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Runtime]:
    county = County(stack, vhost, database_name, tmp_path)
    yield county.service("registry")
    county.close()


def at_one_moment(registry: Runtime, *works: Work, call: Callable[[Work], Any] | None = None) -> list[Future[Any]]:
    """Run these while another command holds them up, so that they wait together. `call` is what each caller does."""
    everybody_waits = threading.Event()
    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(registry.units.run_together, lambda unit: everybody_waits.wait(20))
        calls = []
        for number, work in enumerate(works, 1):
            calls.append(pool.submit(call or registry.units.run_together, work))
            eventually(lambda number=number: registry.units.together.waiting == number, "the caller waits")  # type: ignore[misc]
        everybody_waits.set()
        assert first.result(20)
    return calls


def insert(name: str) -> Work:
    return lambda unit: unit.collection("places").insert({"_id": name, "revision": 1})


def places(registry: Runtime) -> set[str]:
    return {row["_id"] for row in registry.database["places"].find()}


def test_commands_of_one_moment_stand_in_one_commit_and_each_gets_its_own_answer(registry: Runtime) -> None:
    calls = at_one_moment(registry, *[tell_roster(registry, new_id(), 1) for _ in range(5)])
    (row,) = registry.database["outbox"].find()
    assert [event["id"] for event in row["events"]] == [call.result().id for call in calls]


def test_one_that_refuses_troubles_nobody_and_leaves_nothing(registry: Runtime) -> None:
    def refuse(unit: Unit) -> None:
        insert("refused")(unit)
        tell_roster(registry, new_id(), 1)(unit)
        raise Conflict("not today")

    calls = at_one_moment(registry, insert("a"), refuse, insert("b"))
    with pytest.raises(Conflict):
        calls[1].result()
    assert places(registry) == {"a", "b"}
    assert told_events(registry.database) == []


def test_one_that_fails_after_it_wrote_is_undone_and_the_others_are_done(registry: Runtime) -> None:
    def write_and_fail(unit: Unit) -> None:
        insert("half")(unit)
        assert unit.collection("places").find_one({"_id": "half"}) is not None  # so it was sent
        raise Conflict("too late")

    calls = at_one_moment(registry, insert("a"), write_and_fail, insert("b"))
    with pytest.raises(Conflict):
        calls[1].result()
    assert places(registry) == {"a", "b"}


def test_a_duplicate_among_them_fails_alone(registry: Runtime) -> None:
    registry.database["places"].insert_one({"_id": "taken"})
    calls = at_one_moment(registry, insert("a"), insert("taken"), insert("b"))
    with pytest.raises(DuplicateKeyError):
        calls[1].result()
    assert places(registry) == {"a", "b", "taken"}


def test_each_sees_what_those_before_it_did(registry: Runtime) -> None:
    registry.database["places"].insert_one({"_id": "a", "revision": 1})

    def step(unit: Unit) -> int:
        found = unit.collection("places").find_one({"_id": "a"}) or {}
        unit.collection("places").replace({"_id": "a", "revision": found["revision"] + 1}, was=found["revision"])
        return int(found["revision"])

    assert sorted(call.result() for call in at_one_moment(registry, *[step] * 4)) == [1, 2, 3, 4]
    assert registry.database["places"].find_one() == {"_id": "a", "revision": 5}


def test_no_answer_leaves_before_the_commit(registry: Runtime) -> None:
    """A refusal may rest on what a neighbour has only said and never done."""

    def refuse(unit: Unit) -> None:
        raise Conflict("there is one already" if unit.collection("places").find_one({"_id": "a"}) else "")

    def refused(work: Work) -> set[str]:
        try:
            registry.units.run_together(work)
        except Conflict as error:
            assert error.message == "there is one already"
        return places(registry)

    with failing_commits(registry, mode={"times": 1}, blockConnection=True, blockTimeMS=300):
        calls = at_one_moment(registry, insert("a"), refuse, call=refused)
    assert [call.result() for call in calls] == [{"a"}, {"a"}]


@contextmanager
def failing_commits(registry: Runtime, mode: Any = "alwaysOn", **what: Any) -> Iterator[None]:
    data = {"failCommands": ["commitTransaction"], "appName": "registry", **what}
    registry.client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})
    try:
        yield
    finally:
        registry.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        registry.client.admin.command("killAllSessions", [])  # the server holds on to what was never really ended


def test_a_database_that_goes_away_is_told_to_all_and_nothing_is_tried_twice(registry: Runtime) -> None:
    tries: list[int] = []

    def count(unit: Unit) -> None:
        tries.append(1)
        insert(f"a{len(tries)}")(unit)

    with failing_commits(registry, errorCode=8000):
        calls = at_one_moment(registry, count, count)
    assert all(isinstance(call.exception(), PyMongoError) for call in calls)
    assert len(tries) == 2
    assert places(registry) == set()


def test_each_runs_in_the_trace_of_its_own_caller(registry: Runtime) -> None:
    traces = iter(["ab" * 16, "cd" * 16])

    def traced(work: Work) -> Any:
        with following(next(traces)):
            return registry.units.run_together(work)

    calls = at_one_moment(registry, *[lambda unit: current_trace()] * 2, call=traced)
    assert [call.result() for call in calls] == ["ab" * 16, "cd" * 16]
