"""The person or relation a command is about: within the caller's scope, and as the caller has seen it."""

from services.registry.desk import Doc
from services.registry.store import KINSHIPS, PEOPLE
from shared.access import Principal
from shared.errors import NotFound, Stale
from shared.units import Unit


def person_of_mine(unit: Unit, who: Principal, person_id: str, revision: int) -> Doc:
    """A person who is known and not erased. Raises NotFound, and Stale for another revision."""
    person = unit.collection(PEOPLE).find_one({"$and": [{"_id": person_id, "state": "known"}, who.scope()]})
    if person is None:
        raise NotFound("nobody of yours has this id")
    return _as_seen(person, revision)


def kinship_of_mine(unit: Unit, who: Principal, kinship_id: str, revision: int) -> Doc:
    """A relation of one of the caller's recipients. Raises NotFound, and Stale for another revision."""
    kin = unit.collection(KINSHIPS).find_one({"$and": [{"_id": kinship_id, "sealed": {"$ne": ""}}, who.scope()]})
    if kin is None:
        raise NotFound("nobody of yours has a relative of this id")
    return _as_seen(kin, revision)


def _as_seen(thing: Doc, revision: int) -> Doc:
    if thing["revision"] != revision:
        raise Stale("this was changed meanwhile")
    return thing
