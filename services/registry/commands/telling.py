"""How the registry's things are told: one function a thing, so that every command tells its whole shared state alike."""

from typing import Any

from services.registry.desk import Doc
from services.registry.model.person_content import Content, told_kin, told_person, told_volunteer
from shared.messaging.unit import Unit


def tell_person(unit: Unit, actor: str, person: Doc, content: Content) -> None:
    """person.registered for revision 1, person.changed for any later one."""
    opens = ("number", "kinds", "minor", "care", "band", "no_adult", "home")
    data = {name: person[name] for name in opens}
    _tell(unit, actor, "person", person, data, {person["_id"]: told_person(content)})


def tell_kinship(unit: Unit, actor: str, kin: Doc, content: Content) -> None:
    """kinship.registered or kinship.changed, sealed under the relative."""
    opens = ("recipient", "relative", "call_order", "may_know")
    _tell(unit, actor, "kinship", kin, {name: kin[name] for name in opens}, {kin["relative"]: told_kin(content)})


def tell_volunteer(unit: Unit, actor: str, volunteer: Doc, content: Content) -> None:
    """volunteer.registered or volunteer.changed, sealed under the volunteer as a person."""
    opens = ("number", "person", "places", "no_place_only", "days", "visits_a_month", "state")
    data = {name: volunteer[name] for name in opens}
    if volunteer.get("minors_until"):
        data["minors_until"] = volunteer["minors_until"]
    _tell(unit, actor, "volunteer", volunteer, data, {volunteer["person"]: told_volunteer(content)})


def tell_household(unit: Unit, actor: str, household: Doc) -> None:
    """household.formed or household.changed; one without members is no more."""
    data = {name: household[name] for name in ("number", "members", "band", "minors")}
    what = "formed" if household["revision"] == 1 else "changed"
    unit.tell(f"household.{what}.v1", **_head(household, actor), data=data)


def tell_pairing(unit: Unit, actor: str, pairing: Doc) -> None:
    """pairing.proposed, formed or ended, by its state."""
    data = {"household": pairing["household"], "volunteer": pairing["volunteer"]}
    more = {"why": pairing["why"]} if pairing["state"] == "ended" else {"nearness": pairing["nearness"]}
    unit.tell(f"pairing.{pairing['state']}.v1", **_head(pairing, actor), data=data | more)


def _tell(unit: Unit, actor: str, noun: str, thing: Doc, data: Doc, closed: dict[str, Content]) -> None:
    what = "registered" if thing["revision"] == 1 else "changed"
    unit.tell(f"{noun}.{what}.v1", **_head(thing, actor), data=data, closed=closed)


def _head(thing: Doc, actor: str) -> dict[str, Any]:
    return {"subject": thing["_id"], "revision": thing["revision"], "branch": thing["branch"], "actor": actor}
