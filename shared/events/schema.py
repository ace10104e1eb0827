"""How one type of event is described: a marshmallow schema with its type, its kinds, and whose key seals it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import RAISE, Schema

from shared.errors import Fault
from shared.events.fields import EventField, Id

Check = Callable[[Mapping[str, Any]], list[Fault]]


class Kind(StrEnum):
    """What listeners must know of a type beyond its fields (docs/design.md, "Kinds of types")."""

    STATE = "state"
    """Carries the thing's whole shared state: settles all older waiting or parked state events of its subject."""
    RESTRICTS = "restricts"
    """Takes a right away or ends something: handled at once, ahead of what waits, and again in its turn when it came early.

    Its handlers must bear being called twice: they set a state, and tell only what is not so yet.
    """
    HIDDEN = "hidden"
    """Subject, branch and actor say nothing; the real ones are sealed under a record's own key."""
    URGENT = "urgent"
    """Red path and look-ins: never waits for a gap, goes through when the outbox is full."""


class EventSchema(Schema):
    """Base of all event types. A subclass sets `TYPE`, may set `KINDS`, and says in its docstring what happened."""

    class Meta:
        unknown = RAISE

    TYPE: ClassVar[str] = ""
    KINDS: ClassVar[frozenset[Kind]] = frozenset()
    SUCCEEDS: ClassVar[str] = ""
    """The older version this one is told instead of, once every listener of the last release reads both."""

    cause = Id(open="id of the event whose handling told this one", optional=True)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type as the catalogue knows it: checkers compiled once, fields by openness."""

    name: str
    teller: str
    schema: type[EventSchema]
    kinds: frozenset[Kind]
    open_fields: Mapping[str, EventField]
    closed_fields: Mapping[str, EventField]
    check_open: Check
    check_open_leniently: Check
    check_closed: Check

    @property
    def noun(self) -> str:
        """What the event is about: `visit` of `visit.planned.v1`. Queues are bound by noun."""
        return self.name.split(".", 1)[0]

    def is_(self, kind: Kind) -> bool:
        """Whether the type is marked with this kind."""
        return kind in self.kinds
