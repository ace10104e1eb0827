"""Who belongs to whom, opened: for pages and answers that note the look."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registry.desk import Desk, Doc
from services.registry.queries.pages import one
from services.registry.store import KINSHIPS, PEOPLE
from services.registry.store.sealed import opened_all
from shared.access import Principal
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Kin:
    """One relation: its document and content, and the other person's document and content."""

    kinship: Doc
    relation: Doc
    person: Doc
    content: Doc

    def told(self) -> Doc:
        """As the API answers it."""
        return {
            "id": self.person["_id"],
            "kinship": self.kinship["_id"],
            "number": self.person["number"],
            "name": self.content["name"],
            "phones": self.content.get("phones", []),
            "of": self.kinship["recipient"],
            "relation": self.relation["relation"],
            "presence": self.relation["presence"],
            "guardian": self.relation["guardian"],
            "carer": self.relation["carer"],
            "may_know": self.kinship["may_know"],
            "call_order": self.kinship["call_order"],
            "contact": self.person.get("contact", "unproven"),
            **{name: self.relation[name] for name in ("workplace", "order_day") if name in self.relation},
        }


def kin_of(desk: Desk, recipients: Sequence[str]) -> list[Kin]:
    """The relatives of these recipients, in the order to call. Erased relatives are left out."""
    return _kin(desk, "recipient", "relative", recipients)


def recipients_of(desk: Desk, relative: str) -> list[Kin]:
    """The recipients this relative belongs to."""
    return _kin(desk, "relative", "recipient", [relative])


def kinship(desk: Desk, who: Principal, kinship_id: str) -> Doc:
    """The open fields of one relation in scope. Raises NotFound."""
    return one(desk, KINSHIPS, who, kinship_id)


def kinship_opened(desk: Desk, who: Principal, kinship_id: str) -> Kin:
    """One relation with the relative. Raises NotFound, also for an erased relative. Showing it is a look."""
    row = kinship(desk, who, kinship_id)
    found = next((kin for kin in kin_of(desk, [row["recipient"]]) if kin.kinship["_id"] == kinship_id), None)
    if found is None:
        raise NotFound("this relative was erased")
    return found


def _kin(desk: Desk, here: str, there: str, ids: Sequence[str]) -> list[Kin]:
    rows = list(desk.database[KINSHIPS].find({here: {"$in": list(ids)}}, sort=[("call_order", 1), ("_id", 1)]))
    relations = opened_all(desk.sealer, KINSHIPS, rows, [row["relative"] for row in rows])
    people = {p["_id"]: p for p in desk.database[PEOPLE].find({"_id": {"$in": sorted({row[there] for row in rows})}})}
    contents = opened_all(desk.sealer, PEOPLE, people.values(), list(people))
    by_id = dict(zip(people, contents, strict=True))
    pairs = zip(rows, relations, strict=True)
    return [Kin(row, told, people[row[there]], by_id[row[there]]) for row, told in pairs if told and by_id.get(row[there])]
