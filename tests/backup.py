"""A backup of a service's database in a test's memory: what somebody restores after a disk is gone."""

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database

Doc = dict[str, Any]


class Backup:
    """All documents as they were at one moment. Take it while nobody writes, or take what a backup under way would get."""

    def __init__(self, database: Database[Doc], documents: Mapping[str, list[Doc]]) -> None:
        self._database, self.documents = database, documents

    @classmethod
    def of(cls, database: Database[Doc]) -> "Backup":
        """Read every collection."""
        names = sorted(name for name in database.list_collection_names() if not name.startswith("system."))
        return cls(database, {name: list(database[name].find({})) for name in names})

    def restore(self) -> None:
        """Put everything back as it was; what came since is gone. Indexes stay. The service's processes must be stopped."""
        for name in self._database.list_collection_names():
            if not name.startswith("system."):
                self._database[name].delete_many({})
        for name, documents in self.documents.items():
            if documents:
                self._database[name].insert_many(documents)
