"""Opening and closing concerns. Each change is told; a hidden one (a dispute) names neither thing nor branch outside.

concerns  {_id, revision, key, kind, level, branch: who must act, place: where it is, state, raised_at, due?, day?,
           about?, shown: {...}, shows?: events, times, cause?, closed_at?, closed_by?, why?, hidden?, record?, sealed?}
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.model.concern import RULES, WORDS, Rule, acting, key
from services.audit.store import CONCERNS
from shared.access import Principal, Role
from shared.clock import CountyClock, county_day, from_wire, to_wire
from shared.errors import Conflict, NotFound, Refused, Stale
from shared.events import Event
from shared.ids import is_id, new_id
from shared.sealing import Sealer
from shared.units import Unit

Doc = dict[str, Any]
SYSTEM = "system:audit"
OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a concern is about. `place`: branch path where it is; `day`: when it happened, where that matters for closing."""

    kind: str
    place: str
    about: str = ""
    per: tuple[str, ...] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""
    record: str = ""
    """For a hidden one: the record whose key seals it."""
    mark: str = ""
    """For a hidden one that several records may show: a keyed digest of the thing, so that it is raised once."""
    at: datetime | None = None
    """When it came to be so, where no event that is being handled says it."""
    levels: tuple[str, ...] = ()
    """Who must act, where it depends on the place and not on the kind alone."""
    shows: tuple[str, ...] = ()
    """The events that show it, at most 20; the log has them."""


class Concerns:
    """Opens and closes concerns inside a unit of work."""

    def __init__(self, sealer: Sealer, clock: CountyClock, home: str, restored_at: datetime | None = None) -> None:
        self._sealer, self._clock, self._home = sealer, clock, home
        self._restored_at = restored_at
        """When this database was put back from a backup: what happened until then may have been seen to before."""

    def open(self, unit: Unit, matter: Matter) -> None:
        """Open the matter at each level that must act. What is open already is only counted."""
        rule = RULES[matter.kind]
        for level in matter.levels or rule.levels:
            self._open(unit, matter, rule, level)

    def close_about(
        self, unit: Unit, about: str, kinds: tuple[str, ...], why: str, upto: str = "", per: tuple[str, ...] = ()
    ) -> None:
        """Close all open ones of these kinds about a thing; with `upto` (a day) not those of a later day; with `per` that one.

        An event of the lost time, handled once more, closes nothing that was raised after it.
        """
        at = self._lost_since(unit)
        these: Doc = {"kind": {"$in": list(kinds)}}
        if per:
            these["key"] = {"$in": [key(kind, level, about, *per) for kind in kinds for level in RULES[kind].levels]}
        for found in unit.collection(CONCERNS).find({"about": about, "state": OPEN, **these}):
            if at is not None and to_wire(found["raised_at"]) > to_wire(at):
                continue
            if not upto or found["shown"].get("day", "") <= upto:
                self._close(unit, found, why, SYSTEM)

    def close_others(self, unit: Unit, kind: str, keep: Collection[str], why: str) -> None:
        """Close all open ones of this kind but those with these keys (`name_of`)."""
        for found in unit.collection(CONCERNS).find({"kind": kind, "state": OPEN, "key": {"$nin": list(keep)}}):
            self._close(unit, found, why, SYSTEM)

    def close_by_hand(self, unit: Unit, concern: str, word: str, who: Principal, was: int) -> int:
        """A person closes one with a word. Returns the new revision. Raises NotFound out of scope, Stale, Conflict."""
        if word not in WORDS:
            raise Refused.field("word", "not_a_choice", "is no word to close with", "choose one of the list")
        found = unit.collection(CONCERNS).find_one({"_id": concern, **visible(who)})
        if found is None:
            raise NotFound("no such concern")
        if found["state"] == CLOSED:
            raise Conflict("this concern is closed already")
        if found["revision"] != was:
            raise Stale("this concern has changed since you read it")
        return self._close(unit, found, word, who.account)

    def opened(self, found: Doc) -> Doc:
        """A concern with its hidden part, for those who may see it. An erased record opens to nothing."""
        if not found.get("hidden"):
            return found
        inner = self._sealer.open(found["record"], CONCERNS, found["_id"], found["sealed"])
        return {**found, **inner} if isinstance(inner, dict) else {**found, "erased": True}

    def _open(self, unit: Unit, matter: Matter, rule: Rule, level: str) -> None:
        rows = unit.collection(CONCERNS)
        name = name_of(matter, level)
        at = self._lost_since(unit, matter.at)
        if at is not None and rows.find_one({"key": name, **_seen_to(matter, at)}):
            return
        known = rows.find_one({"key": name, "state": OPEN})
        if known is not None:
            rows.update({"_id": known["_id"], "state": OPEN}, {"$inc": {"times": 1}, "$set": {"shown": dict(matter.shown)}})
            return
        made = self._document(matter, rule, level, name, new_id())
        if rule.pause and _made_within(rows.find({"key": name}, sort=[("_id", -1)], limit=1), made["_id"], rule.pause):
            return
        rows.insert(made)
        self._tell_raised(unit, made, matter)

    def brought_back(self, event: Event, matter: Matter, level: str) -> Doc:
        """A concern as it was raised, from the event that told of it."""
        made = self._document(matter, RULES[matter.kind], level, name_of(matter, level), event.subject)
        return {**made, "raised_at": from_wire(event.time)} | ({"due": event.data["due"]} if "due" in event.data else {})

    def _lost_since(self, unit: Unit, at: datetime | None = None) -> datetime | None:
        """The instant of what is at hand, when it may have been handled before this database was restored."""
        instant = from_wire(unit.handling.time) if unit.handling else at
        return instant if instant and self._restored_at and instant <= self._restored_at else None

    def _document(self, matter: Matter, rule: Rule, level: str, name: str, made_id: str) -> Doc:
        now = self._clock.now()
        made: Doc = {"_id": made_id, "revision": 1, "key": name, "kind": matter.kind, "level": level, "state": OPEN}
        made |= {"branch": acting(matter.place, level), "raised_at": now, "times": 1, "shown": {}}
        if rule.within is not None:
            made["due"] = (county_day(now) + timedelta(days=rule.within)).isoformat()
        if matter.cause:
            made["cause"] = matter.cause
        inner: Doc = {"about": matter.about, "place": matter.place, "shown": dict(matter.shown)}
        inner |= {"shows": list(matter.shows)} if matter.shows else {}
        if rule.hidden:
            sealed = self._sealer.seal(matter.record, CONCERNS, made_id, inner)
            return made | {"hidden": True, "record": matter.record, "sealed": sealed}
        return made | inner

    def _close(self, unit: Unit, found: Doc, why: str, who: str) -> int:
        revision = int(found["revision"]) + 1
        changed = {"revision": revision, "state": CLOSED, "closed_at": self._clock.now(), "closed_by": who, "why": why}
        unit.collection(CONCERNS).replace({**found, **changed}, was=found["revision"])
        self._tell_closed(unit, {**found, **changed})
        return revision

    def _tell_raised(self, unit: Unit, made: Doc, matter: Matter) -> None:
        if made.get("hidden"):
            self._tell_hidden(unit, made, matter.about, OPEN, matter.shows)
            return
        data: Doc = {"kind": made["kind"], "level": made["level"]}
        if is_id(matter.about):
            data["about"] = matter.about
        if "due" in made:
            data["due"] = made["due"]
        if matter.shows:
            data["shows"] = list(matter.shows)
        self._tell(unit, "concern.raised.v1", made, SYSTEM, data)

    def _tell_closed(self, unit: Unit, found: Doc) -> None:
        if found.get("hidden"):
            self._tell_hidden(unit, found, self.opened(found).get("about", ""), CLOSED)
            return
        self._tell(unit, "concern.closed.v1", found, found["closed_by"], {"kind": found["kind"], "why": found["why"]})

    def _tell(self, unit: Unit, type_: str, found: Doc, actor: str, data: Doc) -> None:
        unit.tell(type_, subject=found["_id"], revision=found["revision"], branch=found["branch"], actor=actor, data=data)

    def _tell_hidden(self, unit: Unit, found: Doc, about: str, state: str, shows: tuple[str, ...] = ()) -> None:
        """Neither branch nor actor says anything, and everything else is sealed under the record."""
        if not about:
            return  # erased: nobody can be told anything of it any more
        inner: Doc = {"kind": found["kind"], "about": about, "state": state} | ({"shows": list(shows)} if shows else {})
        who = {"subject": found["_id"], "branch": self._home, "actor": new_id()}
        unit.tell("concern.hidden.v1", revision=found["revision"], closed={found["record"]: inner}, **who)


def name_of(matter: Matter, level: str) -> str:
    """What makes two concerns the same one while it is open."""
    return key(matter.kind, level, matter.mark or matter.record or matter.about, *matter.per)


def _seen_to(matter: Matter, at: datetime) -> Doc:
    """Matches what this very matter raised before, or whatever was closed since it happened."""
    since: list[Doc] = [{"closed_at": {"$gte": at}}]
    return {"$or": [*since, {"cause": matter.cause}] if matter.cause else [*since, {"state": OPEN}]}


def _made_within(earlier: list[Doc], now: str, seconds: int) -> bool:
    """Whether the last one was made less than so many seconds before: UUIDv7 tells in milliseconds."""
    return any((UUID(now).int >> 80) - (UUID(row["_id"]).int >> 80) < seconds * 1000 for row in earlier)


def visible(who: Principal) -> Doc:
    """The filter of what an account may see: what its branch, or one below it, must act on; a clerk nothing hidden."""
    if who.role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR):
        return who.scope()
    return {**who.scope(), "hidden": {"$exists": False}}
