"""What a volunteer needs at the door: who lives there, and a phone number. Opened for own visits of today alone.

Each opening is written down as a look before the answer leaves. The name of a child is shown to the paired volunteer only.
"""

from dataclasses import dataclass
from typing import Any

from services.scheduler import store
from services.scheduler.queries import Queries
from shared.access import Principal, Role
from shared.looks import Looks
from shared.sealing import ERASED, Sealer
from shared.sealing.sealer import Sealed

Doc = dict[str, Any]
PAGE = "scheduler/day"


@dataclass(frozen=True, slots=True)
class Doors:
    """Opens what speaks of recipients for those who go there."""

    queries: Queries
    sealer: Sealer
    looks: Looks

    def who_lives_there(self, who: Principal, visits: list[Doc]) -> dict[str, list[Doc]]:
        """By visit id: {id, minor, name?, phones, place?} of each recipient. Nothing for one who was erased."""
        rows = {row["_id"]: row for row in self.queries.people(one for visit in visits for one in visit["recipients"])}
        paired = self.queries.paired(visits[0]["volunteer"]) if visits else set()
        wanted = {
            one
            for visit in visits
            for one in visit["recipients"]
            if "sealed" in rows.get(one, {}) and (visit["household"] in paired or not rows[one]["minor"])
        }
        opened = self._open([rows[one] for one in sorted(wanted)])
        self.looks.note(who, opened, PAGE, who.branch)
        return {visit["_id"]: [_resident(rows[one], opened) for one in visit["recipients"] if one in rows] for visit in visits}

    def note_of(self, who: Principal, visit: Doc) -> Doc:
        """What was seen and said at a visit: {well?, note?}; empty when nothing was, or the person was erased."""
        if "sealed" not in visit or who.role is Role.LIAISON:
            return {}
        opened = self.sealer.open(visit["under"], store.VISITS, visit["_id"], visit["sealed"])
        if opened is ERASED:
            return {}
        reason = "inspection" if who.role is Role.INSPECTOR else "care"
        self.looks.note(who, [visit["under"]], "scheduler/visit", visit["branch"], reason)
        return dict(opened)

    def _open(self, rows: list[Doc]) -> dict[str, Doc]:
        sealed = [Sealed(row["_id"], store.PEOPLE, row["_id"], row["sealed"]) for row in rows]
        answers = zip(rows, self.sealer.open_many(sealed), strict=True)
        return {row["_id"]: dict(found) for row, found in answers if found is not ERASED}


def _resident(row: Doc, opened: dict[str, Doc]) -> Doc:
    return {"id": row["_id"], "minor": row.get("minor", False), "phones": [], **opened.get(row["_id"], {})}
