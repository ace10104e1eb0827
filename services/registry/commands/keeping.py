"""A person kept up to date by hand: values corrected, care ended or begun again. What follows by rule follows at once."""

from collections.abc import Mapping
from typing import Any

from services.registry.commands.children_alone import adult_in_house, somebody_left
from services.registry.commands.found import person_of_mine
from services.registry.commands.households import follow_member, form_alone, leave_household
from services.registry.commands.rewriting import content_of, recipient_kind, rewrite
from services.registry.desk import Desk, Doc
from services.registry.model.by_hand import follows, joined, read_typed, row_of, still_to_mend
from services.registry.model.person_content import Content
from services.registry.model.roster_same import row_key
from services.registry.store import HOUSEHOLDS, PEOPLE
from shared.access import Principal
from shared.errors import Conflict, Refused
from shared.units import Unit

ENDS = ("moved", "died", "age", "other")
GONE = ("moved", "died")
IN_CARE = ("active", "paused")


def change_person(unit: Unit, desk: Desk, who: Principal, person_id: str, revision: int, form: Mapping[str, Any]) -> Doc:
    """Change what `form` names. Raises NotFound, Stale, Refused with a fault for each bad field.

    A changed phone is unproven again; band and minor follow by rule, and with them the household.
    """
    person = person_of_mine(unit, who, person_id, revision)
    known, kind = content_of(desk, person), recipient_kind(person)
    read = read_typed(kind, form)
    content = joined(known, read)
    _refuse_taken_id(unit, desk, person, kind, content)
    opens = adult_in_house(unit, desk, who, person, form)
    no_adult = bool(opens.get("no_adult", person["no_adult"]))
    opens |= follows(person["kinds"], person["care"], content, no_adult, desk.today())
    opens["to_mend"] = still_to_mend(person["to_mend"], read)
    fresh = rewrite(unit, desk, who.account, person, known, content, opens)
    follow_member(unit, who.account, person_id, desk.today())
    return fresh


def end_care(unit: Unit, desk: Desk, who: Principal, person_id: str, revision: int, why: str) -> Doc:
    """Care ends: no visits any more, the household goes on without them. Nothing is erased, and no roster begins it again.

    That a child was without an adult stays so: a concern is not mended by an ending (docs/domain.md, rules 5 and 14).
    """
    person = person_of_mine(unit, who, person_id, revision)
    if person["care"] not in IN_CARE:
        raise Conflict("nobody is cared for here, or care has ended already")
    known = content_of(desk, person)
    content = {**known, "ended": {"why": why, "on": desk.today().isoformat()}}
    opens = {"care": "ended", "home": person["home"] and why not in GONE}
    opens |= follows(person["kinds"], "ended", content, person["no_adult"], desk.today())
    fresh = rewrite(unit, desk, who.account, person, known, content, opens)
    household = unit.collection(HOUSEHOLDS).find_one({"members": person_id})
    if household is not None:
        leave_household(unit, who.account, household, person_id, "left", desk.today())
        for member in household["members"] if why in GONE else ():
            somebody_left(unit, desk, who.account, member, content["name"])
    return fresh


def begin_care(unit: Unit, desk: Desk, who: Principal, person_id: str, revision: int) -> Doc:
    """Somebody whose care had ended is back. Raises NotFound, Stale, and Conflict when care goes on anyway."""
    person = person_of_mine(unit, who, person_id, revision)
    if person["care"] != "ended":
        raise Conflict("care of this person has not ended")
    known = content_of(desk, person)
    content = {name: value for name, value in known.items() if name != "ended"}
    opens = {"care": "active", "home": True}
    opens |= follows(person["kinds"], "active", content, person["no_adult"], desk.today())
    fresh = rewrite(unit, desk, who.account, person, known, content, opens)
    form_alone(unit, who.account, fresh)
    return fresh


def _refuse_taken_id(unit: Unit, desk: Desk, person: Doc, kind: str, content: Content) -> None:
    """One ID number is one person's of a kind: two who share it are one, or one of them was typed wrongly."""
    if not kind or not content.get("id_number"):
        return
    key = desk.hash("row", row_key(row_of(kind, content, "")))
    others = unit.collection(PEOPLE).find({"row_keys": key, "_id": {"$ne": person["_id"]}, "state": "known"})
    if any(content_of(desk, other).get("id_number") == content["id_number"] for other in others):
        raise Refused.field("id_number", "id_taken", "这个身份证号已是另一个人的。", "请核对号码和姓名。")
