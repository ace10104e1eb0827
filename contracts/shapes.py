"""One field of an event in the forms a document needs: JSON schema, words, and an example that holds invented data only."""

import hashlib
from collections.abc import Mapping
from typing import Any

from contracts.description import describe_value
from shared.events import EventType
from shared.events.fields import CODE, DAY, EventField, ListOf, Word
from shared.ids import ID

Doc = dict[str, Any]
A_DAY, INSTANT = "2026-09-18", "2026-09-18T01:30:00Z"
EXAMPLES: Mapping[str, Any] = {
    "name": "王桂英",
    "branch.name": "新坪村",
    "level": "village",
    "birth": "1948-03-12",
    "kinds": ["elder"],
    "categories": ["living_alone", "minimum_income"],
    "minor": False,
    "minors": False,
    "no_adult": False,
    "ended": False,
    "asked": False,
    "no_place_only": False,
    "band": "monthly",
    "rhythm": "monthly",
    "role": "clerk",
    "roster": "elders",
    "days": ["sat", "sun"],
    "from_day": "2026-09-11",
    "next_day": "2026-09-21",
    "first_day": "2026-09-01",
    "last_day": "2026-09-30",
    "expires_on": "2027-09-17",
    "minors_until": "2027-09-17",
    "phones": ["13800000000"],
    "place": "新坪村三组",
    "workplace": "东莞",
    "employer": "春雨建材店",
    "note": "院子里的灯坏了",
    "text": "来过了，谢谢",
    "words": "电话一直没人接",
    "wish": "一个新书包",
    "relation": "daughter",
    "authority": "县公安局",
    "code": "360124103201",
    "number": "XP-0412",
    "month": "2026-09",
    "notice": "2026.1",
    "template": "visit_missed",
    "version": 2,
    "page": "scheduler/day",
    "reason": "care",
    "decision": "retry",
    "event_type": "visit.planned.v1",
    "field": "slot",
    "why": "settled",
    "minutes": 40,
    "true_branch": "0199d0a0-0000-7000-8000-000000000001/0199d0a0-0000-7000-8000-000000000002",
}
"""By name of the field, or noun and name. What has none gets a value of its kind; a test sees that every example fits."""


def schema_of(field: EventField) -> Doc:
    """The field as JSON schema (draft 7), its reason for standing open as the description."""
    schema = _schema(describe_value(field))
    return {**schema, "description": f"Open: {field.open}."} if field.open else schema


def object_of(fields: Mapping[str, EventField]) -> Doc:
    """An object of these fields. Further names may come: a type may grow within its version."""
    schema: Doc = {"type": "object", "properties": {name: schema_of(field) for name, field in fields.items()}}
    if required := [name for name, field in fields.items() if field.required]:
        schema["required"] = required
    return schema


def words_of(field: EventField) -> str:
    """Kind and bounds in words, for a table."""
    return _words(describe_value(field))


def example_of(name: str, field: EventField, noun: str = "") -> Any:
    """A value that fits, the same on every day and every machine."""
    value = EXAMPLES.get(f"{noun}.{name}", EXAMPLES.get(name))
    if value is not None and field.fits(value):
        return value
    if isinstance(field, Word):
        return sorted(field.words)[0]
    if isinstance(field, ListOf):
        return [example_of(name.removesuffix("s"), field.inner)]
    described = describe_value(field)
    plain = {"id": invented_id(name), "flag": True, "day": A_DAY, "instant": INSTANT, "code": "a-1", "text": "新坪村"}
    return plain.get(described["kind"]) or max(described["least"], min(described["most"], 3))


def examples_of(fields: Mapping[str, EventField], noun: str) -> Doc:
    """An example of each of these fields; `cause` is left out, since most events have none."""
    return {name: example_of(name, field, noun) for name, field in fields.items() if name != "cause"}


def invented_id(seed: str) -> str:
    """An id as ours look (UUIDv7), of nobody and nothing."""
    digits = hashlib.sha256(f"invented {seed}".encode()).hexdigest()
    return f"0199d0a0-{digits[:4]}-7{digits[4:7]}-8{digits[7:10]}-{digits[10:22]}"


def said_of(kind: EventType) -> str:
    """What happened: the docstring of the type, as one line."""
    return " ".join((kind.schema.__doc__ or "").split())


def _schema(described: Doc) -> Doc:
    match described["kind"]:
        case "id":
            return {"type": "string", "pattern": f"^{ID.pattern}$"}
        case "code":
            return {"type": "string", "maxLength": described["most"], "pattern": f"^{CODE.pattern}$"}
        case "text":
            return {"type": "string", "minLength": 1, "maxLength": described["most"]}
        case "word":
            return {"type": "string", "enum": described["words"]}
        case "count":
            return {"type": "integer", "minimum": described["least"], "maximum": described["most"]}
        case "flag":
            return {"type": "boolean"}
        case "day":
            return {"type": "string", "format": "date", "pattern": f"^{DAY.pattern}$"}
        case "instant":
            return {"type": "string", "format": "date-time", "pattern": f"^{DAY.pattern}T[0-9:]{{8}}Z$"}
        case _:
            return {"type": "array", "maxItems": described["most"], "items": _schema(described["of"])}


def _words(described: Doc) -> str:
    match described["kind"]:
        case "code":
            return f"code, at most {described['most']} characters"
        case "text":
            return f"text, at most {described['most']} characters"
        case "word":
            return "one of " + ", ".join(f"`{word}`" for word in described["words"])
        case "count":
            return f"whole number, {described['least']:,} to {described['most']:,}"
        case "flag":
            return "yes or no"
        case "instant":
            return "instant, UTC"
        case "list":
            return f"list of at most {described['most']}: {_words(described['of'])}"
        case plain:
            return str(plain)
