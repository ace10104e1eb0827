"""Whether an adult is in the house with a child tonight (docs/domain.md, rule 5).

That nobody is there follows by rule, from who goes away or is barred; that somebody is there again is said by a clerk who saw
them, and by nothing that was merely typed.
"""

from collections.abc import Mapping
from typing import Any

from services.registry.commands.households import follow_member
from services.registry.commands.rewriting import content_of, rewrite
from services.registry.desk import Desk, Doc
from services.registry.model.bands import is_minor
from services.registry.model.by_hand import CHILD, follows, nobody_home
from services.registry.model.person_content import birth_of
from services.registry.model.text import name_key
from services.registry.store import KINSHIPS, PEOPLE
from services.registry.store.sealed import opened, opened_all
from shared.access import Principal
from shared.errors import Refused
from shared.units import Unit

BARRED = "must_never"


def adult_in_house(unit: Unit, desk: Desk, who: Principal, child: Doc, form: Mapping[str, Any]) -> Doc:
    """The open fields of a child by `no_adult` of a form: nobody is there, or `adult` (a kinship) who was seen there.

    Raises Refused unless an adult relative registered at home, and not barred, is named and `seen_adult` is said.
    """
    if "no_adult" not in form:
        return {}
    if CHILD not in child["kinds"]:
        raise Refused.field("no_adult", "not_a_child", "只有孩子才登记家里有没有大人。")
    if form["no_adult"]:
        return {"no_adult": True, "adult_seen": {}}
    if not form.get("seen_adult"):
        raise Refused.field(
            "seen_adult", "not_seen", "要有人见到家里的大人，才能这样登记。", "请先打电话或上门，见到人再登记。"
        )
    _require_adult(unit, desk, child["_id"], form.get("adult", ""))
    return {"no_adult": False, "adult_seen": {"kinship": form["adult"], "by": who.account, "at": desk.now()}}


def _require_adult(unit: Unit, desk: Desk, child: str, kinship: str) -> None:
    kin = unit.collection(KINSHIPS).find_one({"_id": kinship, "recipient": child, "may_know": {"$ne": BARRED}})
    relation = opened(desk.sealer, KINSHIPS, kin, kin["relative"]) if kin else {}
    adult = unit.collection(PEOPLE).find_one({"_id": kin["relative"], "state": "known"}) if kin else None
    birth = birth_of(content_of(desk, adult)) if adult else None
    if relation.get("presence") != "home" or adult is None or (birth is not None and is_minor(birth, desk.today())):
        raise Refused.field("adult", "not_at_home", "请选一位登记为在家的大人。", "先登记家里的大人是谁，再登记见到了谁。")


def somebody_left(unit: Unit, desk: Desk, actor: str, child_id: str, gone: str = "") -> None:
    """Somebody is in the child's house no more: with nobody else there a concern of today begins, and the rank follows.

    `gone` is the name of who left as a recipient of the same household: the grandmother of two rosters is two documents.
    """
    child = unit.collection(PEOPLE).find_one({"_id": child_id, "state": "known", "kinds": CHILD, "care": "active"})
    if child is None or child["no_adult"] or not nobody_home(_presences(unit, desk, child_id, gone)):
        return
    content = content_of(desk, child)
    opens = {"no_adult": True, "adult_seen": {}, **follows(child["kinds"], child["care"], content, True, desk.today())}
    rewrite(unit, desk, actor, child, content, content, opens)
    follow_member(unit, actor, child_id, desk.today())


def _presences(unit: Unit, desk: Desk, child: str, gone: str) -> list[str]:
    rows = unit.collection(KINSHIPS).find({"recipient": child, "may_know": {"$ne": BARRED}})
    known = {"_id": {"$in": [row["relative"] for row in rows]}, "state": "known"}
    names = {one["_id"]: name_key(content_of(desk, one)["name"]) for one in unit.collection(PEOPLE).find(known)}
    there = [row for row in rows if row["relative"] in names and names[row["relative"]] != name_key(gone)]
    contents = opened_all(desk.sealer, KINSHIPS, there, [row["relative"] for row in there])
    return [content["presence"] for content in contents if content]
