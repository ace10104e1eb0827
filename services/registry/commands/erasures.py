"""Erasure: asked by one person, agreed to by another, on a ground; a legal hold stops it (docs/design.md, section 6).

The order is for ever: person.erased, tombstone, keys destroyed, key.destroyed. The last three are a job that resumes.
"""

import threading

import structlog
from pymongo.errors import PyMongoError

from services.registry.commands.accounts import alter
from services.registry.commands.children_alone import somebody_left
from services.registry.commands.households import end_pairings, leave_household
from services.registry.commands.rosters import destroy_files
from services.registry.commands.telling import tell_volunteer
from services.registry.desk import SYSTEM, Desk, Doc
from services.registry.queries.people import rosters_with
from services.registry.store import ACCOUNTS, ERASURES, HOUSEHOLDS, KINSHIPS, PEOPLE, VOLUNTEERS, WISHES
from services.registry.store.sealed import opened
from shared.access import Principal
from shared.errors import Conflict, NotFound, Refused, Stale
from shared.ids import new_id
from shared.units import Unit

log = structlog.get_logger()
IDLE_SECONDS = 0.5


def ask_erasure(unit: Unit, desk: Desk, who: Principal, person_id: str, ground: str) -> Doc:
    """Ask that a person be erased. Raises NotFound, and Conflict when it is asked already or a hold stands."""
    person = unit.collection(PEOPLE).find_one({"$and": [{"_id": person_id, "state": "known"}, who.scope()]})
    if person is None:
        raise NotFound("nobody of yours has this id")
    _refuse_held(person)
    if unit.collection(ERASURES).find_one({"person": person_id, "state": {"$ne": "done"}}):
        raise Conflict("this erasure is asked for already")
    erasure: Doc = {"_id": new_id(), "revision": 1, "branch": person["branch"], "person": person_id, "ground": ground}
    erasure |= {"state": "asked", "asked_by": who.account, "asked_at": desk.now(), "second": ""}
    unit.collection(ERASURES).insert(erasure)
    return erasure


def approve_erasure(unit: Unit, desk: Desk, who: Principal, erasure_id: str, revision: int) -> Doc:
    """The second person agrees: from this commit on it cannot be taken back. Raises Refused for the same person twice."""
    erasure = unit.collection(ERASURES).find_one({"$and": [{"_id": erasure_id}, who.scope()]})
    if erasure is None:
        raise NotFound("nothing of yours has this id")
    if erasure["revision"] != revision:
        raise Stale("this erasure went on meanwhile")
    if erasure["state"] != "asked":
        raise Conflict("this erasure is agreed to already")
    if erasure["asked_by"] == who.account:
        raise Refused.field("second", "same_person", "提出和同意必须是两个人。", "请另一位有权限的人来同意。")
    person = unit.collection(PEOPLE).find_one({"_id": erasure["person"], "state": "known"})
    if person is None:
        raise Conflict("this person is erased already")
    _refuse_held(person)
    agreed = {**erasure, "state": "approved", "second": who.account, "revision": revision + 1}
    unit.collection(ERASURES).replace(agreed, was=revision)
    _Leaving(unit, desk, agreed, person).run()
    return agreed


def hold_person(unit: Unit, who: Principal, person_id: str, revision: int, ground: str) -> Doc:
    """Put a legal hold on a person; with ground "" release it. Raises NotFound, Stale, Conflict."""
    person = unit.collection(PEOPLE).find_one({"$and": [{"_id": person_id, "state": "known"}, who.scope()]})
    if person is None:
        raise NotFound("nobody of yours has this id")
    if person["revision"] != revision:
        raise Stale("this person was changed meanwhile")
    if bool(person.get("hold")) == bool(ground):
        raise Conflict("the hold stands as asked already")
    fresh = {**person, "hold": ground, "revision": revision + 1}
    unit.collection(PEOPLE).replace(fresh, was=revision)
    head = {"subject": person_id, "revision": fresh["revision"], "branch": person["branch"], "actor": who.account}
    unit.tell("person.held.v1" if ground else "person.released.v1", **head, data={"ground": ground} if ground else {})
    return fresh


def _refuse_held(person: Doc) -> None:
    if person.get("hold"):
        raise Conflict("a legal hold stands: nothing of this person may be erased before it is released")


def gone(person: Doc) -> Doc:
    """The open fields of somebody who is being erased: in nobody's care, and found by nothing."""
    care = "ended" if person["care"] == "active" else person["care"]
    return {"state": "erasing", "care": care, "look": [], "row_keys": [], "row_key": "", "to_mend": []}


def empty_documents(unit: Unit, person: str) -> None:
    """Take out what was sealed under this person's key: nobody can read it any more."""
    unit.collection(PEOPLE).update_any({"_id": person}, {"$set": {"sealed": "", "state": "erased"}})
    unit.collection(KINSHIPS).update_any({"relative": person}, {"$set": {"sealed": ""}})
    unit.collection(WISHES).update_any({"child": person}, {"$set": {"sealed": ""}})


class _Leaving:
    """Takes a person out of everything that would act on them, in the unit that tells the erasure."""

    def __init__(self, unit: Unit, desk: Desk, erasure: Doc, person: Doc) -> None:
        self._unit, self._desk, self._erasure, self._person = unit, desk, erasure, person
        self._actor = erasure["asked_by"]

    def run(self) -> None:
        """Household, offer of help and account first, then the person, then any child they were at home with."""
        for household in self._unit.collection(HOUSEHOLDS).find({"members": self._person["_id"]}):
            leave_household(self._unit, self._actor, household, self._person["_id"], "erased", self._desk.today())
        for volunteer in self._unit.collection(VOLUNTEERS).find({"person": self._person["_id"]}):
            self._retire(volunteer)
        for account in self._unit.collection(ACCOUNTS).find({"person": self._person["_id"], "ended": False}):
            alter(self._unit, self._actor, account, {"ended": True})
        self._erase()
        for kin in self._unit.collection(KINSHIPS).find({"relative": self._person["_id"]}):
            somebody_left(self._unit, self._desk, self._actor, kin["recipient"])

    def _erase(self) -> None:
        person = self._person
        fresh = {**person, **gone(person), "revision": person["revision"] + 1}
        self._unit.collection(PEOPLE).replace(fresh, was=person["revision"])
        head = {"subject": person["_id"], "revision": fresh["revision"], "branch": person["branch"], "actor": self._actor}
        data = {"ground": self._erasure["ground"], "second": self._erasure["second"]}
        self._unit.tell("person.erased.v1", **head, data=data)

    def _retire(self, volunteer: Doc) -> None:
        end_pairings(self._unit, self._actor, {"volunteer": volunteer["_id"]}, "erased")
        fresh = {**volunteer, "state": "left", "revision": volunteer["revision"] + 1}
        self._unit.collection(VOLUNTEERS).replace(fresh, was=volunteer["revision"])
        tell_volunteer(self._unit, self._actor, fresh, opened(self._desk.sealer, PEOPLE, self._person, self._person["_id"]))


class Erasures:
    """The worker's loop that destroys keys and empties documents. Each step may be done again: a kill loses nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def run(self, stop: threading.Event) -> None:
        """Erase what was agreed to until stopped."""
        while not stop.is_set():
            try:
                if not self.step():
                    stop.wait(IDLE_SECONDS)
            except PyMongoError as error:
                log.warning("erasures_interrupted", error=type(error).__name__)
                stop.wait(1.0)

    def step(self) -> bool:
        """Finish the oldest erasure agreed to. False when there is none."""
        erasure = self._desk.database[ERASURES].find_one({"state": "approved"}, sort=[("_id", 1)])
        if erasure is None:
            return False
        self._desk.keys.erase(erasure["person"])
        for roster in rosters_with(self._desk, erasure["person"]):
            destroy_files(self._desk, roster)
        self._desk.units.run(lambda unit: self._empty(unit, erasure))
        return True

    def _empty(self, unit: Unit, erasure: Doc) -> None:
        person = erasure["person"]
        if unit.collection(ERASURES).find_one({"_id": erasure["_id"], "state": "approved"}) is None:
            return  # another worker was first
        empty_documents(unit, person)
        done = {"$set": {"state": "done", "done_at": self._desk.now()}, "$inc": {"revision": 1}}
        unit.collection(ERASURES).update({"_id": erasure["_id"]}, done)
        data = {"person": person, "keys": 1}
        head = {"subject": erasure["_id"], "revision": 1, "branch": erasure["branch"], "actor": SYSTEM}
        unit.tell("key.destroyed.v1", **head, data=data)
