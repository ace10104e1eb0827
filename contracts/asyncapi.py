"""The catalogue as an AsyncAPI 3.0 document: what any tool that knows the standard needs to read our events."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from contracts.example import example_event
from contracts.shapes import object_of, said_of
from shared.events import EventType, Kind
from shared.events.catalogue import ANY_SERVICE
from shared.events.envelope import (
    ACTOR,
    BRANCH,
    CONTENT_TYPE,
    FIXED,
    GREATEST_BODY,
    GREATEST_REVISION,
    SOURCE,
    TYPE,
    VARIABLE,
)
from shared.ids import ID

Doc = dict[str, Any]
CHANNEL = "springrain.events"
SEALED_OF = ".sealed"
ABOUT = f"""\
What the services of a county tell each other, for ever. Written from the catalogue (`shared/events`); do not edit.
Every event is a CloudEvents 1.0 object in canonical JSON (RFC 8785) of at most {GREATEST_BODY} bytes. The exchange is
`{CHANNEL}`, a durable topic; the routing key is the event's type. A message holds one event, or some of its type, a
line each (0x0A, which canonical JSON never holds); its `traceparent` header then has as many lines, or one for all.
Each thing (`subject`) counts its own events in `revision`: 1, 2, 3, without a hole. What speaks of a person is sealed
for that person. A type may get optional fields within its version, so pass over the names you do not know; what
breaks is a new version.
"""


def document(types: Mapping[str, EventType], follows: Mapping[str, Any], readers: Mapping[str, list[str]], version: str) -> Doc:
    """The whole document. `follows`: nouns by service; `readers`: services that have a handler, by type."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Springrain events", "version": version, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"county": _server()},
        "channels": {CHANNEL: _channel(types)},
        "operations": {**_tells(types, follows), **_listens(types, follows)},
        "components": {
            "messages": {name: _message(kind, follows, readers.get(name, [])) for name, kind in types.items()},
            "schemas": {"envelope": _envelope(), "sealed": _sealed(), **_schemas(types)},
        },
    }


def as_yaml(made: Doc) -> str:
    """The document as YAML: the same bytes for the same catalogue, everything written out where it stands (no anchors)."""
    apart = json.loads(json.dumps(made))
    text: str = yaml.safe_dump(apart, sort_keys=False, allow_unicode=True, width=120)
    return text


def followers(kind: EventType, follows: Mapping[str, Any]) -> list[str]:
    """The services whose queue gets this type."""
    return sorted(service for service, nouns in follows.items() if kind.noun in nouns)


def _server() -> Doc:
    variables = {"broker": {"default": "localhost:5672", "description": "Each county has a broker of its own: RabbitMQ."}}
    return {"host": "{broker}", "protocol": "amqp", "protocolVersion": "0.9.1", "variables": variables}


def _channel(types: Mapping[str, EventType]) -> Doc:
    exchange = {"name": CHANNEL, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": "{type}",
        "title": "All events of a county",
        "description": "Queues are bound by noun (`visit.#`), so that a listener sees every revision of what it follows.",
        "parameters": {"type": {"description": "The routing key is the event's type.", "enum": list(types)}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _tells(types: Mapping[str, EventType], services: Mapping[str, Any]) -> Doc:
    return {
        f"{service}.tells": _operation("send", f"What {service} tells.", own)
        for service in services
        if (own := [name for name, kind in types.items() if kind.teller in (service, ANY_SERVICE)])
    }


def _listens(types: Mapping[str, EventType], follows: Mapping[str, Any]) -> Doc:
    heard = {service: [name for name, kind in types.items() if kind.noun in nouns] for service, nouns in follows.items()}
    table = {
        f"{service}.listens": _operation("receive", f"Queue `{service}.events`.", names) for service, names in heard.items()
    }
    return {**table, "log.listens": _operation("receive", "Queue `audit.log`: the log keeps every event, unread.", list(types))}


def _operation(action: str, summary: str, names: list[str]) -> Doc:
    messages = [{"$ref": f"#/channels/{CHANNEL}/messages/{name}"} for name in names]
    return {"action": action, "summary": summary, "channel": {"$ref": f"#/channels/{CHANNEL}"}, "messages": messages}


def _message(kind: EventType, follows: Mapping[str, Any], readers: list[str]) -> Doc:
    made: Doc = {
        "name": kind.name,
        "title": kind.name,
        "summary": said_of(kind),
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{kind.name}"},
        "examples": [{"name": "invented", "payload": example_event(kind)}],
        "x-told-by": kind.teller,
        "x-followed-by": followers(kind, follows),
        "x-handled-by": sorted(readers),
    }
    if kind.kinds:
        made["tags"] = [{"name": str(name), "description": meaning_of(name)} for name in sorted(kind.kinds)]
    if kind.schema.SUCCEEDS:
        made["x-succeeds"] = kind.schema.SUCCEEDS
    return made


def meaning_of(kind: Kind) -> str:
    """What a kind of types means, for listeners."""
    return {
        Kind.STATE: "Carries the whole shared state of its thing: settles all older ones that wait or are parked.",
        Kind.RESTRICTS: "Takes a right away or ends something: handled at once, ahead of what waits.",
        Kind.HIDDEN: "Subject, branch and actor say nothing; the real ones are sealed under a key of the record's own.",
        Kind.URGENT: "Never waits for a gap, and goes out when the outbox is full.",
    }[kind]


def _schemas(types: Mapping[str, EventType]) -> Doc:
    made: Doc = {}
    for name, kind in types.items():
        data = object_of(kind.open_fields)
        if kind.closed_fields:
            data["properties"]["sealed"] = {"$ref": "#/components/schemas/sealed"}
            made[name + SEALED_OF] = {**object_of(kind.closed_fields), "description": "What a sealed value opens to."}
        parts = {"type": {"const": name}, "data": data}
        made[name] = {"allOf": [{"$ref": "#/components/schemas/envelope"}, {"properties": parts}]}
    return made


def _envelope() -> Doc:
    patterns = {"source": SOURCE, "type": TYPE, "branch": BRANCH, "actor": ACTOR, "id": ID, "subject": ID}
    said = {
        "id": "UUIDv7 of the event.",
        "source": "County (its random id) and service.",
        "subject": "Id of the thing it happened to.",
        "time": "When the teller recorded it, UTC; when it happened is data.",
        "branch": "Path of branch ids: where.",
        "actor": "Account id, or `system:` and a service.",
        "type": "Noun, past tense, version.",
    }
    properties: Doc = {name: {"const": value} for name, value in FIXED.items()}
    for name in VARIABLE:
        form = {"pattern": f"^{_ecma(patterns[name].pattern)}$"} if name in patterns else {"format": "date-time"}
        properties[name] = {"type": "string", **form, "description": said[name]}
    revision = {"type": "integer", "minimum": 1, "maximum": GREATEST_REVISION}
    properties |= {"revision": {**revision, "description": "Counts the events of its subject."}, "data": {"type": "object"}}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _ecma(pattern: str) -> str:
    """The pattern in a group of its own when it has alternatives, so that both ends hold for each."""
    return f"(?:{pattern})" if "|" in pattern else pattern


def _sealed() -> Doc:
    properties = {
        "under": {"type": "string", "pattern": f"^{ID.pattern}$", "description": "The person or record whose key opens it."},
        "value": {"type": "string", "pattern": "^[A-Za-z0-9_-]{2,}$", "description": "base64url without padding."},
    }
    items = {"type": "object", "properties": properties, "required": ["under", "value"], "additionalProperties": False}
    return {"type": "array", "items": items, "description": "What speaks of a person, one value for each (docs/privacy.md)."}
