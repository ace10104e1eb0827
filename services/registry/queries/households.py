"""Questions about households: lists without a personal field, and one opened with its members and relatives.

A volunteer sees the households of the own pairings and no other (docs/domain.md, "Who uses it").
"""

from collections.abc import Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of
from services.registry.queries.kin import Kin, kin_of
from services.registry.queries.pages import listed, one
from services.registry.store import DECISIONS, HOUSEHOLDS, PAIRINGS, PEOPLE, UNSURE, VOLUNTEERS
from services.registry.store.sealed import opened_all
from shared.access import Principal, Role
from shared.errors import NotFound

LIVING: Doc = {"members": {"$ne": []}}


def households(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Households in scope by number."""
    return listed(desk, HOUSEHOLDS, who, {**LIVING, **_own(desk, who)}, "number", after, path_of(desk, who, branch))


def without_pairing(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Households nobody is bound to, nor proposed for."""
    path = path_of(desk, who, branch)
    taken = desk.database[PAIRINGS].distinct("household", {"state": {"$in": ["proposed", "formed"]}})
    return listed(desk, HOUSEHOLDS, who, {**LIVING, "_id": {"$nin": taken}}, "number", after, path)


def household(desk: Desk, who: Principal, household_id: str) -> Doc:
    """One household in scope. Raises NotFound, also for a volunteer who is not bound to it."""
    found = one(desk, HOUSEHOLDS, who, household_id)
    if who.role is Role.VOLUNTEER and household_id not in own_households(desk, who):
        raise NotFound("nothing of yours has this id")
    return found


def members(desk: Desk, row: Doc) -> list[tuple[Doc, Doc]]:
    """(open fields, content) of the household's members, in order. Showing them is a look."""
    people = {p["_id"]: p for p in desk.database[PEOPLE].find({"_id": {"$in": row["members"]}})}
    ordered = [people[one] for one in row["members"] if one in people]
    contents = opened_all(desk.sealer, PEOPLE, ordered, [person["_id"] for person in ordered])
    return [(person, content) for person, content in zip(ordered, contents, strict=True) if content]


def relatives(desk: Desk, row: Doc) -> list[Kin]:
    """The relatives of all members. Showing them is a look."""
    return kin_of(desk, row["members"])


def pairings_of(desk: Desk, household_id: str) -> list[Doc]:
    """All pairings of a household, newest first."""
    return list(desk.database[PAIRINGS].find({"household": household_id}, sort=[("_id", -1)]))


def own_households(desk: Desk, who: Principal) -> list[str]:
    """The households a volunteer is bound to."""
    volunteer = desk.database[VOLUNTEERS].find_one({"person": who.person}) if who.person else None
    if volunteer is None:
        return []
    bound = {"volunteer": volunteer["_id"], "state": "formed"}
    return sorted(desk.database[PAIRINGS].distinct("household", bound))


def unsure(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Pairs of recipients who may live together, for a person to decide."""
    return listed(desk, UNSURE, who, {}, "_id", after, path_of(desk, who, branch))


def decision(desk: Desk, who: Principal, pair: str) -> Doc:
    """What was decided about a pair. Raises NotFound."""
    return one(desk, DECISIONS, who, pair)


def _own(desk: Desk, who: Principal) -> Doc:
    return {"_id": {"$in": own_households(desk, who)}} if who.role is Role.VOLUNTEER else {}
