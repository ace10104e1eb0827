"""What the HTTP kit keeps in MongoDB: answers given once, the rights of today, tries at the door."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from pymongo import MongoClient
from pymongo.database import Database

from shared import rights
from shared.access import Principal, Role
from shared.clock import MachineClock, SystemCountyClock
from shared.errors import Conflict, Refused, Unauthenticated
from shared.http import Answered, Idempotent, make_limiter
from shared.http.problems import install_problems
from shared.ids import new_id
from shared.sealing import FileMaster, Keys, Sealer, create_master
from shared.units import Unit, Units
from shared.units.teller import Teller

CLERK = Principal(new_id(), Role.CLERK, "county/township", 4, "", "session-1")


class HandClock(MachineClock):
    """Machine time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def database(mongo: MongoClient[dict[str, Any]], database_name: str) -> Database[dict[str, Any]]:
    return mongo[database_name]


@pytest.fixture
def units(mongo: MongoClient[dict[str, Any]], database_name: str, tmp_path: Any) -> Units:
    create_master(tmp_path / "master.key")
    keys = Keys(mongo, database_name + "_keys", FileMaster(tmp_path / "master.key"), MachineClock())
    teller = Teller(new_id(), "registry", SystemCountyClock(), Sealer(keys, new_id()))
    return Units(mongo, database_name, teller)


@pytest.fixture
def once(units: Units, database: Database[dict[str, Any]]) -> Idempotent:
    made = Idempotent(units, database["idempotency"], MachineClock())
    made.prepare()
    return made


def adding(name: str) -> Callable[[Unit], Answered]:
    """A command that adds a note."""

    def work(unit: Unit) -> Answered:
        note = new_id()
        unit.collection("notes").insert({"_id": note, "name": name, "revision": 1})
        return Answered(201, note, 1)

    return work


def test_the_same_request_again_has_one_effect_and_the_first_answer(
    once: Idempotent, database: Database[dict[str, Any]]
) -> None:
    answers = {once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a")) for _ in range(3)}
    assert len(answers) == 1
    assert database["notes"].count_documents({}) == 1


def test_the_same_key_with_another_body_is_a_conflict(once: Idempotent, database: Database[dict[str, Any]]) -> None:
    once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a"))
    with pytest.raises(Conflict):
        once.once(CLERK, "POST", "/api/v1/notes", "k", "another hash", adding("b"))
    assert database["notes"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("who", "path", "key"),
    [(replace(CLERK, account=new_id()), "/api/v1/notes", "k"), (CLERK, "/api/v1/others", "k"), (CLERK, "/api/v1/notes", "l")],
    ids=["account", "path", "key"],
)
def test_another_account_path_or_key_is_another_request(
    once: Idempotent, database: Database[dict[str, Any]], who: Principal, path: str, key: str
) -> None:
    once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a"))
    once.once(who, "POST", path, key, "hash", adding("a"))
    assert database["notes"].count_documents({}) == 2


def test_ten_at_once_have_one_effect_and_one_answer(once: Idempotent, database: Database[dict[str, Any]]) -> None:
    database.create_collection("notes")
    start, answers = threading.Barrier(10), list[Answered]()

    def post() -> None:
        start.wait()
        answers.append(once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a")))

    _all(post, 10)
    assert len(answers) == 10
    assert len(set(answers)) == 1
    assert database["notes"].count_documents({}) == 1


@pytest.mark.slow
def test_who_comes_second_gets_the_first_answer_and_not_the_refusal_it_caused(
    once: Idempotent, database: Database[dict[str, Any]]
) -> None:
    def work(unit: Unit) -> Answered:
        if unit.collection("notes").find_one({"name": "a"}):
            raise Refused.field("name", "known", "is there already")
        if not taken:
            taken.append("by the other, meanwhile")
            once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a"))
            raise Refused.field("name", "known", "is there already")
        return adding("a")(unit)

    taken: list[str] = []
    answered = once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", work)
    note = database["notes"].find_one({})
    assert note is not None
    assert answered == Answered(201, note["_id"], 1)


def test_a_refusal_is_not_kept_so_a_mended_world_may_answer_otherwise(
    once: Idempotent, database: Database[dict[str, Any]]
) -> None:
    def refuse(unit: Unit) -> Answered:
        adding("a")(unit)
        raise Refused.field("name", "short", "is too short")

    with pytest.raises(Refused):
        once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", refuse)
    assert database["notes"].count_documents({}) == 0
    assert once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a")).status == 201


def test_answers_are_kept_for_thirty_days(once: Idempotent, database: Database[dict[str, Any]]) -> None:
    once.once(CLERK, "POST", "/api/v1/notes", "k", "hash", adding("a"))
    index = database["idempotency"].index_information()["at_1"]
    assert index["expireAfterSeconds"] == 30 * 24 * 3600
    row = database["idempotency"].find_one({})
    assert row is not None
    assert abs((datetime.now(UTC) - row["at"]).total_seconds()) < 60
    assert set(row) == {"_id", "body", "status", "id", "revision", "at"}


def test_a_withdrawn_right_is_known_within_a_second(units: Units, database: Database[dict[str, Any]]) -> None:
    clock = HandClock()
    book = rights.RightsBook(database[rights.NAME], clock)
    book.refuse_older(CLERK.account, 4)
    for revision in (4, 5, 3):
        units.run(partial(rights.note, account=CLERK.account, revision=revision))
    book.refuse_older(CLERK.account, 4)
    clock.seconds += 1.01
    with pytest.raises(Unauthenticated):
        book.refuse_older(CLERK.account, 4)
    book.refuse_older(CLERK.account, 5)
    book.refuse_older(CLERK.account, 6)


def test_too_many_tries_are_429_in_every_process(stack: Any, database_name: str) -> None:
    def door() -> Flask:
        app = Flask("door")
        install_problems(app)
        limiter = make_limiter(app, stack.mongo_url, database_name + "_limits")

        app.add_url_rule("/sign-in", view_func=limiter.limit("5 per hour")(lambda: "no"), methods=["POST"])
        return app

    doors = [door().test_client(), door().test_client()]
    answers = [doors[number % 2].post("/sign-in") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].mimetype == "application/problem+json"
    assert int(answers[-1].headers["Retry-After"]) > 0


def _all(work: Callable[[], None], many: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
