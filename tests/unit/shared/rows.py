"""A unit of work over rows in memory: what the backbone needs of a real one, for thousands of histories a minute."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.clock import MachineClock
from shared.errors import Vanished
from shared.events import Event
from shared.faultpoints import FaultPoints
from shared.units import outbox

Doc = dict[str, Any]
Tables = dict[str, dict[str, Doc]]


class Rows:
    """One collection. Filters know equality, `$in`, `$exists` and bounds; changes know `$set`, `$unset`, `$inc`,
    `$addToSet`, `$currentDate`.

    A row is put in anew when it changes, never changed: a shallow copy of the table is a snapshot.
    """

    def __init__(self, rows: dict[str, Doc], clock: MachineClock) -> None:
        self._rows, self._clock = rows, clock

    def find(self, filter: Mapping[str, Any], **_options: Any) -> list[Doc]:
        return [_copy(row) for row in self._rows.values() if fits(row, filter)]

    def find_one(self, filter: Mapping[str, Any], **_options: Any) -> Doc | None:
        return next(iter(self.find(filter)), None)

    def insert(self, document: Doc) -> None:
        assert document["_id"] not in self._rows, "a duplicate"
        self._rows[document["_id"]] = _copy(document)

    def insert_many(self, documents: Sequence[Doc]) -> None:
        for document in documents:
            self.insert(document)

    def replace_rows(self, documents: Sequence[Doc]) -> None:
        for document in documents:
            if document["_id"] not in self._rows:
                raise Vanished("a write matched nothing")
            self._rows[document["_id"]] = _copy(document)

    def update(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        if self.update_any(filter, change) != 1:
            raise Vanished("a write matched nothing")

    def update_any(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        found = [key for key, row in self._rows.items() if fits(row, filter)]
        for key in found:
            row = self._rows[key] = {**self._rows[key], **change.get("$set", {})}
            for name in change.get("$unset", {}):
                row.pop(name, None)
            row.update(dict.fromkeys(change.get("$currentDate", {}), self._clock.now()))
            for name, by in change.get("$inc", {}).items():
                row[name] = row.get(name, 0) + by
            for name, one in change.get("$addToSet", {}).items():
                row[name] = [*(each for each in row.get(name, []) if each != one), one]
        return len(found)

    def increase(self, amounts: Mapping[str, Mapping[str, int]]) -> None:
        for key, numbers in amounts.items():
            row = self._rows[key] = {**self._rows.get(key, {"_id": key})}
            for name, by in numbers.items():
                row[name] = row.get(name, 0) + by

    def delete(self, filter: Mapping[str, Any]) -> None:
        if self.delete_any(filter) != 1:
            raise Vanished("a write matched nothing")

    def delete_any(self, filter: Mapping[str, Any]) -> int:
        gone = [key for key, row in self._rows.items() if fits(row, filter)]
        for key in gone:
            del self._rows[key]
        return len(gone)


class UnitInMemory:
    """A unit under way; what it told is only counted."""

    def __init__(self, tables: Tables, clock: MachineClock) -> None:
        self._tables, self._clock = tables, clock
        self.handling: Any = None
        self.told: list[str] = []

    def collection(self, name: str) -> Rows:
        return Rows(self._tables.setdefault(name, {}), self._clock)

    def tell(self, type_: str, **words: Any) -> None:
        self.told.append(type_)


class UnitsInMemory:
    """Runs units one after the other. One that raises has written nothing. Passes the same fault points as a real one."""

    def __init__(self, faults: FaultPoints | None = None, clock: MachineClock | None = None) -> None:
        self.tables: Tables = {}
        self.clock = clock or MachineClock()
        self._faults = faults or FaultPoints()

    def run(self, work: Callable[[Any], Any]) -> Any:
        tables = {name: dict(rows) for name, rows in self.tables.items()}
        result = work(UnitInMemory(tables, self.clock))
        self._faults.passing("before_commit")
        self.tables = tables
        self._faults.passing("after_commit")
        return result

    def keep_told(self, events: Sequence[Event]) -> None:
        """Put what one commit told into the outbox."""
        rows: list[Doc] = [dict(insertion._doc) for insertion in outbox.insertions(events)]
        self.run(lambda unit: unit.collection(outbox.NAME).insert_many(rows))


def _copy(value: Any) -> Any:
    """A copy of what a row may hold; far quicker than copy.deepcopy."""
    if isinstance(value, dict):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def fits(row: Doc, filter: Mapping[str, Any]) -> bool:
    """Whether a filter matches a row."""
    return all(any(_value_fits(value, wanted) for value in _values(row, name)) for name, wanted in filter.items())


def _values(row: Doc, name: str) -> list[Any]:
    """What stands under a name, or under `rows.name` in each of its rows."""
    outer, _, inner = name.partition(".")
    return [each.get(inner) for each in row[outer]] if inner else [row.get(outer)]


def _value_fits(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    return all(_OPERATORS[name](value, operand) for name, operand in wanted.items())


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$in": lambda value, listed: value in listed,
    "$exists": lambda value, wanted: (value is not None) == wanted,
    "$regex": lambda value, pattern: re.search(pattern, value) is not None,
    "$lte": lambda value, bound: value is not None and value <= bound,
    "$gte": lambda value, bound: value is not None and value >= bound,
}
