"""What the backbone asks of a database outside any unit of work, over the same rows in memory."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from pymongo import UpdateOne

from tests.unit.shared.rows import Doc, Rows, UnitsInMemory


class DatabaseInMemory:
    """The committed rows of `units`, each write at once."""

    def __init__(self, units: UnitsInMemory) -> None:
        self._units = units

    def command(self, name: str) -> Doc:
        """`hello` alone: the database's clock."""
        assert name == "hello"
        return {"localTime": self._units.clock.now()}

    def __getitem__(self, name: str) -> "CollectionInMemory":
        return CollectionInMemory(self._units, name)


class CollectionInMemory:
    """As much of pymongo's Collection as is asked for."""

    def __init__(self, units: UnitsInMemory, name: str) -> None:
        self._units, self._name = units, name
        self.database = DatabaseInMemory(units)

    def find(self, filter: Mapping[str, Any] | None = None, *, sort: Any = None, limit: int = 0, **_options: Any) -> list[Doc]:
        found = self._rows().find(filter or {})
        for name, direction in reversed(sort or []):
            found.sort(key=lambda row: row[name], reverse=direction < 0)
        return found[: limit or None]

    def find_one(self, filter: Mapping[str, Any] | None = None, *_projection: Any) -> Doc | None:
        return self._rows().find_one(filter or {})

    def update_many(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> Any:
        return SimpleNamespace(modified_count=self._rows().update_any(filter, change))

    def find_one_and_update(self, filter: Mapping[str, Any], change: Mapping[str, Any], **_options: Any) -> Doc | None:
        if self.find_one(filter) is None:
            self._rows().insert(dict(filter))
        self._rows().update_any(filter, change)
        return self._rows().find_one(filter)

    def delete_many(self, filter: Mapping[str, Any]) -> None:
        self._rows().delete_any(filter)

    def bulk_write(self, writes: Sequence[Any], **_options: Any) -> None:
        for write in writes:
            if isinstance(write, UpdateOne):
                self.find_one_and_update(write._filter, write._doc)
            else:
                self._rows().delete_any(write._filter)
                self._rows().insert(write._doc)

    def _rows(self) -> Rows:
        return Rows(self._units.tables.setdefault(self._name, {}), self._units.clock)
