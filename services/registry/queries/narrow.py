"""The narrower lists and look-ups of the pages: who is without an adult, without a check; whose account; names by number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of
from services.registry.queries.pages import listed
from services.registry.queries.volunteers import opened
from services.registry.store import ACCOUNTS, ERASURES, PAIRINGS, PEOPLE, VOLUNTEERS
from shared.access import Principal


def without_adult(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Children with no adult named in the house, by number: each is a same-day concern (docs/domain.md, rule 5)."""
    wanted = {"no_adult": True, "state": "known", "care": "active"}
    return listed(desk, PEOPLE, who, wanted, "number", after, path_of(desk, who, branch))


def unchecked(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Volunteers without a check that holds today, by number."""
    none = [{"minors_until": {"$exists": False}}, {"minors_until": {"$lt": desk.today().isoformat()}}]
    wanted = {"state": "active", "$or": none}
    return listed(desk, VOLUNTEERS, who, wanted, "number", after, path_of(desk, who, branch))


def volunteers_by_id(desk: Desk, ids: Iterable[str]) -> Mapping[str, tuple[Doc, Doc]]:
    """Volunteer id -> (document, closed fields as a person; empty when erased). Showing them is a look."""
    rows = list(desk.database[VOLUNTEERS].find({"_id": {"$in": sorted(set(ids))}}))
    return {row["_id"]: (row, content) for row, content in zip(rows, opened(desk, rows), strict=True)}


def volunteer_of(desk: Desk, person: str) -> Doc | None:
    """What this person offers as a volunteer, if anything."""
    return desk.database[VOLUNTEERS].find_one({"person": person})


def account_of(desk: Desk, person: str) -> Doc | None:
    """The account in use of a volunteer, if there is one."""
    return desk.database[ACCOUNTS].find_one({"person": person, "ended": False})


def erasure_of(desk: Desk, who: Principal, person: str) -> Doc | None:
    """The newest erasure asked for this person, within the asker's scope."""
    return desk.database[ERASURES].find_one({"$and": [{"person": person}, who.scope()]}, sort=[("_id", -1)])


def waiting_of(desk: Desk, proposal: str) -> int:
    """How many pairings of a run of the rules still wait for a clerk."""
    return desk.database[PAIRINGS].count_documents({"proposal": proposal, "state": "proposed"})
