"""The catalogue in plain JSON: what a release promised, kept beside the code so that the next one can be held against it.

Says of each type all that a teller or a listener depends on, and no prose: a better sentence breaks nobody.
"""

from collections.abc import Mapping
from typing import Any

from shared.events import EventType
from shared.events.fields import Code, Count, Day, EventField, Flag, Id, Instant, ListOf, Text, Word

Doc = dict[str, Any]
KINDS_OF_FIELD: Mapping[type[EventField], str] = {
    Id: "id",
    Code: "code",
    Text: "text",
    Word: "word",
    Count: "count",
    Flag: "flag",
    Day: "day",
    Instant: "instant",
    ListOf: "list",
}


def describe_all(types: Mapping[str, EventType], readers: Mapping[str, list[str]]) -> Doc:
    """Every type by its name; `readers` says which services have a handler for it."""
    return {name: describe_type(types[name], readers.get(name, [])) for name in sorted(types)}


def describe_type(kind: EventType, readers: list[str]) -> Doc:
    """One type: who tells it, who reads it, its kinds and its fields."""
    described: Doc = {"teller": kind.teller, "read_by": sorted(readers), "kinds": sorted(map(str, kind.kinds))}
    if kind.schema.SUCCEEDS:
        described["succeeds"] = kind.schema.SUCCEEDS
    fields = {**kind.open_fields, **kind.closed_fields}
    return {**described, "fields": {name: describe_field(fields[name]) for name in sorted(fields)}}


def describe_field(field: EventField) -> Doc:
    """One field: its kind, whether it stands open and must be there, and its bounds."""
    return {**describe_value(field), "open": bool(field.open), "required": bool(field.required)}


def describe_value(field: EventField) -> Doc:
    """What values fit. Raises TypeError for a kind of field it was never taught, so that none slips through unbounded."""
    kind = KINDS_OF_FIELD.get(type(field))
    if kind is None:
        raise TypeError(f"no description of the kind of field {type(field).__name__}")
    if isinstance(field, Code | Text):
        return {"kind": kind, "most": field.most}
    if isinstance(field, Word):
        return {"kind": kind, "words": sorted(field.words)}
    if isinstance(field, Count):
        return {"kind": kind, "least": field.least, "most": field.most}
    if isinstance(field, ListOf):
        return {"kind": kind, "most": field.most, "of": describe_value(field.inner)}
    return {"kind": kind}
