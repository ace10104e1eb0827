"""On what ground each person's data is used: the duty of care at first, and what is left when consent is taken back.

Never decides by itself what stops: who listens to consent.withdrawn keeps only what the duty of care needs.
"""

from collections.abc import Sequence

from services.registry.commands.found import person_of_mine
from services.registry.commands.telling import tell_ground
from services.registry.desk import Doc
from services.registry.store import CONSENTS
from shared.access import Principal
from shared.errors import Conflict
from shared.ids import new_id
from shared.units import Unit

NOTICE = "2026-09"
"""Version of the notice that is handed out at the first visit (Children's rules of 2019, art. 9)."""


def give_grounds(unit: Unit, actor: str, people: Sequence[Doc]) -> None:
    """The ground on which each new person's data is used, with the notice's version: an event of its own."""
    told = {"ground": "duty_of_care", "notice": NOTICE, "given_by": "none"}
    rows = [{"_id": new_id(), "revision": 1, "branch": p["branch"], "person": p["_id"], **told} for p in people]
    unit.collection(CONSENTS).insert_many(rows)
    for row in rows:
        tell_ground(unit, actor, row)


def withdraw_consent(unit: Unit, who: Principal, person_id: str, revision: int) -> Doc:
    """Consent is taken back, by the person or a guardian: messages that rest on it stop at once, care goes on.

    Raises NotFound, Stale, and Conflict when nothing is left to take back.
    """
    person = person_of_mine(unit, who, person_id, revision)
    standing = unit.collection(CONSENTS).find({"person": person_id, "withdrawn": {"$ne": True}}, sort=[("_id", 1)])
    if not standing:
        raise Conflict("this consent is withdrawn already")
    for ground in standing:
        fresh = {**ground, "withdrawn": True, "revision": ground["revision"] + 1}
        unit.collection(CONSENTS).replace(fresh, was=ground["revision"])
        tell_ground(unit, who.account, fresh)
    return person
