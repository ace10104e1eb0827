"""The end of an import: the correction workbook, roster.imported, and the destruction of what everybody has mended."""

from services.registry.commands.rosters import destroy_files
from services.registry.desk import Desk, Doc
from services.registry.model.roster_check import FileReport
from services.registry.roster.correction import correction_workbook
from services.registry.store import PEOPLE, ROSTER_PARTS, ROSTER_ROWS, ROSTERS
from services.registry.store.files import WORKBOOK, pieces
from shared.units import Unit


class Finishing:
    """Finishes one job. May run again: the last unit moves the job to done, and only once."""

    def __init__(self, desk: Desk, job: Doc, report: FileReport) -> None:
        self._desk, self._report = desk, report
        self._id = str(job["_id"])

    def run(self) -> None:
        """Workbook and event in one unit; then destroy what is mended."""
        numbers = self._numbers()
        book = correction_workbook(self._report, numbers) if self._report.faults else b""
        parts = list(pieces(self._desk.sealer, self._id, WORKBOOK, book))
        self._desk.units.run(lambda unit: self._finish(unit, parts))
        for roster in self._mended():
            destroy_files(self._desk, roster)

    def _finish(self, unit: Unit, parts: list[Doc]) -> None:
        job = unit.collection(ROSTERS).find_one({"_id": self._id, "state": "forming"})
        if job is None:
            return  # another worker was first
        unit.collection(ROSTER_PARTS).delete_any({"roster": self._id, "what": WORKBOOK})
        unit.collection(ROSTER_PARTS).insert_many(parts)
        kinds = job["kinds"]
        for revision, kind in enumerate(kinds, 1):
            self._tell(unit, job, kind, revision, whole=revision == len(kinds))
        done = {"state": "done", "workbook": bool(parts), "revision": max(1, len(kinds)), "done_at": self._desk.now()}
        unit.collection(ROSTERS).update({"_id": self._id, "state": "forming"}, {"$set": done})

    def _tell(self, unit: Unit, job: Doc, kind: str, revision: int, whole: bool) -> None:
        """One event a kind of roster in the file; the figures stand in the last of them."""
        figures = ("rows", "registered", "changed", "refused", "to_mend")
        data = {"roster": kind, **{name: job[name] if whole else 0 for name in figures}}
        unit.tell(
            "roster.imported.v1",
            subject=self._id,
            revision=revision,
            branch=job["branch"],
            actor=job["account"],
            data=data,
        )

    def _numbers(self) -> dict[tuple[str, int], str]:
        found = [row for part in self._parts(self._id) for row in part["rows"]]
        people = self._desk.database[PEOPLE].find({"_id": {"$in": [row[2] for row in found]}}, {"number": 1})
        number = {person["_id"]: person["number"] for person in people}
        return {(row[0], row[1]): number[row[2]] for row in found if row[2] in number}

    def _mended(self) -> list[str]:
        """Imports whose people have nothing to mend any more. One with refused rows is mended when a correction of it (a
        file that names its people by number) came without any fault."""
        jobs = list(self._desk.database[ROSTERS].find({"files": True, "state": "done"}))
        corrected = {row.number for row in self._report.people if row.number} if not self._report.faults else set()
        return [str(job["_id"]) for job in jobs if self._is_mended(job, corrected)]

    def _is_mended(self, job: Doc, corrected: set[str]) -> bool:
        people = {person for part in self._parts(job["_id"]) for person in (row[2] for row in part["rows"])}
        rows = list(self._desk.database[PEOPLE].find({"_id": {"$in": sorted(people)}}, {"to_mend": 1, "number": 1}))
        if any(row["to_mend"] for row in rows):
            return False
        return not job["refused"] or bool(corrected & {row["number"] for row in rows})

    def _parts(self, roster: str) -> list[Doc]:
        return list(self._desk.database[ROSTER_ROWS].find({"roster": roster}, sort=[("start", 1)]))
