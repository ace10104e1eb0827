"""The unit of work on the real database: what is seen inside, what stands afterwards, how it fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from deploy.local.stack import Stack
from shared.errors import Vanished
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units import Unit
from tests.county import County, tell_roster
from tests.servers import Vhost


@pytest.fixture
def registry(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Runtime]:
    county = County(stack, vhost, database_name, tmp_path)
    yield county.service("registry")
    county.close()


def test_what_a_unit_inserted_it_also_sees_and_changes(registry: Runtime) -> None:
    def work(unit: Unit) -> Any:
        people = unit.collection("people")
        people.insert({"_id": "a", "revision": 1, "state": "known"})
        seen = people.find_one({"_id": "a"})
        people.replace({"_id": "a", "revision": 2, "state": "erased"}, was=1)
        people.insert_many([{"_id": "b", "revision": 1}, {"_id": "c", "revision": 1}])
        unit.collection("people").delete({"_id": "c"})
        return seen

    assert registry.units.run(work) == {"_id": "a", "revision": 1, "state": "known"}
    assert {row["_id"]: row["revision"] for row in registry.database["people"].find()} == {"a": 2, "b": 1}


def test_an_inserted_document_is_stored_as_it_stood_then(registry: Runtime) -> None:
    def work(unit: Unit) -> None:
        document: dict[str, Any] = {"_id": "a", "names": ["王"]}
        unit.collection("people").insert(document)
        document["names"].append("李")

    registry.units.run(work)
    assert registry.database["people"].find_one() == {"_id": "a", "names": ["王"]}


def test_a_duplicate_raises_as_such_and_nothing_stands(registry: Runtime) -> None:
    registry.database["people"].insert_one({"_id": "b"})

    def work(unit: Unit) -> None:
        tell_roster(registry, new_id(), 1)(unit)
        unit.collection("people").insert_many([{"_id": "a"}, {"_id": "b"}])

    with pytest.raises(DuplicateKeyError):
        registry.units.run(work)
    assert registry.database["people"].count_documents({}) == 1
    assert registry.database["outbox"].count_documents({}) == 0


@pytest.mark.parametrize("write", ["replace", "update", "delete", "replace_rows"])
def test_a_write_that_matches_nothing_ends_the_unit(registry: Runtime, write: str) -> None:
    def work(unit: Unit) -> None:
        people = unit.collection("people")
        people.insert({"_id": "a", "revision": 2})
        writes: dict[str, Any] = {
            "replace": lambda: people.replace({"_id": "a", "revision": 2}, was=1),
            "update": lambda: people.update({"_id": "nobody"}, {"$set": {"state": "x"}}),
            "delete": lambda: people.delete({"_id": "nobody"}),
            "replace_rows": lambda: people.replace_rows([{"_id": "nobody"}]),
        }
        writes[write]()

    with pytest.raises(Vanished):
        registry.units.run(work)
    assert registry.database["people"].count_documents({}) == 0


def test_numbers_are_added_to_rows_that_are_there_and_to_those_that_are_not(registry: Runtime) -> None:
    for _ in range(3):
        registry.units.run(lambda unit: unit.collection("sums").increase({"a": {"n": 2}, "b": {"n": 1, "m": 5}}))
    registry.units.run(lambda unit: unit.collection("sums").increase({"a": {"n": 1}, "c": {"n": 1}}))
    assert {row["_id"]: row["n"] for row in registry.database["sums"].find()} == {"a": 7, "b": 3, "c": 1}
