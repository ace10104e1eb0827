"""Checks for offences against minors: only result, date, authority and expiry are kept (docs/domain.md, rule 4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.registry.commands.households import end_pairing, may_meet_minors
from services.registry.commands.telling import tell_volunteer
from services.registry.desk import Desk, Doc
from services.registry.store import CHECKS, HOUSEHOLDS, PAIRINGS, PEOPLE, VOLUNTEERS
from services.registry.store.sealed import opened
from shared.access import Principal
from shared.errors import NotFound, Refused
from shared.ids import new_id
from shared.units import Unit


def record_check(unit: Unit, desk: Desk, who: Principal, volunteer_id: str, form: Mapping[str, Any]) -> Doc:
    """Record a check. A failed one ends at once every pairing of this volunteer with a household where a minor lives.

    Raises NotFound, and Refused for a day that cannot be.
    """
    volunteer = unit.collection(VOLUNTEERS).find_one({"$and": [{"_id": volunteer_id}, who.scope()]})
    if volunteer is None or volunteer["state"] == "left":
        raise NotFound("no volunteer of yours has this id")
    told = {**form, **_days(form, desk.today())}
    check = {"_id": new_id(), "revision": 1, "branch": volunteer["branch"], "volunteer": volunteer_id, **told}
    unit.collection(CHECKS).insert(check)
    head = {"subject": check["_id"], "revision": 1, "branch": check["branch"], "actor": who.account}
    unit.tell("check.recorded.v1", **head, data={"volunteer": volunteer_id, **told})
    _change_volunteer(unit, desk, who.account, volunteer, told)
    return check


def _days(form: Mapping[str, Any], today: date) -> dict[str, str]:
    on, until = form["checked_on"], form["expires_on"]
    if on > today:
        raise Refused.field("checked_on", "in_the_future", "核查日期不能晚于今天。", "请核对日期。")
    if until <= on:
        raise Refused.field("expires_on", "before_its_start", "有效期必须晚于核查日期。", "请核对日期。")
    return {"checked_on": on.isoformat(), "expires_on": until.isoformat()}


def _change_volunteer(unit: Unit, desk: Desk, actor: str, volunteer: Doc, told: Mapping[str, Any]) -> None:
    fresh = {**volunteer, "revision": volunteer["revision"] + 1}
    fresh.pop("minors_until", None)
    if told["passed"]:
        fresh["minors_until"] = told["expires_on"]
    unit.collection(VOLUNTEERS).replace(fresh, was=volunteer["revision"])
    person = unit.collection(PEOPLE).find_one({"_id": volunteer["person"]})
    assert person is not None
    tell_volunteer(unit, actor, fresh, opened(desk.sealer, PEOPLE, person, person["_id"]))
    if not may_meet_minors(fresh, desk.today()):
        _keep_from_minors(unit, actor, volunteer["_id"])


def _keep_from_minors(unit: Unit, actor: str, volunteer: str) -> None:
    for pairing in unit.collection(PAIRINGS).find({"volunteer": volunteer, "state": {"$in": ["proposed", "formed"]}}):
        household = unit.collection(HOUSEHOLDS).find_one({"_id": pairing["household"]})
        if household is None or household["minors"]:
            end_pairing(unit, actor, pairing, "declined")
