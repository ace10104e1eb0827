"""Findings and what the branches answer. Each call is one unit of work.

Told at the county, like all of an inspection. A branch reads on its page what it has to answer for, and where people's own
words stand behind that, not which home: it learns neither who said so nor whether anybody complained (docs/domain.md, rule 2).
Notes are sealed under the person the drawn entry speaks of.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from services.audit.commands.concerns import Concerns, Matter
from services.audit.inspections import steps
from services.audit.inspections.inspecting import drawn_of
from services.audit.inspections.rows import FINDINGS, INSPECTIONS
from services.audit.store import HOUSES
from shared.access import Principal
from shared.clock import CountyClock, at_county, county_day
from shared.errors import Conflict, NotFound, Refused, Stale
from shared.ids import new_id
from shared.sealing import Erased, Sealer
from shared.units import Unit
from shared.units.timers import Timer, cancel_timer, set_timer

Doc = dict[str, Any]
OVERDUE = "finding_overdue"
MORNING = 9


class Findings:
    """The commands of findings of one county."""

    def __init__(self, sealer: Sealer, concerns: Concerns, clock: CountyClock, home: str) -> None:
        self._sealer, self._concerns, self._clock, self._home = sealer, concerns, clock, home

    def record(self, unit: Unit, inspection: str, asked: Mapping[str, str], who: Principal) -> Doc:
        """Record a finding about a drawn thing: `drawn`, `kind`, `due`, perhaps `note`. Raises NotFound, Conflict, Refused."""
        row = unit.collection(INSPECTIONS).find_one({"_id": inspection, **who.scope()})
        if row is None:
            raise NotFound("no such inspection")
        steps.must_be(row, steps.DRAWN)
        thing, now = drawn_of(row, asked["drawn"]), self._clock.now()
        steps.due(asked["due"], county_day(now))
        steps.may_record(row, asked["kind"])
        made: Doc = {"_id": new_id(), "revision": 1, "inspection": inspection, "drawn": thing["id"], "index": thing["index"]}
        made |= {"first_day": row["first_day"], "last_day": row["last_day"]}
        made |= {"branch": thing["branch"], "kind": asked["kind"], "due": asked["due"], "state": steps.RECORDED}
        made |= {"at": now, "by": who.account, "person": person_of(unit, thing["about"])}
        data = {"inspection": inspection, "drawn": thing["id"], "by_branch": thing["branch"]}
        data |= {"kind": asked["kind"], "due": asked["due"]}
        closed = self._with_note(made, "note", asked.get("note", ""))
        _against_a_closing(unit, inspection)
        unit.collection(FINDINGS).insert(made)
        self._tell(unit, "finding.recorded.v1", made, who, data, closed)
        remind_of_answer(unit, made)
        return made

    def answer(self, unit: Unit, finding: str, asked: Mapping[str, str], who: Principal, was: int) -> int:
        """The branch answers: `answer`, perhaps `note`. Returns the new revision. Raises NotFound, Stale, Conflict."""
        found = unit.collection(FINDINGS).find_one({"_id": finding, **who.scope()})
        if found is None:
            raise NotFound("no such finding")
        if found["state"] != steps.RECORDED:
            raise Conflict("this finding is answered already")
        if found["revision"] != was:
            raise Stale("this finding has changed since you read it")
        inspection = unit.collection(INSPECTIONS).find_one({"_id": found["inspection"]})
        if inspection is None or inspection["state"] != steps.DRAWN:
            raise Conflict("this inspection is closed: its report is made")
        changed = {**found, "revision": was + 1, "state": steps.ANSWERED, "answer": asked["answer"]}
        changed |= {"answered_at": self._clock.now(), "answered_by": who.account}
        closed = self._with_note(changed, "answer_note", asked.get("note", ""))
        _against_a_closing(unit, found["inspection"])
        unit.collection(FINDINGS).replace(changed, was=was)
        data = {"inspection": found["inspection"], "answer": asked["answer"]}
        self._tell(unit, "finding.answered.v1", changed, who, data, closed)
        cancel_timer(unit, f"{OVERDUE}:{finding}")
        self._concerns.close_about(unit, finding, (OVERDUE,), "finding.answered.v1")
        return was + 1

    def overdue(self, unit: Unit, timer: Timer) -> None:
        """A finding's day has passed: the township sees to it that the branch answers."""
        found = unit.collection(FINDINGS).find_one({"_id": timer.payload["finding"]})
        if found is not None and found["state"] == steps.RECORDED:
            shown = {"day": found["due"]}
            self._concerns.open(unit, Matter(OVERDUE, found["branch"], about=found["_id"], shown=shown, at=timer.due_at))

    def opened(self, found: Doc) -> Doc:
        """A finding with its notes opened, as `notes`; empty what was erased. Whoever shows them tells the look first."""
        person, notes = found.get("person", ""), {}
        for name in ("note", "answer_note"):
            if found.get(name):
                inner = self._sealer.open(person, FINDINGS, f"{found['_id']}/{name}", found[name])
                notes[name] = inner["text"] if isinstance(inner, dict) else ""
        return {**{name: value for name, value in found.items() if name not in ("note", "answer_note")}, "notes": notes}

    def sealed_note(self, finding: str, name: str, person: str, text: str) -> str:
        """A note as it lies in the database. Raises Erased or KeyLost."""
        return self._sealer.seal(person, FINDINGS, f"{finding}/{name}", {"text": text})

    def _with_note(self, row: Doc, name: str, text: str) -> dict[str, Doc]:
        """Put the note into the row; returns what the event seals."""
        if not text:
            return {}
        if not row["person"]:
            raise Refused.field("note", "invalid", "speaks of nobody whose key could seal it", "record it without a note")
        try:
            row[name] = self.sealed_note(row["_id"], name, row["person"], text)
        except Erased as error:
            raise Refused.field("note", "invalid", "speaks of somebody who was erased", "record it without a note") from error
        return {row["person"]: {"note": text}}

    def _tell(self, unit: Unit, type_: str, row: Doc, who: Principal, data: Doc, closed: dict[str, Doc]) -> None:
        words = {"subject": row["_id"], "branch": self._home, "actor": who.account}
        unit.tell(type_, revision=row["revision"], data=data, closed=closed, **words)


def _against_a_closing(unit: Unit, inspection: str) -> None:
    """Touch the inspection, so that a closing at the same moment conflicts and reads its findings again."""
    unit.collection(INSPECTIONS).update({"_id": inspection, "state": steps.DRAWN}, {"$inc": {"touched": 1}})


def remind_of_answer(unit: Unit, found: Doc) -> None:
    """Have it looked at on the morning after its day."""
    due, timer = at_county(date.fromisoformat(found["due"]) + timedelta(days=1), MORNING), f"{OVERDUE}:{found['_id']}"
    cancel_timer(unit, timer)
    set_timer(unit, OVERDUE, due, {"finding": found["_id"]}, timer)


def person_of(unit: Unit, about: str) -> str:
    """Whom an entry speaks of: the first of a household, or the person; empty for an empty household."""
    house = unit.collection(HOUSES).find_one({"_id": about})
    if house is not None:
        return str(house["members"][0]) if house["members"] else ""
    return about
