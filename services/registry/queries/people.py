"""Questions about people: lists without a personal field, a search by what is typed, and one person opened.

Whoever shows what `opened` gives must note the look first (`shared/looks.py`).
"""

from collections.abc import Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.model.search import forms_asked, number_in
from services.registry.queries.branches import path_of
from services.registry.queries.kin import Kin, kin_of, recipients_of
from services.registry.queries.pages import listed, one
from services.registry.store import CONSENTS, HOUSEHOLDS, PEOPLE, ROSTER_ROWS, WISHES
from services.registry.store.sealed import opened_all
from shared.access import Principal, within

RECIPIENTS = ("elder", "child")


def people(desk: Desk, who: Principal, branch: str, kind: str, text: str, after: Sequence[Any]) -> list[Doc]:
    """People in scope by number: of one kind (all recipients without one), and found by name, pinyin, phone or number."""
    kinds = [kind] if kind else list(RECIPIENTS) if not text else [*RECIPIENTS, "relative", "volunteer"]
    wanted: Doc = {"kinds": {"$in": kinds}, "state": "known", **_asked(desk, text)}
    return listed(desk, PEOPLE, who, wanted, "number", after, path_of(desk, who, branch))


def _asked(desk: Desk, text: str) -> Doc:
    if not text:
        return {}
    number = number_in(text)
    if number:
        return {"number": {"$eq": number}}
    return {"look": {"$in": [desk.hash(kind, form) for kind, form in forms_asked(text)]}}


def opened(desk: Desk, rows: Sequence[Doc]) -> list[Doc]:
    """The closed fields of these people, in order; empty for an erased one."""
    return opened_all(desk.sealer, PEOPLE, rows, [row["_id"] for row in rows])


def person(desk: Desk, who: Principal, person_id: str) -> Doc:
    """The open fields of one person in scope. Raises NotFound."""
    return one(desk, PEOPLE, who, person_id)


def cared_for_as(row: Doc) -> str:
    """child, elder, or "" for who is not a recipient."""
    return next((kind for kind in RECIPIENTS if kind in row["kinds"]), "")


def relatives(desk: Desk, row: Doc) -> list[Kin]:
    """Who belongs to this recipient, in the order to call; for a relative, whom they belong to."""
    return recipients_of(desk, row["_id"]) if "relative" in row["kinds"] else kin_of(desk, [row["_id"]])


def wishes(desk: Desk, person_id: str) -> list[str]:
    """The wishes of a child, newest first."""
    rows = list(desk.database[WISHES].find({"child": person_id}, sort=[("_id", -1)]))
    contents = opened_all(desk.sealer, WISHES, rows, [row["child"] for row in rows])
    return [content["wish"] for content in contents if content]


def household_of(desk: Desk, person_id: str) -> Doc | None:
    """The household this recipient lives in."""
    return desk.database[HOUSEHOLDS].find_one({"members": person_id})


def consents(desk: Desk, person_id: str) -> list[Doc]:
    """The grounds on record."""
    return list(desk.database[CONSENTS].find({"person": person_id}, sort=[("_id", 1)]))


def rosters_with(desk: Desk, person_id: str) -> list[str]:
    """Imports this person came in: their files hold the person's row."""
    return [row["roster"] for row in desk.database[ROSTER_ROWS].find({"people": person_id}, {"roster": 1})]


def to_mend(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """People of whom something is still to mend: the clerk's list. Only kinds of fault, no personal field."""
    return listed(desk, PEOPLE, who, {"to_mend": {"$nin": [[], None]}}, "number", after, path_of(desk, who, branch))


def figures(desk: Desk, path: str) -> Doc:
    """Counts of a branch for its page: {elders, children, households, volunteers, no_adult, to_mend}. Nothing is opened."""
    here = within(path)
    count = desk.database[PEOPLE].count_documents
    return {
        "elders": count({**here, "kinds": "elder", "care": "active"}),
        "children": count({**here, "kinds": "child", "care": "active"}),
        "households": desk.database[HOUSEHOLDS].count_documents({**here, "members": {"$ne": []}}),
        "volunteers": count({**here, "kinds": "volunteer", "state": "known"}),
        "no_adult": count({**here, "no_adult": True, "state": "known"}),
        "to_mend": count({**here, "to_mend": {"$nin": [[], None]}}),
    }
