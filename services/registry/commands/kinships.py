"""Relatives kept by hand: who belongs to a recipient, at home or away, what each may know, and who is barred (rule 9)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from services.registry.commands.children_alone import BARRED, somebody_left
from services.registry.commands.found import kinship_of_mine
from services.registry.commands.grounds import give_grounds
from services.registry.commands.importing.known import Known, open_guard, take_guard
from services.registry.commands.rewriting import (
    content_of,
    look_of,
    next_number,
    recipient_kind,
    relative_keys,
    rewrite,
)
from services.registry.commands.telling import tell_bar, tell_kinship, tell_person
from services.registry.desk import Desk, Doc
from services.registry.model.bands import NONE
from services.registry.model.by_hand import read_typed, relative_of, row_of, still_to_mend
from services.registry.model.person_content import Content
from services.registry.model.risk import LOWEST
from services.registry.store import KINSHIPS, PEOPLE
from services.registry.store.sealed import closed, opened, opened_all
from shared.access import Principal
from shared.errors import Conflict, NotFound, Refused
from shared.ids import new_id
from shared.units import Unit

RELATION = ("relation", "presence", "workplace", "guardian", "carer")
NOT_CARED_FOR = {"minor": False, "care": "none", "band": NONE, "risk": LOWEST, "no_adult": False}


class AddingRelative:
    """A relative about to be registered: found among the known by name and phone, or given a key of their own."""

    def __init__(self, desk: Desk, who: Principal, recipient_id: str, form: Mapping[str, Any]) -> None:
        """Raises NotFound, Refused for bad values, Conflict when somebody of that name is a relative here already."""
        self._desk, self._who = desk, who
        open_guard(desk)
        self._recipient = _recipient(desk, who, recipient_id)
        self._typed = read_typed("", {name: form[name] for name in ("name", "phones") if name in form})
        known = self._known()
        told = relative_of(self._typed["name"], self._typed.get("phones", ()))
        if known.kin_of(recipient_id, told) is not None:
            raise Conflict("somebody of this name is a relative of this person already")
        self._there, self._seen = known.relative(told), known.seen
        self._content = {name: form[name] for name in RELATION if form.get(name) not in (None, "")}
        many = sum(kin["recipient"] == recipient_id for kin in known.kinships)
        self._order = form.get("call_order", min(many + 1, 99))
        self._may_know = form.get("may_know", "may")
        self.id = new_id()
        self._relative = self._there["_id"] if self._there else new_id()
        if self._there is None:
            desk.keys.make(self._relative)

    def work(self, unit: Unit) -> Doc:
        """The transaction: the relative as a person, the ground, the relation. Raises Vanished when somebody registered
        somebody meanwhile."""
        take_guard(unit, self._seen)
        if self._there is None:
            self._register(unit)
        else:
            self._meet(unit)
        head = {"_id": self.id, "revision": 1, "branch": self._recipient["branch"], "recipient": self._recipient["_id"]}
        kin = {**head, "relative": self._relative, "call_order": self._order, "may_know": self._may_know}
        unit.collection(KINSHIPS).insert(closed(self._desk.sealer, KINSHIPS, kin, self._relative, self._content))
        tell_kinship(unit, self._who.account, kin, self._content)
        _mend(unit, self._recipient["_id"], {**self._typed, **self._content})
        return kin

    def withdraw(self) -> None:
        """Nothing came of it."""
        if self._there is None:
            self._desk.keys.discard(self._relative)

    def _known(self) -> Known:
        recipient, told = self._recipient, relative_of(self._typed["name"], self._typed.get("phones", ()))
        row = row_of(recipient_kind(recipient), content_of(self._desk, recipient), "", [told])
        return Known(self._desk, self._desk.home, [replace(row, number=recipient["number"])])

    def _register(self, unit: Unit) -> None:
        desk, content = self._desk, {name: value for name, value in self._typed.items() if value}
        series = self._recipient["number"].split("-", 1)[0]
        person = {
            "_id": self._relative,
            "revision": 1,
            "state": "known",
            "branch": self._recipient["branch"],
            "number": next_number(unit, f"{series}-J"),
            "kinds": ["relative"],
            **NOT_CARED_FOR,
            "home": self._content["presence"] == "home",
            "look": look_of(desk, content),
            "row_keys": relative_keys(desk, content),
            "row_key": "",
            "to_mend": [],
            "contact": "unproven",
        }
        unit.collection(PEOPLE).insert(closed(desk.sealer, PEOPLE, person, self._relative, content))
        tell_person(unit, self._who.account, person, content)
        give_grounds(unit, self._who.account, [person])

    def _meet(self, unit: Unit) -> None:
        """Known already, as somebody else's relative: belongs here as well, and is changed only by who may see them."""
        person = unit.collection(PEOPLE).find_one({"_id": self._relative, "state": "known"})
        if person is None:
            raise NotFound("this relative was erased meanwhile")
        if self._who.sees(person["branch"]):
            known = content_of(self._desk, person)
            phones = list(dict.fromkeys((*known.get("phones", ()), *self._typed.get("phones", ()))))
            content = {**known, **({"phones": phones} if phones else {})}
            home = person["home"] or self._content["presence"] == "home"
            rewrite(unit, self._desk, self._who.account, person, known, content, {"home": home})


def change_kinship(unit: Unit, desk: Desk, who: Principal, kinship_id: str, revision: int, form: Mapping[str, Any]) -> Doc:
    """Change what `form` names of a relation, and the relative's phones. Raises NotFound, Stale, Refused; Conflict for what a
    barred relative may know: an order is not lifted by typing."""
    kin = kinship_of_mine(unit, who, kinship_id, revision)
    if kin["may_know"] == BARRED and "may_know" in form:
        raise Conflict("this relative is barred by an order")
    known = _relation(desk, kin)
    content = {**known, **{name: form[name] for name in RELATION if name in form}}
    content = {name: value for name, value in content.items() if value != ""}
    fresh = {**kin, **{name: form[name] for name in ("call_order", "may_know") if name in form}}
    if content != known or fresh != kin:
        fresh["revision"] = revision + 1
        fresh = closed(desk.sealer, KINSHIPS, fresh, kin["relative"], content)
        unit.collection(KINSHIPS).replace(fresh, was=revision)
        tell_kinship(unit, who.account, fresh, content)
    _follow_relative(unit, desk, who, kin["relative"], form)
    _mend(unit, kin["recipient"], form)
    if known["presence"] != content["presence"]:
        somebody_left(unit, desk, who.account, kin["recipient"])
    return fresh


def bar_relative(unit: Unit, desk: Desk, who: Principal, kinship_id: str, revision: int, order_day: date | None) -> Doc:
    """From this commit on the relative must never learn anything of the recipient: the state of the relation says so to
    everybody, for good. Raises NotFound, Stale, Refused, and Conflict when it stands already."""
    kin = kinship_of_mine(unit, who, kinship_id, revision)
    if kin["may_know"] == BARRED:
        raise Conflict("this relative is barred already")
    if order_day is not None and order_day > desk.today():
        raise Refused.field("order_day", "in_the_future", "裁定日期不能晚于今天。", "请核对日期。")
    day = order_day.isoformat() if order_day else ""
    content = _relation(desk, kin) | ({"order_day": day} if day else {})
    fresh = {**kin, "may_know": BARRED, "revision": revision + 1}
    fresh = closed(desk.sealer, KINSHIPS, fresh, kin["relative"], content)
    unit.collection(KINSHIPS).replace(fresh, was=revision)
    tell_bar(unit, who.account, fresh, day)
    somebody_left(unit, desk, who.account, kin["recipient"])
    return fresh


def _recipient(desk: Desk, who: Principal, person_id: str) -> Doc:
    wanted = {"_id": person_id, "state": "known", "kinds": {"$in": ["elder", "child"]}}
    found = desk.database[PEOPLE].find_one({"$and": [wanted, who.scope()]})
    if found is None:
        raise NotFound("nobody of yours has this id, or who has it is not cared for")
    return found


def _relation(desk: Desk, kin: Doc) -> Content:
    """What is sealed of a relation. Raises NotFound when the relative is being erased."""
    content = opened(desk.sealer, KINSHIPS, kin, kin["relative"])
    if not content:
        raise NotFound("this relative was erased")
    return content


def _mend(unit: Unit, recipient: str, typed: Mapping[str, Any]) -> None:
    """What a roster lacked of the relatives is off the clerk's list once it was typed."""
    person = unit.collection(PEOPLE).find_one({"_id": recipient, "state": "known"})
    if person is None:
        return
    said = {"phones": typed.get("phones"), "guardian": typed.get("guardian") or typed.get("carer")}
    left = still_to_mend(person["to_mend"], said)
    if left != person["to_mend"]:
        unit.collection(PEOPLE).update({"_id": recipient}, {"$set": {"to_mend": left}})


def _follow_relative(unit: Unit, desk: Desk, who: Principal, relative: str, form: Mapping[str, Any]) -> None:
    """The relative as a person: the phones, and whether they live in a home cared for (so may witness)."""
    if not {"phones", "presence"} & form.keys():
        return
    person = unit.collection(PEOPLE).find_one({"_id": relative, "state": "known"})
    if person is None:
        return
    known = content_of(desk, person)
    typed = read_typed("", {name: form[name] for name in ("phones",) if name in form})
    if not who.sees(person["branch"]):
        if typed and typed["phones"] != known.get("phones", []):
            raise Refused.field("phones", "kept_elsewhere", "这位家属由另一个支部登记，电话要在那里改。")
        return
    content = {name: value for name, value in {**known, **typed}.items() if value}
    home = _home(unit, desk, relative) if "presence" in form else person["home"]
    rewrite(unit, desk, who.account, person, known, content, {"home": home})


def _home(unit: Unit, desk: Desk, relative: str) -> bool:
    rows = unit.collection(KINSHIPS).find({"relative": relative})
    contents: list[Content] = opened_all(desk.sealer, KINSHIPS, rows, [relative] * len(rows))
    return any(content.get("presence") == "home" for content in contents)
