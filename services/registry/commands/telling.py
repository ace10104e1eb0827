"""How the registry's things are told: one function a thing, so that every command tells its whole shared state alike.

Types stand here in full, so that whoever looks for the teller of an event finds it.
"""

from typing import Any

from services.registry.desk import Doc
from services.registry.model.person_content import Content, told_kin, told_person, told_volunteer
from shared.units import Unit

PAIRINGS = {
    "proposed": "pairing.proposed.v1",
    "formed": "pairing.formed.v1",
    "ended": "pairing.ended.v1",
}


def tell_person(unit: Unit, actor: str, person: Doc, content: Content) -> None:
    """person.registered for revision 1, person.changed for any later one."""
    opens = ("number", "kinds", "minor", "care", "band", "no_adult", "home")
    data = {name: person[name] for name in opens}
    type_ = "person.registered.v1" if person["revision"] == 1 else "person.changed.v1"
    unit.tell(type_, **_head(person, actor), data=data, closed={person["_id"]: told_person(content)})


def tell_kinship(unit: Unit, actor: str, kin: Doc, content: Content) -> None:
    """kinship.registered or kinship.changed, sealed under the relative."""
    opens = ("recipient", "relative", "call_order", "may_know")
    type_ = "kinship.registered.v1" if kin["revision"] == 1 else "kinship.changed.v1"
    data, closed = {name: kin[name] for name in opens}, {kin["relative"]: told_kin(content)}
    unit.tell(type_, **_head(kin, actor), data=data, closed=closed)


def tell_volunteer(unit: Unit, actor: str, volunteer: Doc, content: Content) -> None:
    """volunteer.registered or volunteer.changed, sealed under the volunteer as a person."""
    opens = ("number", "person", "places", "no_place_only", "days", "visits_a_month", "state")
    data = {name: volunteer[name] for name in opens}
    if volunteer.get("minors_until"):
        data["minors_until"] = volunteer["minors_until"]
    type_ = "volunteer.registered.v1" if volunteer["revision"] == 1 else "volunteer.changed.v1"
    unit.tell(type_, **_head(volunteer, actor), data=data, closed={volunteer["person"]: told_volunteer(content)})


def tell_household(unit: Unit, actor: str, household: Doc) -> None:
    """household.formed or household.changed; one without members is no more."""
    data = {name: household[name] for name in ("number", "members", "band", "minors")}
    type_ = "household.formed.v1" if household["revision"] == 1 else "household.changed.v1"
    unit.tell(type_, **_head(household, actor), data=data)


def tell_pairing(unit: Unit, actor: str, pairing: Doc) -> None:
    """pairing.proposed, formed or ended, by its state."""
    data = {"household": pairing["household"], "volunteer": pairing["volunteer"]}
    more = {"why": pairing["why"]} if pairing["state"] == "ended" else {"nearness": pairing["nearness"]}
    unit.tell(PAIRINGS[pairing["state"]], **_head(pairing, actor), data=data | more)


def tell_ground(unit: Unit, actor: str, ground: Doc) -> None:
    """consent.given, or consent.withdrawn for one taken back."""
    data = {"person": ground["person"]}
    if ground.get("withdrawn"):
        unit.tell("consent.withdrawn.v1", **_head(ground, actor), data=data)
    else:
        more = {name: ground[name] for name in ("ground", "notice", "given_by")}
        unit.tell("consent.given.v1", **_head(ground, actor), data=data | more)


def tell_bar(unit: Unit, actor: str, kin: Doc, order_day: str) -> None:
    """kinship.barred. The day of a court's order speaks of the relative, and is sealed under them."""
    data = {"recipient": kin["recipient"], "relative": kin["relative"]}
    closed = {kin["relative"]: {"order_day": order_day}} if order_day else {}
    unit.tell("kinship.barred.v1", **_head(kin, actor), data=data, closed=closed)


def _head(thing: Doc, actor: str) -> dict[str, Any]:
    return {"subject": thing["_id"], "revision": thing["revision"], "branch": thing["branch"], "actor": actor}
