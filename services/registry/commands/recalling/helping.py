"""Households, volunteers, their checks and their pairings as their own events tell them.

Not in any event: why people live together (found again when households are formed next), how many households a volunteer
takes (the modest middle), and which run proposed a pairing (each can be accepted by itself).
"""

from services.registry.commands.recalling.closed import Content, head_of, joined, known_of, news, put, sealed_again, told_of
from services.registry.commands.recalling.people import found_by
from services.registry.desk import Desk, Doc
from services.registry.model.offer import households_of
from services.registry.model.person_content import told_volunteer
from services.registry.model.risk import LOWEST
from services.registry.store import BRANCHES, CHECKS, HOUSEHOLDS, PAIRINGS, PEOPLE, VOLUNTEERS
from shared.events import Event
from shared.units import Unit

HOUSEHOLD = ("number", "members", "band", "minors")
VOLUNTEER = ("number", "person", "places", "no_place_only", "days", "visits_a_month", "state")
CHECK = ("volunteer", "passed", "checked_on", "authority", "expires_on")


def recall_household(unit: Unit, _desk: Desk, event: Event) -> None:
    """household.formed and household.changed; numbers and rank follow from its members."""
    known, newer = news(unit, HOUSEHOLDS, event)
    if not newer:
        return
    fresh = {"links": [], "risk": LOWEST, **known, **head_of(event), **{name: event.data[name] for name in HOUSEHOLD}}
    people = {row["_id"]: row for row in unit.collection(PEOPLE).find({"_id": {"$in": fresh["members"]}})}
    members = [people[one] for one in fresh["members"] if one in people]
    fresh["numbers"] = [person["number"] for person in members]
    if members:
        fresh["risk"] = min(person["risk"] for person in members)
    if fresh["members"] != known.get("members"):
        fresh["links"] = []
    put(unit, HOUSEHOLDS, known, fresh)


def recall_volunteer(unit: Unit, desk: Desk, event: Event) -> None:
    """volunteer.registered and volunteer.changed; kind and employer stand with the volunteer as a person."""
    known, newer = news(unit, VOLUNTEERS, event)
    if not newer:
        return
    data = event.data
    fresh = {"households": households_of(data["visits_a_month"]), **known, **head_of(event)}
    fresh |= {name: data[name] for name in VOLUNTEER}
    place = unit.collection(BRANCHES).find_one({"_id": data["places"][0]}) if data["places"] else None
    fresh["place_code"] = place["code"] if place else ""
    fresh.pop("minors_until", None)
    if "minors_until" in data:
        fresh["minors_until"] = data["minors_until"]
    put(unit, VOLUNTEERS, known, fresh)
    _know_offer(unit, desk, event)


def recall_check(unit: Unit, _desk: Desk, event: Event) -> None:
    """check.recorded."""
    known, newer = news(unit, CHECKS, event)
    if newer:
        put(unit, CHECKS, known, {**head_of(event), **{name: event.data[name] for name in CHECK}})


def recall_pairing(unit: Unit, _desk: Desk, event: Event) -> None:
    """pairing.proposed and pairing.formed."""
    known, newer = news(unit, PAIRINGS, event)
    if newer:
        fresh = {**(known or _pairing(unit, event)), **head_of(event), "nearness": event.data["nearness"]}
        fresh["state"] = "formed" if event.type == "pairing.formed.v1" else "proposed"
        put(unit, PAIRINGS, known, fresh)


def recall_end(unit: Unit, _desk: Desk, event: Event) -> None:
    """pairing.ended."""
    known, newer = news(unit, PAIRINGS, event)
    if known and newer:
        put(unit, PAIRINGS, known, {**known, **head_of(event), "state": "ended", "why": event.data["why"]})


def _pairing(unit: Unit, event: Event) -> Doc:
    household = unit.collection(HOUSEHOLDS).find_one({"_id": event.data["household"]}) or {}
    volunteer = unit.collection(VOLUNTEERS).find_one({"_id": event.data["volunteer"]}) or {}
    whom = {"household": event.data["household"], "household_number": household.get("number", "")}
    by = {"volunteer": event.data["volunteer"], "volunteer_number": volunteer.get("number", "")}
    return {**whom, **by, "person": volunteer.get("person", ""), "proposal": ""}


def _know_offer(unit: Unit, desk: Desk, event: Event) -> None:
    whose = event.data["person"]
    person = unit.collection(PEOPLE).find_one({"_id": whose, "state": "known"})
    known, told = known_of(desk, PEOPLE, person or {}, whose), told_of(desk, event, whose)
    if person is None or not known or not told:
        return
    content = joined(known, _offer(told_volunteer(known)) if "kind" in known else {}, _offer(told))
    if content != known:
        fresh = sealed_again(desk, PEOPLE, found_by(unit, desk, person, content), whose, content)
        unit.collection(PEOPLE).replace(fresh, was=person["revision"])


def _offer(told: Content) -> Content:
    return {name: told[name] for name in ("kind", "employer") if name in told}
