"""What the scheduler can be asked. Every list is bounded by the account: a volunteer sees own visits, others their branch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pymongo.database import Database

from services.scheduler import store
from services.scheduler.model.rhythm import RHYTHMS
from services.scheduler.model.visit import OPEN, as_shown
from shared.access import Principal, Role
from shared.errors import NotFound

Doc = dict[str, Any]
SEES_DISPUTES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR})
POOLED = 5
"""Fewer answers than this are not shown to the village: a figure of two could be told apart (docs/domain.md, rule 2)."""
LONGEST = 8
COUNTED = ("planned", "completed", "missed", "confirmed", "said_yes", "disputed", "look_ins", "look_ins_done")


class Queries:
    """Reads of one service's database. Opens nothing that is sealed. Thread-safe."""

    def __init__(self, database: Database[Doc]) -> None:
        self._database = database

    def bounds(self, who: Principal) -> Doc:
        """The filter every query of visits carries for this account."""
        if who.role is Role.VOLUNTEER:
            known = self._database[store.VOLUNTEERS].find_one({"person": {"$eq": who.person}}) if who.person else None
            return {"volunteer": known["_id"] if known else ""}
        return who.scope()

    def visits(self, who: Principal, wanted: Mapping[str, Any], after: Sequence[Any], limit: int) -> list[Doc]:
        """Visits by day, number and id. `wanted`: `first` and `last` day, perhaps `state`, `household`, `kind`."""
        filter: Doc = {"day": {"$gte": wanted["first"], "$lte": wanted["last"]}}
        filter |= {name: {"$eq": wanted[name]} for name in ("state", "household", "kind") if wanted.get(name)}
        both = [self.bounds(who), filter, *([_beyond(("day", "number", "_id"), after)] if after else [])]
        return self._find(store.VISITS, {"$and": both}, [("day", 1), ("number", 1), ("_id", 1)], limit)

    def visit(self, who: Principal, visit: str) -> Doc:
        """One visit in this account's bounds. Raises NotFound."""
        found = self._database[store.VISITS].find_one({"$and": [{"_id": {"$eq": visit}}, self.bounds(who)]})
        if found is None:
            raise NotFound("no such visit, or not yours to see")
        return found

    def any_visit(self, visit: str) -> Doc:
        """One visit, for the answer of a command that was allowed on it. Raises NotFound."""
        found = self._database[store.VISITS].find_one({"_id": {"$eq": visit}})
        if found is None:
            raise NotFound("no such visit")
        return found

    def plans(self, who: Principal, after: Sequence[Any], limit: int) -> list[Doc]:
        """Care plans by household number."""
        bounds = self.bounds(who)
        both = [bounds, *([_beyond(("number", "_id"), after)] if after else [])]
        return self._find(store.PLANS, {"$and": both}, [("number", 1), ("_id", 1)], limit)

    def uncovered(self, who: Principal, month: str, after: Sequence[Any], limit: int) -> list[Doc]:
        """What nobody can give in this month, by household number."""
        filter = {"month": {"$eq": month}, "visits": {"$gt": 0}}
        both = [who.scope(), filter, *([_beyond(("number", "_id"), after)] if after else [])]
        return self._find(store.UNCOVERED, {"$and": both}, [("number", 1), ("_id", 1)], limit)

    def uncovered_by_cause(self, who: Principal, month: str) -> dict[str, int]:
        """How many visits of this month stay open, by cause, the greatest first."""
        pipeline: list[Doc] = [
            {"$match": {"$and": [who.scope(), {"month": {"$eq": month}, "visits": {"$gt": 0}}]}},
            {"$group": {"_id": "$why", "visits": {"$sum": "$visits"}}},
            {"$sort": {"visits": -1, "_id": 1}},
        ]
        return {row["_id"]: row["visits"] for row in self._database[store.UNCOVERED].aggregate(pipeline)}

    def of_person(self, who: Principal, person: str, limit: int = 100) -> list[Doc]:
        """Visits to the household this person lives in, newest first. Raises NotFound outside the account's bounds."""
        households = [row["_id"] for row in self._database[store.HOUSEHOLDS].find({"members": {"$eq": person}})]
        known = self._database[store.PEOPLE].find_one({"_id": {"$eq": person}})
        if who.role is not Role.VOLUNTEER and known is not None and not who.sees(known.get("branch", who.branch)):
            raise NotFound("no such person, or not yours to see")
        filter = {"$and": [{"household": {"$in": households}}, self.bounds(who)]}
        return self._find(store.VISITS, filter, [("day", -1), ("_id", -1)], limit)

    def open_look_ins(self, who: Principal) -> list[Doc]:
        """Asks nobody has answered yet, soonest promise first."""
        filter = {"kind": "look_in", "state": {"$in": [str(state) for state in OPEN]}}
        return self._find(store.VISITS, {"$and": [filter, self.bounds(who)]}, [("due", 1), ("number", 1)], 50)

    def missed(self, who: Principal, since: date) -> list[Doc]:
        """Visits missed since this day whose household nobody came to afterwards."""
        filter = {"state": "missed", "day": {"$gte": since.isoformat()}}
        rows = self._find(store.VISITS, {"$and": [filter, self.bounds(who)]}, [("day", 1), ("number", 1)], 200)
        homes = self.households(row["household"] for row in rows)
        return [row for row in rows if homes.get(row["household"], {}).get("last_visit", "") < row["day"]]

    def longest_without_visit(self, who: Principal, today: date) -> list[Doc]:
        """The households longest without a visit, beyond their rhythm; never visited since they are cared for comes first."""
        late = []
        for band, rhythm in RHYTHMS.items():
            if rhythm.every_days:
                before = (today - timedelta(days=rhythm.every_days)).isoformat()
                since = {"band": band, "last_visit": {"$lt": before}, "since": {"$lt": before}, "care": "active"}
                order = [("last_visit", 1), ("rank", 1), ("number", 1)]
                late += self._find(store.HOUSEHOLDS, {"$and": [since, who.scope()]}, order, LONGEST)
        return sorted(late, key=lambda row: (row["last_visit"], row["rank"], row["number"]))[:LONGEST]

    def figures(self, who: Principal, month: str) -> Doc:
        """Outcomes and counts of the account's branch for a month. Few answers are not shown to the village."""
        days = {"day": {"$gte": month + "-01", "$lte": month + "-31"}}
        counts = self._counted({"$and": [who.scope(), days]})
        homes = self._database[store.HOUSEHOLDS]
        care = {"$and": [who.scope(), {"care": "active", "band": {"$ne": "none"}}]}
        visited = {"$and": [care, {"last_visit": {"$gte": month + "-01"}}]}
        open_ = list(self._database[store.UNCOVERED].find({"$and": [who.scope(), {"month": {"$eq": month}}]}))
        answers = counts["confirmed"] + counts["disputed"]
        told = who.role in SEES_DISPUTES or answers >= POOLED
        said_yes = counts.pop("said_yes")  # of which some were disputed since: a figure that falls would tell so (rule 2)
        return {
            **counts,
            "households": homes.count_documents(care),
            "households_visited": homes.count_documents(visited),
            "not_covered": sum(row["visits"] for row in open_),
            "confirmed": (counts["confirmed"] if who.role in SEES_DISPUTES else said_yes) if told else None,
            "disputed": counts["disputed"] if who.role in SEES_DISPUTES else None,
        }

    def homes(self, who: Principal, after: Sequence[Any], limit: int) -> list[Doc]:
        """Households cared for in the account's branch, by number."""
        both = [who.scope(), {"care": "active"}, *([_beyond(("number", "_id"), after)] if after else [])]
        return self._find(store.HOUSEHOLDS, {"$and": both}, [("number", 1), ("_id", 1)], limit)

    def households(self, ids: Iterable[str]) -> dict[str, Doc]:
        """Households by id."""
        return {row["_id"]: row for row in self._database[store.HOUSEHOLDS].find({"_id": {"$in": sorted(set(ids))}})}

    def volunteer_numbers(self, ids: Iterable[str]) -> dict[str, str]:
        """Human numbers of volunteers by id."""
        wanted = {"_id": {"$in": sorted(set(ids))}}
        return {row["_id"]: row["number"] for row in self._database[store.VOLUNTEERS].find(wanted, {"number": 1})}

    def place_names(self, branches: Iterable[str]) -> dict[str, str]:
        """Names of places by branch path."""
        wanted = {"_id": {"$in": sorted({path.rsplit("/", 1)[-1] for path in branches})}}
        return {row["branch"]: row["name"] for row in self._database[store.BRANCHES].find(wanted)}

    def paired(self, volunteer: str) -> set[str]:
        """Households this volunteer is paired with."""
        return {row["household"] for row in self._database[store.PAIRINGS].find({"volunteer": {"$eq": volunteer}})}

    def people(self, ids: Iterable[str]) -> list[Doc]:
        """What is known of recipients; what speaks of them stays sealed."""
        return list(self._database[store.PEOPLE].find({"_id": {"$in": sorted(set(ids))}}))

    def _counted(self, filter: Doc) -> dict[str, int]:
        group = {"_id": {"state": "$state", "witness": "$witness", "kind": "$kind", "yes": "$said_yes"}, "count": {"$sum": 1}}
        counts = dict.fromkeys(COUNTED, 0)
        for row in self._database[store.VISITS].aggregate([{"$match": filter}, {"$group": group}]):
            state, witness, kind = row["_id"]["state"], row["_id"]["witness"], row["_id"]["kind"]
            counts["planned"] += row["count"]
            for name, holds in (
                ("completed", state == "completed"),
                ("missed", state == "missed"),
                ("confirmed", witness == "confirmed"),
                ("said_yes", witness == "confirmed" or row["_id"].get("yes")),
                ("disputed", witness == "disputed"),
                ("look_ins", kind == "look_in" and state != "missed"),
                ("look_ins_done", kind == "look_in" and state == "completed"),
            ):
                counts[name] += row["count"] if holds else 0
        return counts

    def _find(self, name: str, filter: Doc, order: list[tuple[str, int]], limit: int) -> list[Doc]:
        return list(self._database[name].find(filter, sort=order, limit=limit))


def shown(who: Principal, visit: Doc) -> str:
    """The word for a visit's state that this account may see."""
    said_yes = visit.get("said_yes", False)
    return as_shown(visit["state"], visit["witness"], visit["asked"], who.role in SEES_DISPUTES, said_yes)


def _beyond(keys: Sequence[str], after: Sequence[Any]) -> Doc:
    """Rows that sort after this position."""
    steps = [
        {**{key: {"$eq": value} for key, value in zip(keys[:depth], after, strict=False)}, keys[depth]: {"$gt": after[depth]}}
        for depth in range(len(keys))
    ]
    return {"$or": steps}


def by_day(row: Doc) -> tuple[str, str, str]:
    """The position of a visit in a list: day, household number, id."""
    return row["day"], row["number"], row["_id"]


def by_number(row: Doc) -> tuple[str, str]:
    """The position of a household, or of something about one, in a list."""
    return row["number"], row["_id"]
