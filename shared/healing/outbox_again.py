"""Finds in a service's outbox what it is asked to tell again."""

from collections.abc import Iterator
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from shared.events.envelope import read
from shared.healing.again import Ask
from shared.units import outbox

Doc = dict[str, Any]


class OutboxAgain:
    """What this service told and still keeps: 30 days of it."""

    def __init__(self, database: Database[Doc], service: str) -> None:
        self._rows: Collection[Doc] = database[outbox.NAME]
        self._service = service

    def find(self, ask: Ask) -> Iterator[Doc]:
        """The events asked for, in the order of their commits."""
        if ask.source in ("", self._service):
            for row in self._rows.find(_rows_of(ask), sort=[("_id", 1)]):
                yield from (event for event in row["events"] if fits(ask, event))


def fits(ask: Ask, event: Doc) -> bool:
    """Whether an event, as an outbox keeps it, is one of those asked for."""
    if ask.subject and (event["subject"] != ask.subject or not ask.first <= event["revision"] <= ask.last):
        return False
    if ask.nouns and event["type"].split(".", 1)[0] not in ask.nouns:
        return False
    return not ask.since or read(bytes(event["body"])).time >= ask.since


def _rows_of(ask: Ask) -> Doc:
    wanted: Doc = {"day": ask.day} if ask.day else {}
    if ask.subject:
        revisions = {"$gte": ask.first, "$lte": ask.last}
        wanted["events"] = {"$elemMatch": {"subject": ask.subject, "revision": revisions}}
    return wanted
