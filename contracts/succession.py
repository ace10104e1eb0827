"""When a new version of a type may be told instead of the older one. Pure.

There is no switch: the release that tells `.v2` is another than the one that learned to read it, so that whatever runs beside
it while the county is upgraded reads both already. What the last release read is in its contract (`read_by`).
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from shared.events import EventType

Readers = Mapping[str, list[str]]


def too_early(types: Mapping[str, EventType], readers: Readers, told: Set[str], released: Mapping[str, Any]) -> list[str]:
    """What speaks against the versions of the catalogue as they are told now; a sentence for each, none when all is well.

    `readers`: services with a handler, by type. `told`: types that the code tells. `released`: the last release's contract.
    """
    return [f"{name}: {why}" for name in sorted(types) for why in _faults(types[name], types, readers, told, released)]


def _faults(
    kind: EventType, types: Mapping[str, EventType], readers: Readers, told: Set[str], released: Mapping[str, Any]
) -> Iterator[str]:
    older = types.get(kind.schema.SUCCEEDS)
    if older is None:
        if kind.schema.SUCCEEDS or not kind.name.endswith(".v1"):
            yield f"does not succeed a type of the catalogue ({kind.schema.SUCCEEDS or 'none named'})"
        return
    if _stem(older) != _stem(kind) or _version(older) >= _version(kind):
        yield f"{older.name} is not an older version of it"
    if (older.teller, older.kinds) != (kind.teller, kind.kinds):
        yield f"has another teller or other kinds than {older.name}, whose chain it goes on with"
    for service in sorted(set(readers.get(kind.name, [])) - set(readers.get(older.name, []))):
        yield f"{service} reads it and not {older.name}, which the log and a restored outbox bring again"
    if kind.name not in told:
        return
    if older.name in told:
        yield f"is told, and so is {older.name}: one thing would happen twice"
    for when, before, after in (
        ("this release", readers.get(older.name, []), readers.get(kind.name, [])),
        ("the last release", _read_by(released, older.name), _read_by(released, kind.name)),
    ):
        for service in sorted(set(before) - set(after)):
            yield f"is told, and {service} of {when} reads {older.name} alone: it would tick it off unread"


def _read_by(released: Mapping[str, Any], name: str) -> list[str]:
    return list(released[name]["read_by"]) if name in released else []


def _stem(kind: EventType) -> str:
    return kind.name.rsplit(".", 1)[0]


def _version(kind: EventType) -> int:
    return int(kind.name.rsplit(".v", 1)[1])
