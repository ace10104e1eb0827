"""A search of the log: what is asked for, which index answers it, and in which order its pages come.

Newest first, by place in the log. Where the time alone bounds a search of the whole county, by time told, since that index
answers in order: a month years ago is found without reading what came after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from pymongo import ASCENDING, DESCENDING

Doc = dict[str, Any]
NOTHING: Doc = {"_id": {"$lt": 0}}
FIELDS = ("subject", "about", "actor", "type")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty means any. `first` and `last` bound the time told, as instants on the wire."""

    subject: str = ""
    about: str = ""
    branch: str = ""
    actor: str = ""
    type: str = ""
    first: str = ""
    last: str = ""

    def words(self) -> dict[str, str]:
        """What was asked for, to bind a cursor to it and to go on with."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in said.items() if value}

    def filter(self, home: str) -> Doc:
        """The filter; `home` is the county's own branch, which holds everything."""
        said = self.words()
        found: Doc = {name: {"$eq": said[name]} for name in FIELDS if name in said}
        if self.subject:
            found["about"] = {"$eq": self.subject}  # the index; a subject is always among what its entry is about
        if self.branch and self.branch != home:
            found |= {"within": {"$eq": self.branch}} if "/" in self.branch else NOTHING
        bounds = {sign: bound for sign, bound in (("$gte", self.first), ("$lt", self.last)) if bound}
        return found | ({"time": bounds} if bounds else {})

    def by_time(self, scope: Doc) -> bool:
        """Whether pages come by time told: nothing but the time bounds the search."""
        return not scope and not (self.words().keys() - {"first", "last"}) and bool(self.first or self.last)

    def order(self, scope: Doc) -> list[tuple[str, int]]:
        """How the rows are sorted."""
        return [("time", DESCENDING), ("_id", ASCENDING)] if self.by_time(scope) else [("_id", DESCENDING)]

    def position(self, row: Doc) -> list[str | int]:
        """Where the next page begins after this row, for a cursor."""
        return [row["_id"], row.get("time", "")]

    def after(self, position: Sequence[Any], scope: Doc) -> Doc:
        """The filter of what comes after that position."""
        index, time = position
        if not self.by_time(scope):
            return {"_id": {"$lt": index}}
        return {"time": {"$lte": time}, "$or": [{"time": {"$lt": time}}, {"_id": {"$gt": index}}]}
