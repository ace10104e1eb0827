"""Two versions of the same services side by side, as during an upgrade: on one queue, on one outbox, under load.

The processes started here are the older version: they know the catalogue as it is. This process is the newer one: it tells,
relays and listens with a catalogue that has grown by a field and a type. Events tell in `data.pages` that they have grown.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deploy.local.stack.children import Child
from shared.events import Event
from shared.events.fields import Count
from shared.events.registry import RosterImported
from shared.events.schema import EventSchema
from shared.ids import new_id
from shared.messaging import lease
from shared.units import Unit
from tests.catalogues import another_catalogue
from tests.eventually import eventually
from tests.faults.backbone import TOPOLOGY, TYPE, Backbone
from tests.faults.effects import EFFECTS

CHECKED = "roster.checked.v1"
FIGURES = {"roster": "elders", "rows": 1, "registered": 1, "changed": 0, "refused": 0, "to_mend": 0}
ENOUGH = 60
"""How many events each version must have handled before the counting begins."""


class RosterOfPages(RosterImported):
    """The type as the newer version knows it."""

    pages = Count(open="pages of the roster", optional=True)


class RosterChecked(EventSchema):
    """A type the older version never heard of, of a noun it follows."""

    TYPE = CHECKED
    pages = Count(open="pages of the roster")


def note_as_new(unit: Unit, event: Event) -> None:
    """An effect as those of the older version, and who had it."""
    row = {"event": event.id, "subject": event.subject, "revision": event.revision, "by": "new"}
    unit.collection(EFFECTS).insert({"_id": new_id(), **row})


@contextmanager
def both_versions(backbone: Backbone) -> Iterator[Child]:
    """An old and a new consumer of the scheduler; the old relay of the registry, which is handed out, and the new one."""
    county, handlers = backbone.county, {TYPE: note_as_new, CHECKED: note_as_new}
    with another_catalogue("registry", RosterImported=RosterOfPages, RosterChecked=RosterChecked):
        relay = backbone.process("registry", "relay")
        backbone.process("scheduler", "consumer")
        eventually(lambda: backbone.registry.database[lease.NAME].find_one(), "the old relay has the lease", within=30)
        with (
            backbone.running(backbone.relay(backbone.registry)),
            county.working(backbone.scheduler, TOPOLOGY, handlers, roles=("consumer",)),
        ):
            yield relay


def tell(backbone: Backbone, type_: str, subject: str, revision: int, data: dict[str, Any]) -> Event:
    registry = backbone.registry
    where = {"subject": subject, "revision": revision, "branch": registry.home, "actor": "system:registry"}
    told: Event = registry.units.run(lambda unit: unit.tell(type_, data=data, **where))
    return told


def grown(backbone: Backbone, subject: str) -> list[Event]:
    """A chain of one type, every second event with the new field."""
    return [tell(backbone, TYPE, subject, r, FIGURES | ({"pages": r} if r % 2 else {})) for r in (1, 2, 3, 4)]


def mixed(backbone: Backbone, subject: str) -> list[Event]:
    """A chain with the new type in between."""
    first = tell(backbone, TYPE, subject, 1, FIGURES)
    second = tell(backbone, CHECKED, subject, 2, {"pages": 2})
    return [first, second, tell(backbone, TYPE, subject, 3, FIGURES)]


def tell_until_both_took_part(backbone: Backbone, chain: Callable[[Backbone, str], list[Event]]) -> list[Event]:
    """Two callers tell chains without a pause until each version has handled enough."""
    told: list[Event] = []
    over = threading.Event()

    def caller(_: threading.Event) -> None:
        while not over.is_set():
            told.extend(chain(backbone, new_id()))

    with backbone.running(caller, caller):
        try:
            eventually(lambda: min(map(len, shares(backbone))) >= ENOUGH, "both versions took part", within=60)
        finally:
            over.set()
    return told


def shares(backbone: Backbone) -> tuple[set[str], set[str]]:
    """The events handled by the old version and by the new one."""
    rows = backbone.effects()
    return {row["event"] for row in rows if "by" not in row}, {row["event"] for row in rows if "by" in row}


def all_followed(backbone: Backbone, told: list[Event]) -> bool:
    """Whether the listener has gone through every chain to its end."""
    ends = {event.subject: event.revision for event in told}
    rows = backbone.scheduler.database["progress"].find({"_id": {"$in": list(ends)}})
    return {row["_id"]: row["reached"] for row in rows} == ends


def test_a_field_new_to_one_version_is_handled_by_both_from_one_queue(backbone: Backbone) -> None:
    with both_versions(backbone) as old_relay:
        told = tell_until_both_took_part(backbone, grown)
        old_relay.stop()
        backbone.count(told + grown(backbone, new_id()))
    old, new = shares(backbone)
    with_the_field = {event.id for event in told if "pages" in event.data}
    assert old & with_the_field
    assert new & with_the_field


def test_a_type_new_to_one_version_leaves_no_hole_and_its_effect_with_the_other_alone(backbone: Backbone) -> None:
    with both_versions(backbone):
        told = tell_until_both_took_part(backbone, mixed)
        eventually(lambda: all_followed(backbone, told), "every chain followed to its end", within=30)
        old, new = shares(backbone)
        ticked_off = {event.id for event in told} - old - new
        backbone.count(told, parked=len(ticked_off))
    assert backbone.held() == 0
    assert ticked_off
    assert {event.type for event in told if event.id in ticked_off} == {CHECKED}
    assert new & {event.id for event in told if event.type == CHECKED}
