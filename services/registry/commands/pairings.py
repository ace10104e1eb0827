"""Pairings: accepted by a clerk after both sides were asked, ended by either side without a reason."""

from services.registry.commands.households import end_pairing, may_meet_minors
from services.registry.commands.telling import tell_pairing
from services.registry.desk import Desk, Doc
from services.registry.store import HOUSEHOLDS, PAIRINGS, PROPOSALS, VOLUNTEERS
from shared.access import Principal
from shared.errors import Conflict, NotFound, Refused, Stale
from shared.units import Unit


def accept_pairing(unit: Unit, desk: Desk, who: Principal, pairing_id: str, revision: int) -> Doc:
    """Form a proposed pairing. Raises NotFound, Stale, Conflict, and Refused where a minor lives and no check holds."""
    pairing = _mine(unit, who, pairing_id, revision)
    if pairing["state"] != "proposed":
        raise Conflict("this pairing is not waiting to be accepted")
    return _form(unit, desk, who, pairing)


def accept_proposal(unit: Unit, desk: Desk, who: Principal, proposal_id: str) -> Doc:
    """Form all pairings of a run that still wait, in order of the households. Raises NotFound; Refused as above."""
    proposal = unit.collection(PROPOSALS).find_one({"$and": [{"_id": proposal_id}, who.scope()]})
    if proposal is None:
        raise NotFound("nothing of yours has this id")
    waiting = {"proposal": proposal_id, "state": "proposed"}
    for pairing in unit.collection(PAIRINGS).find(waiting, sort=[("household_number", 1)]):
        _form(unit, desk, who, pairing)
    return proposal


def end_pairing_of(unit: Unit, who: Principal, pairing_id: str, revision: int, why: str) -> Doc:
    """End a pairing, or decline a proposed one. Raises NotFound, Stale, and Conflict when it is over already."""
    pairing = _mine(unit, who, pairing_id, revision)
    if pairing["state"] == "ended":
        raise Conflict("this pairing is over already")
    return end_pairing(unit, who.account, pairing, "declined" if pairing["state"] == "proposed" else why)


def _mine(unit: Unit, who: Principal, pairing_id: str, revision: int) -> Doc:
    pairing = unit.collection(PAIRINGS).find_one({"$and": [{"_id": pairing_id}, who.scope()]})
    if pairing is None:
        raise NotFound("nothing of yours has this id")
    if pairing["revision"] != revision:
        raise Stale("this pairing was changed meanwhile")
    return pairing


def _form(unit: Unit, desk: Desk, who: Principal, pairing: Doc) -> Doc:
    household = unit.collection(HOUSEHOLDS).find_one({"_id": pairing["household"], "members": {"$ne": []}})
    volunteer = unit.collection(VOLUNTEERS).find_one({"_id": pairing["volunteer"], "state": "active"})
    if household is None or volunteer is None:
        raise Conflict("the household or the volunteer is not there any more")
    if household["minors"] and not may_meet_minors(volunteer, desk.today()):
        do = "先登记有效的核查结果，或选择其他志愿者。"
        raise Refused.field("volunteer", "no_valid_check", "这个家庭有未成年人，该志愿者没有有效的核查记录。", do)
    doc = {**pairing, "state": "formed", "revision": pairing["revision"] + 1}
    unit.collection(PAIRINGS).replace(doc, was=pairing["revision"])
    tell_pairing(unit, who.account, doc)
    return doc
