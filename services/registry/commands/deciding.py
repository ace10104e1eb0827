"""Of two who may live together a clerk says whether they do. It is remembered, outranks what rosters suggest, and is never
asked again; the households follow by the same forming as after an import."""

from services.registry.desk import Desk, Doc
from services.registry.store import DECISIONS, PEOPLE, UNSURE
from shared.access import Principal
from shared.errors import NotFound, Refused
from shared.units import Unit


def decide_pair(unit: Unit, desk: Desk, who: Principal, pair: str, together: bool) -> Doc:
    """Remember the decision. Form the township's households afterwards (`commands/forming.py`), also when this was a
    repetition: so a kill in between heals. Raises NotFound, and Refused when one of the two is not the caller's."""
    asked = unit.collection(UNSURE).find_one({"$and": [{"_id": pair}, who.scope()]})
    if asked is None:
        raise NotFound("nothing is asked about such a pair, or it was decided")
    both = {"_id": {"$in": [asked["one"], asked["other"]]}, "state": "known"}
    if unit.collection(PEOPLE).find({"$and": [both, who.scope()]}, projection=["_id"])[1:] == []:
        raise Refused.field("together", "outside_scope", "另一人不在您负责的范围内。", "请乡镇或县里来定。")
    kept = ("_id", "township", "branch", "one", "other", "one_number", "other_number")
    decision = {**{name: asked[name] for name in kept}, "revision": 1, "together": together, "by": who.account}
    decision["at"] = desk.now()
    unit.collection(DECISIONS).insert(decision)
    unit.collection(UNSURE).delete({"_id": pair})
    return decision
