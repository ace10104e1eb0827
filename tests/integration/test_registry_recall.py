"""A registry restored from a backup after more work was done: it knows again what the world knows, and goes on from there."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deploy.local.stack import Stack
from services.registry.cli import install
from services.registry.commands.importing.run import Imports
from services.registry.model.person_content import told_kin, told_person
from services.registry.store.sealed import opened
from services.registry.worker import duties
from shared.access import Role
from shared.events import Event
from shared.healing.recall import Recall, note_restored, recalling
from shared.messaging.follows import FOLLOWS
from shared.sealing import ERASED
from shared.units import Unit, sums
from tests.backup import Backup
from tests.county import County
from tests.eventually import eventually
from tests.registry_office import PASSWORD, ROOT, TOWNSHIP, Office
from tests.registry_story import (
    NEW_PHONE,
    PHONE,
    TOPOLOGY,
    Story,
    all_told,
    children,
    log_kept,
    made,
    others_listen,
    patch,
    person,
    registered,
    registry_at_work,
    volunteers,
)
from tests.servers import Vhost
from tests.told import told_events
from tests.unit.registry.roster_files import CHILDREN, VOLUNTEERS

pytestmark = pytest.mark.slow

Doc = dict[str, Any]


@pytest.fixture
def office(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Office]:
    county = County(stack, vhost, database_name, tmp_path)
    opened_ = Office.open(county)
    opened_.account("clerk", Role.CLERK, TOWNSHIP)
    opened_.account("super", Role.SUPERVISOR, TOWNSHIP)
    with log_kept(county):
        yield opened_
    county.close()


LEFT_OUT: Mapping[str, set[str]] = {
    "accounts": {"name", "password"},
    "branches": set(),
    "checks": set(),
    "consents": set(),
    "counters": set(),
    "erasures": {"asked_at", "done_at"},
    "households": {"links"},
    "kinships": {"sealed"},
    "pairings": {"proposal"},
    "people": {"sealed", "look", "row_keys", "row_key", "to_mend", "contact", "contact_until", "phones_since"},
    "rights": set(),
    "rosters": {"done", "done_at", "faults", "files", "forget", "listed", "notes", "people", "sealed", "sent_at", "workbook"},
    "volunteers": {"households"},
    "wishes": {"sealed"},
}
"""What no event holds, or what follows anew: looked at by itself below, or named in docs/operating.md as not recalled."""


def of(documents: Mapping[str, list[Doc]], name: str) -> dict[str, Doc]:
    """The documents of a collection by id, with the fields that must come back."""
    left_out = LEFT_OUT[name]
    rows = [row for row in documents.get(name, []) if row["_id"] != "imports"]
    return {row["_id"]: {key: value for key, value in row.items() if key not in left_out} for row in rows}


def contents(office: Office, documents: Mapping[str, list[Doc]], name: str, under: str, told: Callable[[Doc], Doc]) -> Any:
    """What events tell of the sealed part, by id."""
    rows = {row["_id"]: opened(office.desk.sealer, name, row, row[under]) for row in documents[name]}
    return {id_: told(content) if content else {} for id_, content in rows.items()}


def lost_and_recalled(office: Office, before: Backup) -> None:
    """The backup is put back, and the registry starts twice: the first time it dies in the middle of its recall."""
    before.restore()
    note_restored(office.desk.database, office.desk.now())
    runtime, mine, applied = office.county.service("registry"), duties(office.desk), []

    def dies(unit: Unit, event: Event) -> None:
        applied.append(event)
        if len(applied) > 250:
            raise RuntimeError("killed")
        mine.recall[event.type](unit, event)

    words = (runtime.units, runtime.database, runtime.settings.amqp_url, "registry", TOPOLOGY)
    with pytest.raises(RuntimeError, match="killed"):
        Recall(*words, dict.fromkeys(mine.recall, dies)).run(threading.Event())
    assert recalling(runtime.database)


def test_a_restored_registry_knows_again_what_it_told_and_goes_on_from_there(office: Office) -> None:
    story = Story(office)
    with registry_at_work(office, "relay", "consumer"), others_listen(office):
        story.before()
        all_told(office)
    backup = Backup.of(office.desk.database)
    with registry_at_work(office, "relay", "consumer"), others_listen(office):
        story.after()
        all_told(office)
    world = Backup.of(office.desk.database)
    told = {row["id"] for row in told_events(office.desk.database)}
    lost_and_recalled(office, backup)
    refused(office)
    with others_listen(office), registry_at_work(office):
        eventually(lambda: not recalling(office.desk.database), "its own events are back", within=60)
        eventually(lambda: ended(office, story.half), "the erasure under way is done", within=20)
        proven = office.desk.database["people"]
        relative = {"_id": story.daughter["relative"], "contact": "proven"}
        eventually(lambda: proven.find_one(relative), "what the notifier told is back", within=20)
        known_again(office, story, world)
        nobody_signs_in_with_what_was_changed(office, story)
        goes_on(office, story, world)
        assert told <= {row["id"] for row in told_events(office.desk.database)}
        all_told(office)
        nobody_saw_a_fork(office)


def refused(office: Office) -> None:
    """A command while its own events are away changes nothing, whether it comes from a page or from a terminal."""
    before = Backup.of(office.desk.database)
    lists = [f"--{name}={ROOT}/data/jinxian/{name}.csv" for name in ("townships", "villages")]
    installing = CliRunner(env=dict(office.county.environ)).invoke(install, [*lists, f"--password={PASSWORD}"])
    assert installing.exit_code == 1 and "restored" in installing.output
    answer = office.post("clerk", "/api/v1/people", {"kind": "elder"})
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert Backup.of(office.desk.database).documents == before.documents


def ended(office: Office, id_: str) -> bool:
    return person(office, id_)["state"] == "erased"


def known_again(office: Office, story: Story, world: Backup) -> None:
    now = Backup.of(office.desk.database)
    there, here = (_settled(documents, story) for documents in (world.documents, now.documents))
    for name in LEFT_OUT:
        assert of(here, name) == of(there, name), name
    for name, under, told in (("people", "_id", told_person), ("kinships", "relative", told_kin), ("wishes", "child", dict)):
        assert contents(office, here, name, under, told) == contents(office, there, name, under, told), name
    for id_ in (story.asked, story.erased, story.half):
        row = person(office, id_)
        assert (row["state"], row["sealed"], row["look"], row["row_keys"]) == ("erased", "", [], [])
        assert office.desk.keys.state(id_) is ERASED
    assert person(office, story.changed)["contact"] == "unproven"  # the old number's answer came again, and is no answer
    job = office.desk.database["rosters"].find_one({"_id": story.upload})
    assert job is not None and job["state"] == "done" and job["registered"] > 20
    found = office.get("clerk", "/api/v1/people", q=NEW_PHONE).get_json()["items"]
    assert [one["id"] for one in found] == [story.changed]


def _settled(documents: Mapping[str, list[Doc]], story: Story) -> dict[str, list[Doc]]:
    """Without the erasure that was half done, and was ended since."""
    kept = {name: list(rows) for name, rows in documents.items()}
    kept["people"] = [row for row in kept["people"] if row["_id"] != story.half]
    kept["erasures"] = [row for row in kept["erasures"] if row["person"] != story.half]
    return kept


def nobody_signs_in_with_what_was_changed(office: Office, story: Story) -> None:
    """Neither with a password that was changed, nor as who has left or is new; an administrator helps."""

    def tries(name: str, password: str) -> int:
        return office.client().post("/api/v1/sign-ins", json={"name": name, "password": password}).status_code

    eventually(lambda: tries("clerk", PASSWORD) == 200, "commands are taken again", within=5)
    office.tokens.clear()
    rows = {row["_id"]: row for row in office.desk.database["accounts"].find()}
    newcomer = rows[story.newcomer["id"]]["name"]
    for name in ("leaver", "changer", "newcomer", newcomer):
        assert tries(name, PASSWORD) == 401, name
    assert rows[story.changer["id"]]["rights"] == 2
    patch(office, "admin", f"/api/v1/accounts/{story.newcomer['id']}", {"password": "a third password"}, 1)
    assert tries(newcomer, "a third password") == 200


def goes_on(office: Office, story: Story, world: Backup) -> None:
    """The next revisions, the next number, and nobody twice when the roster is sent again."""
    was = next(row for row in world.documents["people"] if row["_id"] == story.changed)
    patch(office, "clerk", f"/api/v1/people/{story.changed}", {"place": "新坪村3组"}, was["revision"])
    highest = max(row["number"] for row in world.documents["people"] if row["number"].startswith(f"{TOWNSHIP}-0"))
    assert registered(office, "曾新来")["number"] > highest
    people = office.desk.database["people"].count_documents({})
    sent = {CHILDREN: children(), VOLUNTEERS: volunteers()}
    again = [made(office.upload("clerk", name, content))["id"] for name, content in sent.items()]
    jobs = office.desk.database["rosters"]
    eventually(lambda: jobs.count_documents({"_id": {"$in": again}, "state": "done"}) == 2, "imported again", within=30)
    assert [job["registered"] for job in jobs.find({"_id": {"$in": again}})] == [0, 0]
    assert office.desk.database["people"].count_documents({}) == people
    both = [story.pair["one"], story.pair["other"]]
    assert office.desk.database["households"].find_one({"members": {"$all": both}}), "as a clerk decided"
    for row in world.documents["people"]:
        if row["kinds"] == ["child"] and row["sealed"]:
            was_known = opened(office.desk.sealer, "people", row, row["_id"])
            now = opened(office.desk.sealer, "people", person(office, row["_id"]), row["_id"])
            assert now.get("id_number") == was_known.get("id_number"), "the roster brings back what no event holds"


def nobody_saw_a_fork(office: Office) -> None:
    """Every listener has every chain without a hole or another body, and heard exactly what was told."""
    audit = office.county.service("audit").database
    assert audit["entries"].count_documents({"odd": {"$exists": True}}) == 0
    told = sums.read_sums(office.desk.database, sums.TOLD, lambda words: words[0])
    for service in ("scheduler", "notifier"):
        database = office.county.service(service).database
        wanted = {noun: told[noun] for noun in FOLLOWS[service] if noun in told}

        def heard(database: Any = database, wanted: Any = wanted) -> bool:
            found = sums.read_sums(database, sums.HEARD, lambda words: words[1] if words[0] == "registry" else "")
            return {noun: found[noun] for noun in wanted} == wanted

        eventually(heard, f"{service} heard what was told", within=20)
        assert database["held"].count_documents({}) == 0
        assert database["progress"].count_documents({"gap_at": {"$exists": True}}) == 0
    assert not told_events(office.desk.database, type="event.parked.v1")


def test_a_registry_that_lost_everything_but_its_keys_is_told_all_it_ever_told(office: Office) -> None:
    with registry_at_work(office, "relay"):
        first = registered(office, "万桂英", phones=[PHONE], birth="1941-02-03")
        all_told(office)
    world = Backup.of(office.desk.database)
    Backup(office.desk.database, {"secrets": world.documents["secrets"]}).restore()
    note_restored(office.desk.database, office.desk.now())
    with registry_at_work(office):
        eventually(lambda: not recalling(office.desk.database), "its own events are back", within=30)
        branches = {row["_id"]: row for row in world.documents["branches"]}
        assert {row["_id"]: row for row in office.desk.database["branches"].find()} == branches
        row, was = person(office, first["id"]), next(row for row in world.documents["people"] if row["_id"] == first["id"])
        assert {**row, "sealed": "", "phones_since": ""} == {**was, "sealed": "", "phones_since": ""}
        assert json.loads(told_events(office.desk.database, type="person.registered.v1")[0]["body"])["subject"] == first["id"]


class StopsAfterOneBatch(threading.Event):
    """A worker that is told to stop while it writes its first batch of rows."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def is_set(self) -> bool:
        """As it is asked before each batch."""
        self._asked += 1
        return self._asked > 1


def test_an_import_that_was_under_way_goes_on_and_doubles_nobody(office: Office) -> None:
    people = office.desk.database["people"]
    with registry_at_work(office, "relay"):
        roster = made(office.upload("clerk", CHILDREN, children()))["id"]
        all_told(office)
        backup = Backup.of(office.desk.database)
        Imports(office.desk).step(StopsAfterOneBatch())
        all_told(office)
    first = {row["_id"]: row["number"] for row in people.find()}
    assert first
    backup.restore()
    note_restored(office.desk.database, office.desk.now())
    jobs = office.desk.database["rosters"]
    with registry_at_work(office):
        job = eventually(lambda: jobs.find_one({"_id": roster, "state": "done"}), "imported to its end", within=40)
    now = {row["_id"]: row["number"] for row in people.find()}
    assert first.items() < now.items()
    assert job["registered"] == people.count_documents({"kinds": "child", "_id": {"$nin": list(first)}})
    assert people.count_documents({"kinds": "child"}) == job["people"]
    assert len(office.told("roster.imported.v1")) == 1
