"""Importing a township's roster: the check alone, and the whole of it into a real MongoDB, until households are formed.

All by one process, as in a county: the worker takes one import after the other. Seals, keys and events are those of every
day; events stay in the outbox, since the relay is measured by the suite `events`.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from services.registry.commands.branches import load_divisions
from services.registry.commands.importing.run import Imports
from services.registry.commands.install import install
from services.registry.commands.rosters import Received
from services.registry.desk import Desk, Doc, open_desk
from services.registry.roster.checking import check_file, load_villages
from services.registry.store import ROSTERS
from shared.access import Principal, Role
from shared.ids import new_id
from shared.units.outbox import NAME as OUTBOX
from tests.bench.people import DIVISIONS, as_csv, as_xlsx, elders
from tests.bench.place import county
from tests.bench.rows import Row

CHECKED = 5_000
GOAL = 160_000 / 60
"""Rows a second: a county's 160,000 elders within a minute."""


def measure(quick: bool) -> Iterable[Row]:
    """All figures of the suite."""
    yield from checks()
    many = 2_000 if quick else 10_000
    content = as_csv(elders(many))
    with registry() as desk:
        spent = imported(desk, content, many, 0)
        told = desk.database[OUTBOX].estimated_document_count()
        yield Row(f"whole import of {many} elders with a relative each", many / spent, "rows/s", GOAL)
        yield Row("events of that import laid into the outbox", told / spent, "events/s")
        yield Row("the same roster again, everybody known", many / imported(desk, content, 0, 0), "rows/s", GOAL)


def checks() -> Iterator[Row]:
    """`springrain import --check`: the file's bytes in, its report out, villages and repetitions looked for."""
    rows, villages = elders(CHECKED), load_villages(DIVISIONS)
    for ending, content in (("csv", as_csv(rows)), ("xlsx", as_xlsx(rows))):
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            report = check_file(f"roster.{ending}", content, villages)
            spent.append(time.perf_counter() - start)
            assert report.rows == len(report.people) == CHECKED
        yield Row(f"check alone of {CHECKED} rows, .{ending}", CHECKED / min(spent), "rows/s", GOAL)


@contextmanager
def registry() -> Iterator[Desk]:
    """A registry freshly installed, with the county's divisions, on a server of its own."""
    with county() as (_, made):
        desk = open_desk(made.service("registry"))
        install(desk, code="360124", name="进贤县", administrator="admin", password=new_id())
        load_divisions(desk, DIVISIONS / "townships.csv", DIVISIONS / "villages.csv")
        yield desk


def imported(desk: Desk, content: bytes, registered: int, changed: int) -> float:
    """Seconds from when the file was taken in until its job is done, having registered and changed so many."""
    who = Principal(new_id(), Role.CLERK, desk.home, 1)
    file = Received(desk, who, "roster.csv", content)
    desk.units.run(file.work)
    start = time.perf_counter()
    Imports(desk).step(threading.Event())
    spent = time.perf_counter() - start
    job: Doc = desk.database[ROSTERS].find_one({"_id": file.id}) or {}
    found = {name: job.get(name) for name in ("state", "registered", "changed")}
    assert found == {"state": "done", "registered": registered, "changed": changed}, found
    return spent
