"""The envelope of an event, for ever: a CloudEvents 1.0 object in canonical JSON, made and checked once, before commit.

The bytes made here are what the outbox stores, the broker carries, the log's leaf is. Nobody makes them a second time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.canonical import GREATEST, canonical, parse
from shared.clock import county_day_of_hour, from_wire
from shared.errors import Malformed
from shared.ids import is_id

GREATEST_BODY = 32 * 1024
GREATEST_REVISION = 2**31 - 1
CONTENT_TYPE = "application/cloudevents+json"
TYPE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*\.v[1-9][0-9]?")
SOURCE = re.compile(r"/springrain/[0-9a-f-]{36}/[a-z]{1,20}")
BRANCH = re.compile(r"[0-9a-f-]{36}(?:/[0-9a-f-]{36}){0,5}")
ACTOR = re.compile(r"[0-9a-f-]{36}|system:[a-z_]{1,30}")
KEY = re.compile(r"[a-z0-9_]{1,40}")
FIXED = {"specversion": "1.0", "datacontenttype": "application/json"}
VARIABLE = ("id", "source", "type", "subject", "time", "branch", "actor")
ALL = frozenset((*FIXED, *VARIABLE, "revision", "data"))


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it was told. `body` is the very bytes; all else is read from them."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    revision: int
    branch: str
    actor: str
    data: Mapping[str, Any]
    body: bytes
    trace: str = field(default="", compare=False)
    """The trace it was told or came in; beside the event, never part of it."""

    @property
    def noun(self) -> str:
        """What the event is about, the first word of its type."""
        return self.type.split(".", 1)[0]

    @property
    def service(self) -> str:
        """The service that told it, the last part of its source."""
        return self.source.rsplit("/", 1)[-1]

    @property
    def day(self) -> str:
        """The county day on which it was recorded, as `2026-11-24`."""
        return county_day_of_hour(self.time[:13])

    def sealed(self) -> dict[str, str]:
        """The sealed values by the id they are sealed under."""
        return {block["under"]: block["value"] for block in self.data.get("sealed", ())}


def make(*, data: dict[str, Any], revision: int, trace: str = "", **words: str) -> Event:
    """Build an event from its parts and check it. Raises Malformed naming the part."""
    body = canonical({**FIXED, **words, "revision": revision, "data": data})
    event = Event(body=body, data=data, revision=revision, trace=trace, **words)
    _check(event)
    return event


def read(body: bytes, trace: str = "") -> Event:
    """Read an event from its bytes. Raises Malformed for anything that is not exactly our envelope."""
    if len(body) > GREATEST_BODY:
        raise Malformed("too_large")
    found = parse(body)
    if not isinstance(found, dict) or found.keys() != ALL:
        raise Malformed("envelope", _odd_name(found))
    for name, value in FIXED.items():
        if found[name] != value:
            raise Malformed("envelope", name)
    if not all(type(found[name]) is str for name in VARIABLE) or type(found["data"]) is not dict:
        raise Malformed("envelope", "type of a field")
    words = {name: found[name] for name in VARIABLE}
    event = Event(body=body, data=found["data"], revision=found["revision"], trace=trace, **words)
    _check(event)
    return event


def _check(event: Event) -> None:
    if len(event.body) > GREATEST_BODY:
        raise Malformed("too_large")
    if not is_id(event.id) or event.id[14] != "7":
        raise Malformed("envelope", "id")
    if type(event.revision) is not int or not 1 <= event.revision <= GREATEST_REVISION:
        raise Malformed("envelope", "revision")
    for name, pattern in (("source", SOURCE), ("type", TYPE), ("branch", BRANCH), ("actor", ACTOR)):
        if pattern.fullmatch(getattr(event, name)) is None:
            raise Malformed("envelope", name)
    if not is_id(event.subject):
        raise Malformed("envelope", "subject")
    try:
        from_wire(event.time)
        _ = event.day  # the last hours of the year 9999 are of no county day
    except (ValueError, OverflowError):
        raise Malformed("envelope", "time") from None
    _check_data(event.data)


def _check_data(value: Any) -> None:
    if type(value) is dict:
        for key, inner in value.items():
            if KEY.fullmatch(key) is None:
                raise Malformed("key", key[:40])
            _check_data(inner)
    elif type(value) is list:
        for inner in value:
            _check_data(inner)
    elif type(value) is int:
        if abs(value) >= GREATEST:
            raise Malformed("integer_too_large")
    elif type(value) is not str and type(value) is not bool:
        raise Malformed("value")


def _odd_name(found: Any) -> str:
    if not isinstance(found, dict):
        return "not an object"
    return ", ".join(sorted(set(found) ^ ALL))[:80]
