"""Runs imports: takes the oldest job under a lease, reads its file, writes it batch by batch, forms households, and leaves
a correction workbook. Killed anywhere, the next worker goes on from the job's mark: reading again gives the same rows.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.registry.commands.forming import form_township
from services.registry.commands.importing.drafting import Drafting
from services.registry.commands.importing.finishing import Finishing
from services.registry.commands.importing.known import Known, open_guard
from services.registry.commands.importing.writing import Writing
from services.registry.commands.rosters import MANY_FAULTS, destroy_files
from services.registry.desk import Desk, Doc
from services.registry.model.person_content import most_events
from services.registry.model.roster_check import FileReport
from services.registry.model.roster_faults import REFUSED, TO_MEND, RosterFault
from services.registry.model.roster_rows import RosterRow
from services.registry.queries.branches import Places
from services.registry.roster.checking import check_file
from services.registry.store import ROSTER_PARTS, ROSTERS
from services.registry.store.files import UPLOAD, joined
from services.registry.store.sealed import opened
from shared.errors import Busy, Conflict, NotFound, Refused, Vanished

log = structlog.get_logger()
UNDER_WAY = ("received", "importing", "forming")
AT_ONCE = 200
LEASE = timedelta(seconds=30)
TRIES = 5
IDLE_SECONDS = 0.3


class Imports:
    """The worker's loop. Any number may run; jobs are taken one after the other, in the order they came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._jobs = desk.database[ROSTERS]
        open_guard(desk)

    def run(self, stop: threading.Event) -> None:
        """Import until stopped; the batch in hand is finished first."""
        while not stop.is_set():
            try:
                if not self.step(stop):
                    stop.wait(IDLE_SECONDS)
            except PyMongoError as error:
                log.warning("imports_interrupted", error=type(error).__name__)
                stop.wait(1.0)

    def step(self, stop: threading.Event) -> bool:
        """Do what is to do for the oldest job, and destroy what is to be forgotten. False when nothing was."""
        self._forget()
        job = self._take()
        if job is None:
            return False
        try:
            _Import(self._desk, job).run(stop)
        except Refused as refused:
            problems = [{"field": f.field, "code": f.code, "message": f.message, "do": f.do} for f in refused.faults]
            self._jobs.update_one({"_id": job["_id"]}, {"$set": {"state": "failed", "problems": problems, "forget": True}})
        except (Conflict, Vanished, Busy) as error:
            log.warning("import_interrupted", roster=job["_id"], error=type(error).__name__)
            return False
        except NotFound:
            self._jobs.update_one({"_id": job["_id"]}, {"$set": {"state": "failed", "forget": True}})
        finally:
            self._jobs.update_one({"_id": job["_id"]}, {"$unset": {"taken_until": ""}})
        return True

    def _take(self) -> Doc | None:
        """The oldest job under way, unless somebody else has it: then nobody overtakes."""
        now = self._desk.runtime.machine_clock.now()
        oldest = self._jobs.find_one({"state": {"$in": UNDER_WAY}}, {"_id": 1}, sort=[("_id", 1)])
        if oldest is None or not self._desk.runtime.bound.room_for_consuming():
            return None
        free = {"$or": [{"taken_until": {"$exists": False}}, {"taken_until": {"$lt": now}}]}
        return self._jobs.find_one_and_update({**oldest, **free}, {"$set": {"taken_until": now + LEASE}})

    def _forget(self) -> None:
        for job in self._jobs.find({"forget": True, "state": {"$in": ["done", "failed"]}}, {"_id": 1}):
            destroy_files(self._desk, job["_id"])


class _Import:
    """One job in this worker's hands."""

    def __init__(self, desk: Desk, job: Doc) -> None:
        self._desk, self._job = desk, job
        self._jobs = desk.database[ROSTERS]
        self._places = Places(desk)
        self._report = self._read()
        self._faults: dict[tuple[str, int], list[RosterFault]] = defaultdict(list)
        for fault in self._report.faults:
            self._faults[fault.sheet, fault.row].append(fault)

    def run(self, stop: threading.Event) -> None:
        """Go on from where the job stands."""
        if self._job["state"] == "received":
            self._begin()
        for start, rows in self._batches(self._job["done"]):
            if stop.is_set():
                return
            self._write(start, rows)
        self._note({"state": "forming"})
        for township in sorted(self._townships()):
            form_township(self._desk, str(self._job["account"]), township)
        Finishing(self._desk, self._job, self._report).run()

    def _read(self) -> FileReport:
        job = self._job["_id"]
        name = opened(self._desk.sealer, ROSTERS, self._job, job).get("file", "")
        parts = self._desk.database[ROSTER_PARTS].find({"roster": job, "what": UPLOAD}, sort=[("part", 1)])
        return check_file(name, joined(self._desk.sealer, job, list(parts)), self._places.index)

    def _begin(self) -> None:
        outside = [row for row in self._report.people if not self._within(row)]
        if outside:
            do = "只导入本支部的名册，或请上级导入。"
            raise Refused.field("file", "outside_scope", f"有{len(outside)}行不在您负责的范围内。", do)
        mend = {(f.sheet, f.row) for f in self._report.faults if f.severity == TO_MEND}
        mend -= {(f.sheet, f.row) for f in self._report.faults if f.severity == REFUSED}
        figures = {
            "state": "importing",
            "rows": self._report.rows,
            "people": len(self._report.people),
            "refused": self._report.refused,
            "to_mend": len(mend),
            "kinds": sorted({sheet.kind.value for sheet in self._report.sheets}),
            "faults": dict(Counter(fault.kind.value for fault in self._report.faults)),
            "listed": [_listed(fault) for fault in self._report.faults[:MANY_FAULTS]],
            "notes": list(self._report.notes),
        }
        self._note(figures)
        self._job.update(figures)

    def _note(self, change: dict[str, Any]) -> None:
        until = self._desk.runtime.machine_clock.now() + LEASE
        self._jobs.update_one({"_id": self._job["_id"]}, {"$set": {**change, "taken_until": until}})

    def _within(self, row: RosterRow) -> bool:
        village = self._places.by_code.get(row.village)
        scope = str(self._job["branch"])
        return village is None or f"{village['branch']}/".startswith(scope + "/")

    def _batches(self, start: int) -> Iterator[tuple[int, Sequence[RosterRow]]]:
        people = self._report.people
        while start < len(people):
            end = start + 1
            while end < len(people) and most_events(people[start : end + 1]) <= AT_ONCE:
                end += 1
            yield start, people[start:end]
            start = end

    def _write(self, start: int, rows: Sequence[RosterRow]) -> None:
        """One batch; read and drafted anew when somebody changed one of these people meanwhile."""
        for _ in range(TRIES):
            try:
                self._desk.units.run(self._writing(start, rows))
                self._note({})
                return
            except (Vanished, DuplicateKeyError):
                if self._done() != start:
                    raise Conflict("another worker goes on with this import") from None
        raise Vanished("this batch could not be written: somebody keeps changing the same people")

    def _writing(self, start: int, rows: Sequence[RosterRow]) -> Any:
        known = Known(self._desk, str(self._job["branch"]), rows)
        drafting = Drafting(self._desk, self._places, known, self._home(), self._faults)
        for row in rows:
            drafting.add(row)
        job = {"_id": self._job["_id"], "account": self._job["account"]}
        return Writing(self._desk, job, start, start + len(rows), drafting.plan).work

    def _done(self) -> int:
        row = self._jobs.find_one({"_id": self._job["_id"]}, {"done": 1})
        return int(row["done"]) if row else -1

    def _home(self) -> str:
        """Where rows without a village belong: the township that sent the roster, else the uploader's branch."""
        named = {sheet.township for sheet in self._report.sheets} - {""}
        found = [row for row in self._places.by_path.values() if row["level"] == "township" and row["name"] in named]
        scope = str(self._job["branch"])
        inside = len(found) == 1 and f"{found[0]['branch']}/".startswith(scope + "/")
        return str(found[0]["branch"]) if inside else scope

    def _townships(self) -> set[str]:
        paths = {self._places.by_code[row.village]["branch"] for row in self._report.people if row.village}
        found = {"/".join(path.split("/")[:2]) for path in (*paths, self._home())}
        county = self._desk.home
        return {county} if county in found else found  # the county's forming is that of all its townships


def _listed(fault: RosterFault) -> Doc:
    """A fault as the page lists it: never the cell's content."""
    where = {"sheet": fault.sheet, "row": fault.row, "column": fault.column}
    return {**where, "kind": fault.kind.value, "severity": fault.severity, "do": fault.do}
