"""The population of an inspection out of the database is the one the whole log gives, whatever else lies in it."""

import json
from random import Random
from typing import Any

from pymongo import MongoClient

from services.audit.inspections.lookups import members_of
from services.audit.inspections.population import Span, population
from services.audit.log.leaf import document, read_leaf
from services.audit.store import ENTRIES, prepare
from shared.canonical import canonical
from shared.ids import new_id

COUNTY = new_id()
VILLAGES = [f"{COUNTY}/{new_id()}/{new_id()}" for _ in range(3)]
TYPES = (
    *["visit.completed.v1"] * 4,
    "visit.completed.v1",
    "visit.moved.v1",
    "visit.confirmed.v1",
    "visit.planned.v1",
    "household.changed.v1",
    "person.registered.v1",
    "person.changed.v1",
    "pairing.ended.v1",
    "person.erased.v1",
    "look.taken.v1",
)


def entries(chance: Random, count: int) -> list[bytes]:
    """A log of few things that many events speak of, in no order, with odd bodies in between."""
    things, homes, volunteers = [[new_id() for _ in range(each)] for each in (60, 30, 1)]

    def one() -> bytes:
        type_ = chance.choice(TYPES)
        day = f"2026-{chance.choice(('08', '09', '10'))}-{chance.randint(1, 30):02d}T{chance.randint(0, 23):02d}:00:00Z"
        data = {"household": chance.choice(homes), "volunteer": chance.choice(volunteers), "at": day}
        data |= {"care": chance.choice(("active", "paused", "ended")), "band": chance.choice(("weekly", "monthly", "none"))}
        words: dict[str, Any] = {"specversion": "1.0", "id": new_id(), "type": type_, "subject": chance.choice(things)}
        service = "scheduler" if type_.startswith("visit") else "registry"
        words |= {"source": f"/springrain/{COUNTY}/{service}", "time": day, "datacontenttype": "application/json"}
        words |= {"branch": chance.choice(VILLAGES), "actor": new_id(), "revision": chance.randint(1, 9), "data": data}
        if type_.startswith("household"):
            words["subject"] = data["household"]
        return canonical(words)

    return [b"nobody's event" + bytes([at % 250]) if at % 97 == 0 else one() for at in range(count)]


def test_the_database_and_the_log_give_the_same_members(mongo: MongoClient[dict[str, Any]], database_name: str) -> None:
    database, bodies = mongo[database_name], entries(Random(7), 3000)
    prepare(database)
    leaves = {leaf.key: leaf for leaf in map(read_leaf, bodies)}
    rows = [document(leaf, index, COUNTY) for index, leaf in enumerate(leaves.values())]
    database[ENTRIES].insert_many(rows)
    told = [(row["_id"], json.loads(row["body"])) for row in rows if "event" in row]
    for scope in (COUNTY, VILLAGES[0]):
        for size in (len(rows), 1700):
            span = Span(COUNTY, scope, "2026-09-03", "2026-09-20")
            below = population(span, [(index, event) for index, event in told if index < size])
            assert members_of(database, span, size) == below
            assert {member.stratum for member in below} >= {"ending", "changed", "crowded", "moved"}
