"""Shapes of the audit API: what may be asked, and how entries and concerns are shown."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from services.audit.model.concern import WORDS
from services.audit.queries import data_of
from services.audit.search import Wanted
from services.audit.unsealing import REASONS, Part
from shared.clock import to_wire
from shared.events.audit import CONCERNS

Doc = dict[str, Any]
ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
PATH = r"^[0-9a-f-]{36}(/[0-9a-f-]{36}){0,5}$"
ACTOR = r"^([0-9a-f-]{36}|system:[a-z_]{1,30})$"
TYPE = r"^[a-z][a-z_]{0,30}\.[a-z][a-z_]{0,30}\.v[1-9][0-9]?$"
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


def text(pattern: str, **more: Any) -> ma.fields.Str:
    """A text that matches from end to end."""
    return ma.fields.Str(validate=ma.validate.Regexp(pattern), **more)


class EntryQuery(ma.Schema):
    """A search of the log; `from` and `to` bound the time an event was recorded."""

    subject = text(ID)
    about = text(ID)
    branch = text(PATH)
    actor = text(ACTOR)
    type = text(TYPE)
    first = text(INSTANT, data_key="from")
    last = text(INSTANT, data_key="to")
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class ReasonQuery(ma.Schema):
    """With a reason an inspector is shown what is sealed, and the look is told."""

    reason = ma.fields.Str(validate=ma.validate.OneOf(REASONS))


class ConcernQuery(ma.Schema):
    """Concerns that a branch or one below must act on."""

    branch = text(PATH)
    kind = ma.fields.Str(validate=ma.validate.OneOf(CONCERNS))
    state = ma.fields.Str(validate=ma.validate.OneOf(("open", "closed")), load_default="open")
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


class ClosureSchema(ma.Schema):
    """The word a concern is closed with."""

    word = ma.fields.Str(required=True, validate=ma.validate.OneOf(WORDS))


class NothingSchema(ma.Schema):
    """An empty object."""


class PageSchema(ma.Schema):
    """One page of a list. `next` is the cursor of the following one, missing at the end."""

    items = ma.fields.List(ma.fields.Dict(), required=True)
    next = ma.fields.Str()


def wanted(query: Mapping[str, Any]) -> Wanted:
    """The search a query asks for."""
    return Wanted(**{name: value for name, value in query.items() if name != "cursor"})


def shown_entry(row: Doc) -> Doc:
    """An entry as a line of a list: nothing of it was sealed."""
    names = ("type", "subject", "revision", "service", "branch", "actor", "time", "odd")
    told = {"index": row["_id"], "bytes": len(row["body"]), **{name: row[name] for name in names if name in row}}
    return {**told, "id": row["event"]} if "event" in row else told


def shown_whole(row: Doc, parts: list[Part]) -> Doc:
    """An entry with its open data; its sealed parts as `parts` has them."""
    data = {name: value for name, value in data_of(row).items() if name != "sealed"}
    sealed = [{"under": part.under, "state": part.state, **({"fields": part.fields} if part.fields else {})} for part in parts]
    return {**shown_entry(row), "data": data, "sealed": sealed}


def shown_concern(row: Doc) -> Doc:
    """A concern as far as its reader may know it (the hidden part was opened before, or not)."""
    names = ("revision", "kind", "level", "branch", "place", "state", "due", "shown", "times", "cause", "why", "closed_by")
    told = {"id": row["_id"], "raised_at": to_wire(row["raised_at"]), **{n: row[n] for n in names if n in row}}
    if row.get("about"):
        told["about"] = row["about"]
    if "closed_at" in row:
        told["closed_at"] = to_wire(row["closed_at"])
    return {**told, "hidden": bool(row.get("hidden"))}
