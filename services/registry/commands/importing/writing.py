"""Writes a plan: one unit of work with the documents, the events, and the job's mark moved on."""

from collections.abc import Mapping
from typing import Any

from services.registry.commands.grounds import give_grounds
from services.registry.commands.importing.drafts import Draft, Plan
from services.registry.commands.importing.known import take_guard
from services.registry.commands.telling import tell_kinship, tell_person, tell_volunteer
from services.registry.desk import Desk, Doc
from services.registry.model.person_content import WISH
from services.registry.store import (
    COUNTERS,
    KINSHIPS,
    PEOPLE,
    ROSTER_ROWS,
    ROSTERS,
    VOLUNTEERS,
    WISHES,
)
from services.registry.store.sealed import closed
from shared.units import Unit


class Writing:
    """One batch's unit of work. Everything is sealed before; `work` may run again."""

    def __init__(self, desk: Desk, job: Doc, start: int, end: int, plan: Plan) -> None:
        self._job, self._start, self._end, self._plan = job, start, end, plan
        desk.keys.make_many(plan.new_people)
        desk.sealer.have_ready(draft.under for draft in (*plan.people.values(), *plan.kinships, *plan.wishes))
        self._people = {draft.id: _closed(desk, PEOPLE, draft) for draft in plan.people.values()}
        self._kinships = [_closed(desk, KINSHIPS, draft) for draft in plan.kinships]
        self._wishes = [_closed(desk, WISHES, draft) for draft in plan.wishes]

    def work(self, unit: Unit) -> None:
        """The transaction. Raises Vanished when another import came between, or the job was moved on by another."""
        take_guard(unit, self._plan.seen)
        mark = {"_id": self._job["_id"], "state": "importing", "done": self._start}
        counts = {"registered": self._plan.registered, "changed": self._plan.changed, "refused": self._plan.refused}
        elsewhere = {"$push": {"problems": {"$each": [_elsewhere(*where) for where in self._plan.elsewhere]}}}
        unit.collection(ROSTERS).update(mark, {"$set": {"done": self._end}, "$inc": counts, **elsewhere})
        people = self._numbered(unit)
        self._save(unit, PEOPLE, people.values(), self._plan.people.values())
        for draft in self._plan.people.values():
            tell_person(unit, self._actor, people[draft.id], draft.content)
        give_grounds(unit, self._actor, [people[person] for person in self._plan.new_people])
        self._save(unit, KINSHIPS, self._kinships, self._plan.kinships)
        for draft in self._plan.kinships:
            tell_kinship(unit, self._actor, draft.doc, draft.content)
        self._volunteers(unit, people)
        self._tell_wishes(unit)
        self._note_rows(unit, people)

    @property
    def _actor(self) -> str:
        return str(self._job["account"])

    def _numbered(self, unit: Unit) -> dict[str, Doc]:
        """The people with their numbers: new ones take the next of their series, in the order of the roster."""
        counters = unit.collection(COUNTERS)
        series = {draft.doc["series"] for draft in self._plan.people.values() if not draft.was}
        rows = {row["_id"]: row["next"] for row in counters.find({"_id": {"$in": sorted(series)}})}
        begun = dict(rows)
        numbered: dict[str, Doc] = {}
        for draft in self._plan.people.values():
            doc = dict(self._people[draft.id])
            if not draft.was:
                prefix = doc.pop("series")
                rows[prefix] = rows.get(prefix, 0) + 1
                doc["number"] = f"{prefix}{rows[prefix]:06d}"
            numbered[draft.id] = doc
        counters.insert_many([{"_id": key, "next": rows[key]} for key in sorted(series - begun.keys())])
        counters.replace_rows([{"_id": key, "next": rows[key]} for key in sorted(begun)])
        return numbered

    def _save(self, unit: Unit, name: str, documents: Any, drafts: Any) -> None:
        bound = unit.collection(name)
        pairs = list(zip(documents, drafts, strict=True))
        bound.insert_many([doc for doc, draft in pairs if not draft.was])
        for doc, draft in pairs:
            if draft.was:
                bound.replace(doc, was=draft.was)

    def _volunteers(self, unit: Unit, people: Mapping[str, Doc]) -> None:
        numbered: list[Doc] = []
        for draft in self._plan.volunteers:
            person = people.get(draft.doc["person"])
            numbered.append({**draft.doc, "number": person["number"]} if person else draft.doc)
        self._save(unit, VOLUNTEERS, numbered, self._plan.volunteers)
        for doc, draft in zip(numbered, self._plan.volunteers, strict=True):
            tell_volunteer(unit, self._actor, doc, draft.content)

    def _tell_wishes(self, unit: Unit) -> None:
        unit.collection(WISHES).insert_many(self._wishes)
        for draft in self._plan.wishes:
            unit.tell(
                "wish.made.v1",
                subject=draft.id,
                revision=1,
                branch=draft.doc["branch"],
                actor=self._actor,
                data={"child": draft.under},
                closed={draft.under: {"wish": draft.content["wish"][:WISH].strip()}},
            )

    def _note_rows(self, unit: Unit, people: Mapping[str, Doc]) -> None:
        """Which row became whom: for the correction workbook, and so that an erasure finds the uploads."""
        for person, wrong in self._plan.to_mend.items():
            if person not in people:
                unit.collection(PEOPLE).update({"_id": person}, {"$set": {"to_mend": wrong}})
        job, rows = self._job["_id"], [list(row) for row in self._plan.rows]
        listed = sorted({row[2] for row in self._plan.rows} | people.keys())
        unit.collection(ROSTER_ROWS).insert(
            {"_id": f"{job}:{self._start}", "roster": job, "start": self._start, "rows": rows, "people": listed}
        )


def _closed(desk: Desk, collection: str, draft: Draft) -> Doc:
    return closed(desk.sealer, collection, draft.doc, draft.under, draft.content)


def _elsewhere(sheet: str, row: int) -> Doc:
    where = f"{sheet}第{row}行" if sheet else f"第{row}行"
    do = "请与那个支部或上级联系，不要重复登记。"
    return {"field": "file", "code": "known_elsewhere", "message": f"{where}的人已由另一个支部登记，没有改动。", "do": do}
