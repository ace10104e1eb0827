"""A unit of work over rows in memory: what the inbox needs of a real one, for thousands of histories a minute."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import Vanished

Doc = dict[str, Any]


class Rows:
    """One collection. Filters know equality and `$in`; changes know `$set`, `$unset`, `$inc`."""

    def __init__(self, rows: dict[str, Doc]) -> None:
        self._rows = rows

    def find(self, filter: Mapping[str, Any]) -> list[Doc]:
        return [copy.deepcopy(row) for row in self._rows.values() if _fits(row, filter)]

    def find_one(self, filter: Mapping[str, Any]) -> Doc | None:
        return next(iter(self.find(filter)), None)

    def insert(self, document: Doc) -> None:
        assert document["_id"] not in self._rows, "a duplicate"
        self._rows[document["_id"]] = copy.deepcopy(document)

    def insert_many(self, documents: Sequence[Doc]) -> None:
        for document in documents:
            self.insert(document)

    def replace_rows(self, documents: Sequence[Doc]) -> None:
        for document in documents:
            if document["_id"] not in self._rows:
                raise Vanished("a write matched nothing")
            self._rows[document["_id"]] = copy.deepcopy(document)

    def update_any(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        found = [row for row in self._rows.values() if _fits(row, filter)]
        for row in found:
            row.update(change.get("$set", {}))
            for name in change.get("$unset", {}):
                row.pop(name, None)
            for name, by in change.get("$inc", {}).items():
                row[name] = row.get(name, 0) + by
        return len(found)

    def increase(self, amounts: Mapping[str, Mapping[str, int]]) -> None:
        for key, numbers in amounts.items():
            row = self._rows.setdefault(key, {"_id": key})
            for name, by in numbers.items():
                row[name] = row.get(name, 0) + by

    def delete(self, filter: Mapping[str, Any]) -> None:
        if self.delete_any(filter) != 1:
            raise Vanished("a write matched nothing")

    def delete_any(self, filter: Mapping[str, Any]) -> int:
        gone = [key for key, row in self._rows.items() if _fits(row, filter)]
        for key in gone:
            del self._rows[key]
        return len(gone)


class UnitInMemory:
    """A unit under way; what it told is only counted."""

    def __init__(self, tables: dict[str, dict[str, Doc]]) -> None:
        self._tables = tables
        self.handling: Any = None
        self.told: list[str] = []

    def collection(self, name: str) -> Rows:
        return Rows(self._tables.setdefault(name, {}))

    def tell(self, type_: str, **words: Any) -> None:
        self.told.append(type_)


class UnitsInMemory:
    """Runs units one after the other. One that raises has written nothing."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Doc]] = {}

    def run(self, work: Callable[[Any], Any]) -> Any:
        tables = copy.deepcopy(self.tables)
        result = work(UnitInMemory(tables))
        self.tables = tables
        return result


def _fits(row: Doc, filter: Mapping[str, Any]) -> bool:
    return all(_value_fits(row.get(name), wanted) for name, wanted in filter.items())


def _value_fits(value: Any, wanted: Any) -> bool:
    return value in wanted["$in"] if isinstance(wanted, dict) else bool(value == wanted)
