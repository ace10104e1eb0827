"""Notes the checkpoint an inspection is drawn by, the moment there is one: the worker's, and before any secret is told.

So neither side chooses it. The inspector, who could compute samples from every root, does not say which counts; the operator,
who makes the roots, does not know the secret. When witnesses are configured it is the first that enough of them cosigned.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.inspections.inspecting import Inspections
from services.audit.inspections.rows import INSPECTIONS
from services.audit.inspections.steps import OPENED
from services.audit.store import ENTRIES
from shared.errors import SpringrainError
from shared.units import Units

log = structlog.get_logger()
EVERY_SECONDS = 2.0
MOST_NAMED = 20
_OTHER = re.compile(r"[^A-Za-z0-9_.:/|-]")
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest checkpoint somebody stands for, its note, and the names of the witnesses that cosigned it."""

    origin: str
    size: int
    root: bytes
    note: bytes
    witnesses: tuple[str, ...]


class Anchoring:
    """Looks every two seconds of machine time for inspections whose checkpoint can be noted."""

    def __init__(
        self, units: Units, database: Database[Doc], inspections: Inspections, newest: Callable[[], Standing | None]
    ) -> None:
        self._units, self._database, self._inspections, self._newest = units, database, inspections, newest

    def run(self, stop: threading.Event) -> None:
        """Look until stopped."""
        while not stop.is_set():
            try:
                self.look()
            except (PyMongoError, SpringrainError) as error:
                log.warning("anchoring_interrupted", error=type(error).__name__)
            stop.wait(EVERY_SECONDS)

    def look(self) -> int:
        """Anchor what can be. Returns how many were."""
        over = {"state": OPENED, "last_day": {"$lt": self._inspections.today().isoformat()}}
        waiting = list(self._database[INSPECTIONS].find(over, {"event": 1}))
        standing = self._newest() if waiting else None
        return sum(self._anchor(row, standing) for row in waiting) if standing else 0

    def _anchor(self, row: Doc, standing: Standing) -> bool:
        entry = self._database[ENTRIES].find_one({"key": row["event"]}, {"_id": 1})
        if entry is None or entry["_id"] >= standing.size:
            return False
        checkpoint = {"origin": standing.origin, "size": standing.size, "root": standing.root.hex()}
        checkpoint |= {"witnesses": list(standing.witnesses), "note": standing.note}
        self._units.run(lambda unit: self._inspections.anchor(unit, row["_id"], checkpoint))
        return True


def newest_standing(state: Doc | None, cosigned: Callable[[str], Doc | None], witnessed: bool) -> Standing | None:
    """The newest checkpoint to draw by: with witnesses set the newest that enough of them cosigned, and no other however
    long that takes; without any the newest the log signed, for which the county alone stands, and the report says so."""
    if state is None or not state["signed"]:
        return None
    if not witnessed:
        return Standing(state["origin"], state["signed"], bytes(state["root"]), bytes(state["note"]), ())
    row = cosigned(state["origin"])
    if row is None:
        return None
    names = tuple(_as_code(name) for name in row["names"][:MOST_NAMED])
    return Standing(row["origin"], row["size"], bytes(row["root"]), bytes(row["note"]), names)


def _as_code(name: str) -> str:
    """A name of a policy as an event may carry it: any octets may stand there."""
    return "w:" + _OTHER.sub("_", name)[:100]
