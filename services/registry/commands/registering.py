"""One person registered by hand: known by the same rule as the import, so that nobody is doubled between paper and roster."""

from collections.abc import Mapping
from typing import Any

from services.registry.commands.grounds import give_grounds
from services.registry.commands.households import form_alone
from services.registry.commands.importing.known import Known, open_guard, take_guard
from services.registry.commands.rewriting import content_of, look_of, next_number
from services.registry.commands.telling import tell_person
from services.registry.desk import Desk, Doc
from services.registry.model.by_hand import CHILD, follows, joined, may_be_same, read_typed, row_of
from services.registry.model.roster_rows import RosterRow
from services.registry.model.roster_same import is_bare
from services.registry.model.text import name_key
from services.registry.store import BRANCHES, PEOPLE
from services.registry.store.sealed import closed
from shared.access import Principal
from shared.errors import Conflict, Fault, NotFound, Refused
from shared.ids import new_id
from shared.units import Unit


class Registering:
    """A person about to be registered: checked, their key made, sealed. `work` may run again; `withdraw` throws it away."""

    def __init__(self, desk: Desk, who: Principal, form: Mapping[str, Any]) -> None:
        """Raises NotFound for a village not the caller's, Refused for bad values, Conflict for somebody known already."""
        self._desk, self._who = desk, who
        open_guard(desk)
        kind, village = form["kind"], village_of(desk, who, form["branch"])
        self._content = joined({}, read_typed(kind, form))
        row = row_of(kind, self._content, village["code"])
        known = Known(desk, desk.home, [row])
        _refuse_known(known, who, row)
        if not form.get("namesake"):
            self._ask_about_namesakes(kind, village)
        self._seen, self._series = known.seen, f"{village['code'][:9]}-"
        self.id = new_id()
        desk.keys.make(self.id)
        self._doc = closed(desk.sealer, PEOPLE, self._fresh(kind, village, known, row), self.id, self._content)

    def work(self, unit: Unit) -> Doc:
        """The transaction: the person, the ground, and a household of one. Raises Vanished when somebody else registered
        somebody meanwhile: then look again who is known."""
        take_guard(unit, self._seen)
        actor = self._who.account
        person = {**self._doc, "number": next_number(unit, self._series)}
        unit.collection(PEOPLE).insert(person)
        tell_person(unit, actor, person, self._content)
        give_grounds(unit, actor, [person])
        form_alone(unit, actor, person)
        return person

    def withdraw(self) -> None:
        """Nothing came of it."""
        self._desk.keys.discard(self.id)

    def _ask_about_namesakes(self, kind: str, village: Doc) -> None:
        """Of one name in one village (or of no known village) and of a birth day that may be the same: a person must look. An
        import can only list such; here somebody sits in front of it."""
        name, places = self._desk.hash("name", name_key(self._content["name"])), [village["branch"]]
        places.append(village["branch"].rsplit("/", 1)[0])
        wanted = {"look": name, "branch": {"$in": places}, "kinds": kind, "state": "known"}
        alike = self._desk.database[PEOPLE].find(wanted, sort=[("number", 1)])
        maybe = next((one for one in alike if may_be_same(content_of(self._desk, one), self._content)), None)
        if maybe is not None:
            fault = Fault("namesake", "maybe_known", str(maybe["number"]), "")
            raise Conflict(f"this may be {maybe['number']}: look, and send namesake if it is somebody else", fault)

    def _fresh(self, kind: str, village: Doc, known: Known, row: RosterRow) -> Doc:
        keys, alone = known.hashes(row), kind == CHILD
        return {
            "_id": self.id,
            "revision": 1,
            "state": "known",
            "branch": village["branch"],
            "kinds": [kind],
            "care": "active",
            "no_adult": alone,  # a child nobody of whose house was named yet: asked about today (rule 5)
            **follows([kind], "active", self._content, alone, self._desk.today()),
            "home": True,
            "look": look_of(self._desk, self._content),
            "row_keys": keys,
            "row_key": _own(keys[0], {person["row_key"] for person in known.people.values()}),
            "to_mend": [],
            "contact": "unproven",
        }


def village_of(desk: Desk, who: Principal, branch_id: str) -> Doc:
    """The village a person is registered in. Raises NotFound, and Refused for a township or county."""
    found = desk.database[BRANCHES].find_one({"$and": [{"_id": branch_id}, who.scope()]})
    if found is None:
        raise NotFound("no branch of yours has this id")
    if found["level"] != "village":
        raise Refused.field("branch", "not_a_village", "要登记到村。", "请选此人住的村。")
    return found


def _refuse_known(known: Known, who: Principal, row: RosterRow) -> None:
    there = None if is_bare(row) else known.find(row)
    if there is not None and who.sees(there["branch"]):
        known_as = Fault("number", "known", str(there["number"]), "")
        raise Conflict(f"this person is registered already as {there['number']}", known_as)
    if there is not None:
        raise Conflict("this person is registered by another branch: talk to it, or to who is above both")
    if known.id_taken(row, ""):
        raise Refused.field("id_number", "id_taken", "这个身份证号已是另一个人的。", "请核对号码和姓名。")


def _own(key: str, taken: set[str]) -> str:
    return next(one for one in (key, *(f"{key}#{n}" for n in range(2, 10_000))) if one not in taken)
