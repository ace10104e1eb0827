"""The key store on a real replica set: a key, erased or lost, and never one for the other."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from shared.clock import MachineClock
from shared.errors import ConfigError
from shared.ids import new_id
from shared.sealing import (
    ERASED,
    LOST,
    DataKey,
    Erased,
    FileMaster,
    KeyLost,
    Keys,
    Sealed,
    Sealer,
    UnreadableSuite,
    create_master,
)


class HandClock(MachineClock):
    """Machine time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def master(tmp_path: Path) -> FileMaster:
    create_master(tmp_path / "master.key")
    return FileMaster(tmp_path / "master.key")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def keys(mongo: MongoClient[dict[str, Any]], master: FileMaster, clock: HandClock, database_name: str) -> Keys:
    made = Keys(mongo, database_name, master, clock)
    made.prepare()
    return made


@pytest.fixture
def store(mongo: MongoClient[dict[str, Any]], database_name: str) -> Database[dict[str, Any]]:
    """What lies in the store, as a thief would see it."""
    return mongo[database_name]


@pytest.fixture
def elsewhere(mongo: MongoClient[dict[str, Any]], master: FileMaster, clock: HandClock, keys: Keys, database_name: str) -> Keys:
    """Another service, with a memory of its own."""
    return Keys(mongo, database_name, master, clock)


def test_a_person_has_one_key_however_often_it_is_made(keys: Keys, elsewhere: Keys) -> None:
    person = new_id()
    made = keys.make(person)
    assert elsewhere.make(person) == keys.make(person) == elsewhere.state(person) == made


def test_two_makers_at_once_get_the_same_key(keys: Keys, elsewhere: Keys) -> None:
    persons = [new_id() for _ in range(300)]
    found: list[dict[str, DataKey]] = []
    threads = [threading.Thread(target=lambda k=k: found.append(k.make_many(persons))) for k in (keys, elsewhere)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len({key.secret for key in found[0].values()}) == 300


def test_a_key_that_was_never_made_is_lost_and_found_once_it_is(keys: Keys, elsewhere: Keys) -> None:
    person = new_id()
    assert elsewhere.state(person) is LOST
    made = keys.make(person)
    assert elsewhere.state(person) == made


def test_an_erased_person_is_erased_at_once_here_and_within_a_minute_elsewhere(
    keys: Keys, elsewhere: Keys, clock: HandClock
) -> None:
    person = new_id()
    keys.make(person)
    elsewhere.state(person)
    keys.erase(person)
    assert keys.state(person) is ERASED
    clock.seconds += 60
    assert elsewhere.state(person) is ERASED


def test_an_erased_person_gets_no_new_key(keys: Keys, store: Database[dict[str, Any]]) -> None:
    person = new_id()
    keys.make(person)
    keys.erase(person)
    for make in (lambda: keys.make(person), lambda: keys.make_many([new_id(), person])):
        with pytest.raises(Erased):
            make()
    assert store["keys"].find_one({"_id": person}) is None


def test_hidden_records_go_with_the_person(keys: Keys, elsewhere: Keys) -> None:
    person, record, other = new_id(), new_id(), new_id()
    keys.make(person)
    keys.make(record, of=person)
    keys.make(other, of=new_id())
    keys.erase(person)
    assert elsewhere.state(record) is ERASED
    assert isinstance(elsewhere.state(other), DataKey)
    with pytest.raises(Erased):
        elsewhere.make(new_id(), of=person)


def test_an_erasure_that_was_cut_off_already_holds_and_is_ended_by_calling_again(
    keys: Keys, elsewhere: Keys, store: Database[dict[str, Any]]
) -> None:
    person, record = new_id(), new_id()
    keys.make(person)
    keys.make(record, of=person)
    store["tombstones"].insert_one({"_id": person, "at": datetime.now(UTC)})
    assert elsewhere.states([person, record]) == {person: ERASED, record: ERASED}
    elsewhere.erase(person)
    assert store["keys"].count_documents({}) == 0
    assert {who for who, _ in elsewhere.tombstones()} == {person, record}


def test_a_deleted_key_without_a_tombstone_is_lost_and_not_erased(keys: Keys) -> None:
    person = new_id()
    keys.make(person)
    keys.discard(person)
    assert keys.state(person) is LOST
    with pytest.raises(KeyLost):
        keys.need(person)


def test_the_sweep_finds_keys_by_their_age(keys: Keys, clock: HandClock) -> None:
    person = new_id()
    keys.make(person)
    assert list(keys.made_before(clock.now())) == []
    clock.seconds += 86_400
    assert list(keys.made_before(clock.now())) == [person]


def test_nothing_of_a_key_stands_open_in_the_store(keys: Keys, store: Database[dict[str, Any]]) -> None:
    person = new_id()
    secret = keys.make(person).secret
    row = store["keys"].find_one({"_id": person})
    assert row is not None
    assert secret not in row["wrapped"]


def test_another_master_is_noticed_at_the_start(
    keys: Keys, mongo: MongoClient[dict[str, Any]], tmp_path: Path, clock: HandClock, database_name: str
) -> None:
    create_master(tmp_path / "other.key")
    other = Keys(mongo, database_name, FileMaster(tmp_path / "other.key"), clock)
    for start in (other.check, other.prepare):
        with pytest.raises(ConfigError):
            start()


def test_a_sealer_opens_in_its_place_says_erased_and_raises_for_lost(keys: Keys) -> None:
    person, event = new_id(), new_id()
    keys.make(person)
    sealer = Sealer(keys, "county")
    value = sealer.seal(person, "event", event, {"name": "测试乙"})
    assert sealer.open(person, "event", event, value) == {"name": "测试乙"}
    with pytest.raises(KeyLost):
        sealer.open(new_id(), "event", event, value)
    keys.erase(person)
    assert sealer.open(person, "event", event, value) is ERASED
    with pytest.raises(Erased):
        sealer.seal(person, "event", event, {"name": "测试乙"})


def test_an_unknown_suite_of_an_erased_person_is_unreadable_not_erased(keys: Keys) -> None:
    person = new_id()
    keys.make(person)
    keys.erase(person)
    with pytest.raises(UnreadableSuite):
        Sealer(keys, "county").open(person, "event", new_id(), "B" + "A" * 187)


def test_many_open_in_their_order(keys: Keys, elsewhere: Keys) -> None:
    persons = [new_id() for _ in range(50)]
    keys.make_many(persons)
    sealer = Sealer(keys, "county", suite=2)
    items = [Sealed(p, "people", p, sealer.seal(p, "people", p, {"number": n})) for n, p in enumerate(persons)]
    keys.erase(persons[7])
    opened = Sealer(elsewhere, "county").open_many(items)
    assert opened[7] is ERASED
    assert [got["number"] for got in opened if got is not ERASED] == [n for n in range(50) if n != 7]
