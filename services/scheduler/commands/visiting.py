"""What a volunteer does with a visit: I am there, this is how it was, I cannot. A clerk may key it in for one (rule 15)."""

import unicodedata
from typing import Any

from services.scheduler import store
from services.scheduler.commands import looking_in, visits
from services.scheduler.commands.desk import Desk
from services.scheduler.model.people import barred
from services.scheduler.model.proofs import proven, rang_from
from shared.access import Principal, Role
from shared.errors import Forbidden, NotFound, Refused, Stale
from shared.sealing import ERASED
from shared.units import Unit

Doc = dict[str, Any]


def own_visit(unit: Unit, who: Principal, visit_id: str, revision: int) -> Doc:
    """The visit, if it is this account's to act on and still as it was read. Raises NotFound, Stale."""
    visit = unit.collection(store.VISITS).find_one({"_id": visit_id})
    if visit is None or not _may_act(unit, who, visit):
        raise NotFound("no such visit, or not yours")
    if visit["revision"] != revision:
        raise Stale("this visit has changed since you read it: read it again")
    return visit


def check_in(unit: Unit, desk: Desk, who: Principal, visit_id: str, revision: int, given: Doc | None = None) -> Doc:
    """Say that the visitor is there; `given` at the door, if the county asks for it (model/proofs.py).

    `called_from`: the number on a clerk's display, when the visitor rang from the home. Raises Refused before its day and for
    a number that is not the home's, Forbidden without a valid check, Conflict.
    """
    visit, given = own_visit(unit, who, visit_id, revision), given or {}
    _refuse_wrong_day(desk, visit)
    _refuse_without_check(unit, desk, visit)
    call = _call(unit, desk, who, visit, given["called_from"]) if given.get("called_from") else {}
    return visits.check_in(unit, visit, who.account, desk.now(), _proven(desk, visit, given) | call)


def report(unit: Unit, desk: Desk, who: Principal, visit_id: str, revision: int, told: Doc) -> Doc:
    """Report a visit: `minutes`, and perhaps `well` and `note`, which are sealed under the first recipient not erased."""
    visit = own_visit(unit, who, visit_id, revision)
    _refuse_wrong_day(desk, visit)
    _refuse_without_check(unit, desk, visit)
    speaks = {name: told[name] for name in ("well", "note") if told.get(name)}
    if "note" in speaks:
        speaks["note"] = unicodedata.normalize("NFC", speaks["note"])
    under = _first_recipient(desk, visit) if speaks else None
    sealed = {"under": under, "sealed": desk.sealer.seal(under, store.VISITS, visit["_id"], speaks)} if under else {}
    closed = {under: speaks} if under else {}
    proofs = _proven(desk, visit, {name: told[name] for name in ("device",) if name in told})
    return visits.complete(unit, visit, who.account, desk.now(), told["minutes"], closed, proofs, **sealed)


def decline(unit: Unit, desk: Desk, who: Principal, visit_id: str, revision: int) -> Doc:
    """Say that the visitor cannot. A stand-in is found when the day closes; for a look-in at once."""
    visit = visits.decline(unit, own_visit(unit, who, visit_id, revision), who.account)
    return looking_in.pass_on(unit, desk, visit) if visit["kind"] == "look_in" else visit


def _proven(desk: Desk, visit: Doc, given: Doc) -> Doc:
    return proven(desk.proofs, desk.lots, visit["household"], given)


def _call(unit: Unit, desk: Desk, who: Principal, visit: Doc, shown: str) -> Doc:
    """That the visitor rang from the home (rule 15). The number is compared and let go: it stands in no event, no row."""
    if who.role is not Role.CLERK:
        raise Refused.field("called_from", "invalid", "is what a clerk's telephone showed", "ring your clerk from the home")
    rows = unit.collection(store.PEOPLE).find({"_id": {"$in": visit["recipients"]}, "sealed": {"$exists": True}})
    opened = [desk.sealer.open(row["_id"], store.PEOPLE, row["_id"], row["sealed"]) for row in rows]
    phones = [phone for found in opened if found is not ERASED for phone in found.get("phones", ())]
    if not rang_from(shown, phones):
        raise Refused.field(
            "called_from", "invalid", "is no number of this home", "look at the display again, or leave it empty"
        )
    return {"home_call": True}


def _may_act(unit: Unit, who: Principal, visit: Doc) -> bool:
    if who.role is Role.VOLUNTEER:
        known = unit.collection(store.VOLUNTEERS).find_one({"person": who.person}) if who.person else None
        return known is not None and known["_id"] == visit["volunteer"]
    return who.role is Role.CLERK and who.sees(visit["branch"])


def _refuse_wrong_day(desk: Desk, visit: Doc) -> None:
    """A visit is of its day: dates are not moved by reporting early. A look-in may be sooner than promised."""
    if visit["kind"] != "look_in" and visit["day"] > desk.today().isoformat():
        raise Refused.field(
            "day", "not_yet", "this visit is planned for a later day", "come back on that day, or say you cannot"
        )


def _refuse_without_check(unit: Unit, desk: Desk, visit: Doc) -> None:
    """docs/domain.md, rule 4, once more at the door: a check may have been withdrawn since the visit was planned."""
    household = unit.collection(store.HOUSEHOLDS).find_one({"_id": visit["household"]})
    volunteer = unit.collection(store.VOLUNTEERS).find_one({"_id": visit["volunteer"]})
    if household is None or volunteer is None:
        raise NotFound("no such visit, or not yours")
    if barred(store.volunteer_of(volunteer), store.household_of(household), desk.today()) is not None:
        raise Forbidden("this visitor has no valid check for a household with a minor, or does not come to doors any more")


def _first_recipient(desk: Desk, visit: Doc) -> str | None:
    states = desk.keys.states(visit["recipients"])
    return next((one for one in visit["recipients"] if states[one] is not ERASED), None)
