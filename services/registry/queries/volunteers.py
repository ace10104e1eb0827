"""Questions about volunteers, their checks and their pairings."""

from collections.abc import Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of
from services.registry.queries.pages import listed, one
from services.registry.store import CHECKS, PAIRINGS, PEOPLE, PROPOSALS, VOLUNTEERS
from services.registry.store.sealed import opened_all
from shared.access import Principal, Role
from shared.errors import NotFound

STATES = ("proposed", "formed", "ended")


def volunteers(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Volunteers in scope by number; a volunteer sees themselves."""
    own = {"person": who.person} if who.role is Role.VOLUNTEER else {}
    return listed(desk, VOLUNTEERS, who, own, "number", after, path_of(desk, who, branch))


def volunteer(desk: Desk, who: Principal, volunteer_id: str) -> Doc:
    """One volunteer in scope. Raises NotFound."""
    found = one(desk, VOLUNTEERS, who, volunteer_id)
    if who.role is Role.VOLUNTEER and found["person"] != who.person:
        raise NotFound("nothing of yours has this id")
    return found


def opened(desk: Desk, rows: Sequence[Doc]) -> list[Doc]:
    """The closed fields of these volunteers as people, in order. Showing them is a look."""
    people = {p["_id"]: p for p in desk.database[PEOPLE].find({"_id": {"$in": [row["person"] for row in rows]}})}
    ordered = [people[row["person"]] for row in rows]
    return opened_all(desk.sealer, PEOPLE, ordered, [person["_id"] for person in ordered])


def checks(desk: Desk, volunteer_id: str) -> list[Doc]:
    """The checks on record, newest first: result, date, authority, expiry, and nothing else."""
    return list(desk.database[CHECKS].find({"volunteer": volunteer_id}, sort=[("_id", -1)]))


def pairings(desk: Desk, who: Principal, branch: str, state: str, after: Sequence[Any]) -> list[Doc]:
    """Pairings in scope, oldest first; a volunteer sees the own."""
    wanted: Doc = {"state": {"$eq": state}} if state else {}
    if who.role is Role.VOLUNTEER:
        wanted["person"] = who.person
    return listed(desk, PAIRINGS, who, wanted, "_id", after, path_of(desk, who, branch))


def pairing(desk: Desk, who: Principal, pairing_id: str) -> Doc:
    """One pairing in scope. Raises NotFound."""
    found = one(desk, PAIRINGS, who, pairing_id)
    if who.role is Role.VOLUNTEER and found["person"] != who.person:
        raise NotFound("nothing of yours has this id")
    return found


def pairings_of(desk: Desk, volunteer_id: str) -> list[Doc]:
    """All pairings of a volunteer, newest first."""
    return list(desk.database[PAIRINGS].find({"volunteer": volunteer_id}, sort=[("_id", -1)]))


def proposal(desk: Desk, who: Principal, proposal_id: str) -> Doc:
    """One run of the rules. Raises NotFound."""
    return one(desk, PROPOSALS, who, proposal_id)


def latest_proposal(desk: Desk, who: Principal, branch: str) -> Doc | None:
    """The newest run of the rules for exactly this branch: what could not be covered and why."""
    path = path_of(desk, who, branch)
    return desk.database[PROPOSALS].find_one({"branch": path}, sort=[("_id", -1)])
