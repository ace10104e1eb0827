"""The catalogue: every event type of every service, by name. It is the contract between the services.

A breaking change is a new `.v2` beside the old type, never a change of a type that was told once.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType
from typing import cast

from shared.events import audit, common, notifier, registry, scheduler
from shared.events.checker import compile_check
from shared.events.fields import EventField
from shared.events.schema import EventSchema, EventType

ANY_SERVICE = "any"
TELLERS: Mapping[str, ModuleType] = {
    ANY_SERVICE: common,
    "registry": registry,
    "scheduler": scheduler,
    "notifier": notifier,
    "audit": audit,
}


@cache
def catalogue() -> Mapping[str, EventType]:
    """Every type by its name, with its checks compiled. Made once, never changed."""
    types = {t.name: t for teller, module in TELLERS.items() for t in _types_of(teller, module)}
    return MappingProxyType(types)


def describe(schema: type[EventSchema], teller: str) -> EventType:
    """The entry of the catalogue for one schema."""
    fields = cast("dict[str, EventField]", schema().fields)
    opened = {name: field for name, field in fields.items() if field.open}
    closed = {name: field for name, field in fields.items() if not field.open}
    return EventType(
        name=schema.TYPE,
        teller=teller,
        schema=schema,
        kinds=schema.KINDS,
        open_fields=opened,
        closed_fields=closed,
        check_open=compile_check(opened, strict=True),
        check_open_leniently=compile_check(opened, strict=False),
        check_closed=compile_check(closed, strict=True),
    )


def _types_of(teller: str, module: ModuleType) -> Iterator[EventType]:
    for schema in vars(module).values():
        if isinstance(schema, type) and issubclass(schema, EventSchema) and schema.TYPE:
            yield describe(schema, teller)
