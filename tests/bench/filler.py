"""Fills outbox, broker and listener with very many events fast: one real event, made once, told again under other ids.

Every event is about a subject of its own: the most rows there can be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from shared.events import Event
from shared.ids import new_id
from shared.inbox import PROGRESS
from shared.inbox.progress import Progress
from shared.units import outbox

AT_ONCE = 5_000
Doc = dict[str, Any]


def subject(number: int) -> str:
    """The subject with this number, the same in every run."""
    return f"{number:08x}-0000-7000-8000-{number:012x}"


def copies(event: Event, numbers: Iterable[int]) -> Iterator[Event]:
    """This event again, with an id of its own, about each of these subjects."""
    old_id, old_subject = event.id.encode(), event.subject.encode()
    for number in numbers:
        fresh, about = new_id(), subject(number)
        body = event.body.replace(old_id, fresh.encode()).replace(old_subject, about.encode())
        yield replace(event, id=fresh, subject=about, body=body)


def fill_outbox(database: Database[Doc], events: Iterable[Event], *, told: bool, together: int = 1) -> None:
    """Lay these events into an outbox, so many a commit: waiting, or told already."""
    _insert(database, outbox.NAME, _rows(iter(events), together, told))


def _rows(events: Iterator[Event], together: int, told: bool) -> Iterator[Doc]:
    """Rows as a commit would lay them."""
    settled = {"told_at": datetime.now(UTC)}
    while some := list(islice(events, together)):
        for write in outbox.insertions(some):
            row: Doc = write._doc  # pymongo gives a write's row no other way
            yield without(row, "untold") | settled if told else row


def fill_known(database: Database[Doc], events: Iterable[Event]) -> None:
    """Have a listener know the subjects of these events, each up to its event."""
    now = datetime.now(UTC)
    known = (Progress(event.subject, event.revision, event.id) for event in events)
    _insert(database, PROGRESS, (progress.to_row(now) for progress in known))


def without(row: Doc, name: str) -> Doc:
    """The row without this field."""
    return {field: value for field, value in row.items() if field != name}


def _insert(database: Database[Doc], name: str, rows: Iterator[Doc]) -> None:
    collection = database.get_collection(name, write_concern=WriteConcern(1))
    while some := list(islice(rows, AT_ONCE)):
        collection.insert_many(some, ordered=False)
