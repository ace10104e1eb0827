"""What the audit service can be asked about its log: entries within a scope, the log's state, names of places.

A clerk and a supervisor see the entries of their branch and below, never a hidden type; an inspector and an administrator
of the county see everything. Opens nothing sealed (unsealing.py does).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from services.audit.commands.concerns import CLOSED, OPEN, visible
from services.audit.evidence.evening import called
from services.audit.evidence.store import VISITS
from services.audit.search import Wanted
from services.audit.store import BRANCHES, CONCERNS, ENTRIES, EXPORTS, HEALTH, HOLES, HOUSES, LOG, PERSONS, THE_LOG, LogStore
from services.audit.witnessing.cosigned import Cosigned, Witnessed, published
from shared.access import Principal, Role, within
from shared.canonical import parse
from shared.errors import Busy, Malformed, NotFound
from shared.events import Kind, catalogue
from shared.http.cursors import PAGE
from shared.ids import is_id

Doc = dict[str, Any]
LATEST_EXPORTS = 20
WHOLE_COUNTY = (Role.INSPECTOR, Role.ADMINISTRATOR)


class LogQueries:
    """Reads one county's audit database."""

    def __init__(self, database: Database[Doc], home: str) -> None:
        self._database, self._home = database, home
        self._store, self._cosigned = LogStore(database), Cosigned(database)

    def state(self) -> Doc:
        """The log's row. Raises Busy before its first start."""
        found = self._store.state()
        if found is None:
            raise Busy("the log has not begun yet", retry_after=2)
        return found

    def published(self, now: datetime) -> bytes:
        """The checkpoint to serve: with witnesses' cosignatures where enough of them signed (cosigned.py)."""
        state = self.state()
        return published(state, self._cosigned.standing(state["origin"]), now)

    def vouching(self, index: int) -> Doc:
        """The log's row to prove an entry by: under the newest cosigned checkpoint where that holds it, else the newest."""
        state = self.state()
        standing = self._cosigned.standing(state["origin"])
        if standing is None or not index < standing["size"] <= state["signed"]:
            return state
        return {**state, **{name: standing[name] for name in ("note", "root", "key")}}

    def witnessed(self, now: datetime) -> Witnessed:
        """What the log's witnesses say, in one line."""
        return self._cosigned.witnessed(self.state()["origin"], now)

    def holes(self) -> int:
        """Holes in the subjects' chains, as the log holds them now."""
        return self._store.holes()

    def seen(self) -> Doc:
        """How the log was seen last (health.py, scrub.py); empty before the first look."""
        return self._database[HEALTH].find_one(THE_LOG) or {}

    def first_holes(self, most: int) -> list[Doc]:
        """Holes as {subject, revision, entry, service}: what is missing, the entry after it, and whose it is."""
        found = list(self._database[HOLES].find(sort=[("entry", 1)], limit=most))
        whose = self._database[ENTRIES].find({"_id": {"$in": [hole["entry"] for hole in found]}}, {"service": 1})
        services = {row["_id"]: row["service"] for row in whose}
        return [{**hole, "service": services.get(hole["entry"], "other")} for hole in found]

    def odd(self) -> int:
        """Entries that are no events of ours, or say another thing under a known id."""
        return self._store.odd()

    def quiet(self) -> dict[str, Any]:
        """What the conductor asks: how many events of each service are in the log, and whether all are signed."""
        row = self._database[LOG].find_one(THE_LOG, {"counts": 1, "size": 1, "signed": 1}) or {"counts": {}}
        busy = ["log integrating"] if row.get("size", 0) > row.get("signed", 0) else []
        busy += ["contradictions"] if called(self._database) else []
        return {"logged": row["counts"], "busy": busy}

    def entries(self, who: Principal, wanted: Wanted, position: Sequence[Any] | None = None, most: int = PAGE + 1) -> list[Doc]:
        """Entries in this account's scope, in the search's order, after `position`; one more than a page, to see if more."""
        if not _meet(who.branch, wanted.branch):
            return []
        scope = self._scope(who)
        filter = {"$and": [scope, wanted.filter(self._home), *([wanted.after(position, scope)] if position else [])]}
        return list(self._database[ENTRIES].find(filter, sort=wanted.order(scope), limit=most))

    def entry(self, who: Principal, index: int) -> Doc:
        """One entry. Raises NotFound when it is not there, or not in scope."""
        return self._one(who, {"_id": index})

    def entry_of_event(self, who: Principal, event: str) -> Doc:
        """The entry that holds an event. Raises NotFound also while the event is on its way."""
        return self._one(who, {"key": {"$eq": event}})

    def entry_of_thing(self, who: Principal, subject: str, revision: int) -> Doc:
        """The entry that holds a thing's revision."""
        return self._one(who, {"link": f"{subject}#{revision}"})

    def indexes_of(self, events: Iterable[str]) -> dict[str, int]:
        """Where events stand in the log, for those that are there."""
        found = self._database[ENTRIES].find({"key": {"$in": [each for each in events if each]}}, {"key": 1})
        return {row["key"]: row["_id"] for row in found}

    def about_person(self, who: Principal, person: str, without: Iterable[str], most: int = PAGE) -> list[Doc]:
        """What the log holds about a person and the person's household, newest first."""
        houses = [row["_id"] for row in self._database[HOUSES].find({"members": {"$eq": person}}, {"_id": 1})]
        left_out = [name for name in catalogue() if name.split(".")[0] in set(without)]
        wanted = {"about": {"$in": [person, *houses]}, "type": {"$nin": left_out}}
        filter = {"$and": [self._scope(who), wanted]}
        return list(self._database[ENTRIES].find(filter, sort=[("_id", DESCENDING)], limit=most))

    def concerns(
        self, who: Principal, branch: str, kind: str, closed: bool, before: str = "", most: int = PAGE + 1
    ) -> list[Doc]:
        """Concerns that this account's branch or one below must act on, newest first."""
        filter: Doc = {"$and": [visible(who), {"state": CLOSED if closed else OPEN}]}
        if branch:
            filter["$and"].append(within(branch))
        if kind:
            filter["$and"].append({"kind": {"$eq": kind}})
        if before:
            filter["$and"].append({"_id": {"$lt": before}})
        return list(self._database[CONCERNS].find(filter, sort=[("_id", DESCENDING)], limit=most))

    def visit(self, visit: str) -> Doc:
        """What is known of a visit; empty when nothing is. Its evidence bounds who may see it."""
        return self._database[VISITS].find_one({"_id": {"$eq": visit}}, {"kind": 1, "day": 1, "household": 1}) or {}

    def concern(self, who: Principal, concern: str) -> Doc:
        """One concern. Raises NotFound when it is not there, or not in scope."""
        found = self._database[CONCERNS].find_one({"_id": {"$eq": concern}, **visible(who)})
        if found is None:
            raise NotFound("no such concern")
        return found

    def exports(self) -> list[Doc]:
        """The latest exports, newest first."""
        return list(self._database[EXPORTS].find({}, {"note": 0}, sort=[("_id", DESCENDING)], limit=LATEST_EXPORTS))

    def export(self, export: str) -> Doc:
        """One export. Raises NotFound."""
        found = self._database[EXPORTS].find_one({"_id": {"$eq": export}})
        if found is None:
            raise NotFound("no such export")
        return found

    def places(self, branches: Iterable[str]) -> dict[str, str]:
        """Branch path -> name of the place, for those that are known."""
        ids = {path.rsplit("/", 1)[-1]: path for path in branches if path}
        found = self._database[BRANCHES].find({"_id": {"$in": list(ids)}}, {"name": 1})
        return {ids[row["_id"]]: row["name"] for row in found}

    def branches(self, who: Principal) -> list[tuple[str, str]]:
        """Branches in this account's scope as (path, name with the branch above it), township by township."""
        known = {row["path"]: row["name"] for row in self._database[BRANCHES].find({}, {"path": 1, "name": 1})}
        mine = sorted(path for path in known if f"{path}/".startswith(f"{who.branch}/") and path != self._home)
        above = {path: known.get(path.rpartition("/")[0], "") for path in mine}
        deep = {path: path.count("/") > 1 for path in mine}
        return [(path, f"{above[path]} · {known[path]}" if deep[path] and above[path] else known[path]) for path in mine]

    def thing_of(self, said: str) -> str:
        """The id of a person or household given by its human number; what is no known number stays as it is."""
        if is_id(said) or not said:
            return said
        wanted = {"number": {"$eq": said}}
        row = self._database[PERSONS].find_one(wanted) or self._database[HOUSES].find_one(wanted)
        return str(row["_id"]) if row else said

    def path_of(self, branch: str) -> str:
        """The path of a branch given by its id or its path; what is unknown stays as it is."""
        if not is_id(branch):
            return branch
        row = self._database[BRANCHES].find_one({"_id": {"$eq": branch}})
        return row["path"] if row else branch

    def numbers(self, things: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Person or household id -> (human number, a person whose page shows it)."""
        ids = [thing for thing in things if is_id(thing)]
        known = {row["_id"]: (row["number"], row["_id"]) for row in self._database[PERSONS].find({"_id": {"$in": ids}})}
        for row in self._database[HOUSES].find({"_id": {"$in": ids}}):
            known[row["_id"]] = (row["number"], row["members"][0] if row["members"] else "")
        return known

    def _one(self, who: Principal, filter: Doc) -> Doc:
        found = self._database[ENTRIES].find_one({"$and": [self._scope(who), filter]})
        if found is None:
            raise NotFound("no such entry")
        return found

    def _scope(self, who: Principal) -> Doc:
        if who.role in WHOLE_COUNTY:
            return {}
        below = {} if who.branch == self._home else {"within": {"$eq": who.branch}}
        return {**who.scope(), **below, "type": {"$nin": hidden_types()}}


def hidden_types() -> list[str]:
    """Types whose subject, branch and actor say nothing: only the whole county's readers see that they are there."""
    return [name for name, kind in catalogue().items() if kind.is_(Kind.HIDDEN)]


def data_of(row: Doc) -> Mapping[str, Any]:
    """The data of an entry's event; empty for what is no event, also where somebody changed the body by hand."""
    if "event" not in row:
        return {}
    try:
        found = parse(bytes(row["body"]))["data"]
    except (Malformed, TypeError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def _meet(one: str, other: str) -> bool:
    """Whether one of two branches lies at or below the other: else nothing of the one is in the scope of the other."""
    return not other or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
