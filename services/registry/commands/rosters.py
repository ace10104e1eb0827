"""Rosters as they are sent in: kept sealed under a key of their own, imported by the worker, destroyed when mended or
after 30 days. Never stored under their name, never written to a disk in the clear.
"""

from datetime import timedelta

from services.registry.desk import Desk, Doc
from services.registry.roster.checking import NO_VILLAGES, check_file
from services.registry.roster.reading import MOST_BYTES
from services.registry.store import ROSTER_PARTS, ROSTERS
from services.registry.store.files import UPLOAD, pieces
from services.registry.store.sealed import closed
from shared.access import Principal
from shared.errors import Refused
from shared.ids import new_id
from shared.units import Unit
from shared.units.timers import Timer, set_timer

KEPT = timedelta(days=30)
FORGET = "forget_roster"
READ_AT_ONCE = 512 * 1024
MANY_FAULTS = 2000
"""So many faults are listed one by one on the page; all are counted, and all stand in the workbook."""


class Received:
    """A file about to be taken in. Its key is made and it is sealed before the unit of work begins."""

    def __init__(self, desk: Desk, who: Principal, name: str, content: bytes) -> None:
        """Raises Refused for a file too large, or one that plainly is no roster (small ones are read at once)."""
        if len(content) > MOST_BYTES:
            raise Refused.field("file", "too_large", "文件超过25MB。", "删去图片等无关内容，或把名册分成几个文件。")
        if len(content) <= READ_AT_ONCE:
            check_file(name, content, NO_VILLAGES)
        self._desk, self._who = desk, who
        self.id = new_id()
        desk.keys.make(self.id)
        self._parts = list(pieces(desk.sealer, self.id, UPLOAD, content))
        self._job = closed(desk.sealer, ROSTERS, self._fresh(), self.id, {"file": name})

    def work(self, unit: Unit) -> Doc:
        """Keep the file and queue its import; a timer destroys it in 30 days."""
        unit.collection(ROSTER_PARTS).insert_many(self._parts)
        unit.collection(ROSTERS).insert(self._job)
        set_timer(unit, FORGET, self._desk.now() + KEPT, {"roster": self.id}, f"{FORGET}:{self.id}")
        return self._job

    def withdraw(self) -> None:
        """The request was a repetition or failed: what was made for it is thrown away."""
        self._desk.keys.discard(self.id)

    def _fresh(self) -> Doc:
        zeros = dict.fromkeys(("rows", "people", "done", "registered", "changed", "refused", "to_mend"), 0)
        return {
            "_id": self.id,
            "revision": 1,
            "branch": self._who.branch,
            "account": self._who.account,
            "state": "received",
            "sent_at": self._desk.now(),
            "kinds": [],
            "faults": {},
            "listed": [],
            "problems": [],
            "files": True,
            "workbook": False,
            "forget": False,
            **zeros,
        }


def forget_roster(unit: Unit, timer: Timer) -> None:
    """30 days are over: have the worker destroy what is left of the files."""
    unit.collection(ROSTERS).update_any({"_id": timer.payload["roster"]}, {"$set": {"forget": True}})


def destroy_files(desk: Desk, roster: str) -> None:
    """Destroy the key of an import and its pieces. May be called again; what it read from the files stays counted."""
    desk.keys.erase(roster)

    def work(unit: Unit) -> None:
        unit.collection(ROSTER_PARTS).delete_any({"roster": roster})
        gone = {"files": False, "workbook": False, "forget": False, "sealed": ""}
        unit.collection(ROSTERS).update_any({"_id": roster}, {"$set": gone})

    desk.units.run(work)
