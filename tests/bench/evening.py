"""One evening's look for contradictions in a county with 120,000 visits in its month, in a real MongoDB."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from services.audit.commands.concerns import Concerns
from services.audit.evidence.runner import Contradictions
from services.audit.evidence.sources import Sources
from services.audit.evidence.store import LOOKED
from services.audit.store import prepare
from services.audit.wiring import marks_of
from shared.clock import ManualCountyClock
from shared.runtime import Runtime
from tests.bench.invented_county import honest
from tests.bench.place import county
from tests.bench.rows import Row

Doc = dict[str, Any]
TONIGHT = datetime(2026, 9, 30, 12, 1, tzinfo=UTC)
PARTS = 37
"""Townships of three thousand visits each make up the county's month."""
IDS = ("_id", "event", "household", "volunteer", "actor", "device", "checked_in_event", "person", "visit", "thing")
SECONDS = 60
"""A minute of the evening, beside everything else."""


def evening(quick: bool) -> Iterator[Row]:
    """How long the look takes, and over how many visits."""
    parts = PARTS // 4 if quick else PARTS
    with county() as (_, made):
        audit = made.service("audit")
        prepare(audit.database)
        visits = sum(_fill(audit, seed) for seed in range(parts))
        looks = _looks(audit)
        start = time.perf_counter()
        looks.look()
        spent = time.perf_counter() - start
    yield Row("visits in the month that is looked at", visits, "visits")
    yield Row("an evening's look over it, all rules", spent, "s", SECONDS, better="less")


def _looks(audit: Runtime) -> Contradictions:
    """The look of tonight; yesterday evening there was one."""
    clock = ManualCountyClock(TONIGHT)
    for name in ("two_places", "burst", "copied_report", "shared_device", "moved_often"):
        audit.database[LOOKED].insert_one({"_id": name, "upto": TONIGHT - timedelta(days=1)})
    concerns, sources = Concerns(audit.sealer, clock, audit.home), Sources(audit.database, audit.sealer)
    return Contradictions(audit.units, audit.database, concerns, sources, marks_of(audit), clock)


def _fill(audit: Runtime, seed: int) -> int:
    """A part of the county lies in the database; how many visits it has."""
    rows = honest(seed).rows
    for name in ("visits", "moves", "endings"):
        audit.database[name].insert_many([_real(audit.home, seed, row) for row in rows[name]], ordered=False)
    roles = {_id(seed, row["actor"]): row["by"] for row in rows["visits"]}
    audit.database["accounts"].insert_many([{"_id": account, "role": role} for account, role in roles.items()])
    people: list[Doc] = [{**row, "phones": [f"{seed}{row['number']}"]} for row in rows["people"]]
    audit.database["people"].insert_many([_real(audit.home, seed, row) for row in people], ordered=False)
    return len(rows["visits"])


def _real(home: str, seed: int, row: Doc) -> Doc:
    """The row with ids as they are, so that what is found can be told."""
    made = {name: _id(seed, value) if name in IDS else value for name, value in row.items()}
    return made | {"branch": "/".join([home, *(_id(seed, part) for part in row["branch"].split("/")[1:])])}


def _id(seed: int, word: str) -> str:
    return str(uuid5(NAMESPACE_OID, f"{seed} {word}"))
