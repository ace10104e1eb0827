"""Reads the rows a rule wants together: by index, some hundred keys at a time, whatever the county's size."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from services.audit.evidence.assembly import opened
from services.audit.evidence.rules.finding import Row, Rule
from services.audit.evidence.store import ACCOUNTS, PEOPLE, SAID, VISITS
from services.audit.store import HOUSES
from shared.sealing import Sealer

Doc = dict[str, Any]
KEYS_AT_ONCE = 200
UNREAD = {"proofs": 0, "confirmed": 0, "renewed": 0}


class Sources:
    """The rows of visits, moves, endings, answers and numbers, by the key of a rule."""

    def __init__(self, database: Database[Doc], sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    def groups(self, rule: Rule, since: datetime, now: datetime) -> Iterator[Sequence[Row]]:
        """For each key that something was told of since then: its rows of the rule's days, in the order of their time."""
        keys: list[str] = []
        for key in self._stirred(rule, since, now):
            keys.append(key)
            if len(keys) == KEYS_AT_ONCE:
                yield from self._together(rule, keys, now)
                keys = []
        if keys:
            yield from self._together(rule, keys, now)

    def _stirred(self, rule: Rule, since: datetime, now: datetime) -> Iterator[str]:
        steps: list[Doc] = [{"$match": {rule.time: {"$gt": since, "$lte": now}, **_wanted(rule)}}]
        steps += [{"$unwind": "$" + rule.key}] if rule.rows == PEOPLE else []
        for row in self._database[rule.rows].aggregate([*steps, {"$group": {"_id": "$" + rule.key}}]):
            if row["_id"] is not None:
                yield row["_id"]

    def _together(self, rule: Rule, keys: list[str], now: datetime) -> Iterator[Sequence[Row]]:
        wanted: Doc = {rule.key: {"$in": keys}, **_wanted(rule)}
        if rule.days:
            wanted[rule.time] = {"$gt": now - timedelta(days=rule.days), "$lte": now}
        rows = self._database[rule.rows].find(wanted, UNREAD, sort=[(rule.time, 1), ("_id", 1)])
        found: dict[str, list[Row]] = defaultdict(list)
        for key, row in self._keyed(rule, rows, set(keys)):
            found[key].append(row)
        return iter(found.values())

    def _keyed(self, rule: Rule, rows: Any, keys: set[str]) -> Iterator[tuple[str, Row]]:
        if rule.rows == PEOPLE:
            yield from self._numbers(list(rows), keys)
        elif rule.rows == SAID:
            yield from self._answers(rule, rows)
        else:
            yield from self._with_roles(rule, list(rows))

    def _with_roles(self, rule: Rule, rows: list[Doc]) -> Iterator[tuple[str, Row]]:
        """`by`: as what somebody keyed it in. A clerk with a printed list counts no less than a volunteer's own phone."""
        actors = list({row["actor"] for row in rows if "actor" in row})
        roles = {row["_id"]: row["role"] for row in self._database[ACCOUNTS].find({"_id": {"$in": actors}})}
        for row in rows:
            actor = row.get("actor", "")
            yield row[rule.key], {**row, "by": "system" if actor.startswith("system:") else roles.get(actor, "")}

    def _answers(self, rule: Rule, rows: Any) -> Iterator[tuple[str, Row]]:
        """What families said of visits that are known here; what was erased is passed over."""
        for row in rows:
            said = opened(self._sealer, row)
            if said is not None and "volunteer" in said:
                yield row[rule.key], said

    def _numbers(self, people: list[Doc], keys: set[str]) -> Iterator[tuple[str, Row]]:
        homes = self._homes([row["_id"] for row in people])
        for row in people:
            for number in keys.intersection(row["phones"]):
                yield number, {**row, "number": number, "household": homes.get(row["_id"], row["_id"])}

    def _homes(self, people: list[str]) -> Mapping[str, str]:
        houses = self._database[HOUSES].find({"members": {"$in": people}}, {"members": 1})
        return {person: house["_id"] for house in houses for person in house["members"]}


def _wanted(rule: Rule) -> Doc:
    done: Doc = {"state": "completed"} if rule.rows == VISITS else {}
    return done | dict(rule.wanted)
