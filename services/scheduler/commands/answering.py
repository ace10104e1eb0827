"""What families answer about a visit: somebody present confirms it, or says that nobody came (domain.md, rules 1 and 2)."""

from typing import Any

from services.scheduler import store
from services.scheduler.commands import visits
from services.scheduler.commands.desk import Desk
from services.scheduler.model.visit import State, Witness, heard
from shared.ids import new_id
from shared.sealing.errors import Erased
from shared.units import Unit

Doc = dict[str, Any]


def hear_answer(unit: Unit, desk: Desk, visit_id: str, person: str, came: bool) -> None:
    """Take an answer about a visit. One about a visit that is not done, or a second of the same kind, changes nothing."""
    visit = unit.collection(store.VISITS).find_one({"_id": visit_id})
    if visit is None or visit["state"] != State.COMPLETED:
        return
    witness = heard(visit["witness"], came)
    if witness == visit["witness"]:
        return
    if witness is Witness.CONFIRMED:
        visits.confirm(unit, visit, "home")
    else:
        _dispute(unit, desk, visit, person)


def _dispute(unit: Unit, desk: Desk, visit: Doc, person: str) -> None:
    """Record a dispute so that neither the event nor the visit's own chain shows whom it concerns.

    The record's key belongs to the person who answered, and goes with theirs. It is made here, outside the transaction: when
    the unit runs again an unused key is left, which the daily sweep takes.
    """
    record = new_id()
    try:
        desk.keys.make(record, of=person)
    except Erased:
        return
    block = {"visit": visit["_id"], "household": visit["household"], "true_branch": visit["branch"]}
    unit.collection(store.VISITS).update({"_id": visit["_id"]}, {"$set": {"witness": Witness.DISPUTED}})
    unit.collection(store.DISPUTES).insert(
        {"_id": record, "visit": visit["_id"], "branch": visit["branch"], "at": desk.now(), "revision": 1}
    )
    unit.tell("visit.disputed.v1", subject=record, revision=1, branch=desk.home, actor=new_id(), closed={record: block})
