"""What follows for a household when its members change, and for its pairings."""

from datetime import date

from services.registry.commands.telling import tell_household, tell_pairing
from services.registry.desk import Doc
from services.registry.model.bands import NONE
from services.registry.store import HOUSEHOLDS, PAIRINGS, VOLUNTEERS
from shared.messaging.unit import Unit

OPEN = ("proposed", "formed")


def dissolve(unit: Unit, actor: str, household: Doc, why: str) -> None:
    """A household that is no more: no members, and its pairings end."""
    empty = {"members": [], "numbers": [], "band": NONE, "minors": False, "links": []}
    doc = {**household, **empty, "revision": household["revision"] + 1}
    unit.collection(HOUSEHOLDS).replace(doc, was=household["revision"])
    tell_household(unit, actor, doc)
    end_pairings(unit, actor, {"household": household["_id"]}, why)


def end_pairings(unit: Unit, actor: str, of: Doc, why: str) -> int:
    """End the open pairings that match. Returns how many."""
    pairings = unit.collection(PAIRINGS)
    found = pairings.find({**of, "state": {"$in": OPEN}})
    for pairing in found:
        end_pairing(unit, actor, pairing, why)
    return len(found)


def end_pairing(unit: Unit, actor: str, pairing: Doc, why: str) -> Doc:
    """End this pairing."""
    doc = {**pairing, "state": "ended", "why": why, "revision": pairing["revision"] + 1}
    unit.collection(PAIRINGS).replace(doc, was=pairing["revision"])
    tell_pairing(unit, actor, doc)
    return doc


def unfit_pairings(unit: Unit, actor: str, household: Doc, today: date) -> None:
    """A minor came into the house: whoever has no valid check for offences is not sent there any more (rule 4)."""
    if not household["minors"]:
        return
    for pairing in unit.collection(PAIRINGS).find({"household": household["_id"], "state": {"$in": OPEN}}):
        volunteer = unit.collection(VOLUNTEERS).find_one({"_id": pairing["volunteer"]})
        if volunteer is None or not may_meet_minors(volunteer, today):
            end_pairing(unit, actor, pairing, "declined")


def may_meet_minors(volunteer: Doc, today: date) -> bool:
    """Whether a passed check is on record that holds on this day (DOMAIN.md, rule 4)."""
    return str(volunteer.get("minors_until", "")) >= today.isoformat()
