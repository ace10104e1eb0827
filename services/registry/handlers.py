"""What the registry does when an event arrives: numbers that answered are fresh, others are not (docs/domain.md, rule 10).

The notifier tells contact.*; the mark stays with the relative as a person, for pages and the clerk's list. It is no change
of the person's shared state, so nothing is told of it.
"""

from collections.abc import Mapping

from services.registry.desk import Doc
from services.registry.store import PEOPLE
from shared.events import Event
from shared.inbox import Handler
from shared.units import Unit


def contact_proven(unit: Unit, event: Event) -> None:
    """The number answered: fresh until then."""
    _mark(unit, event, {"contact": "proven", "contact_until": event.data["until"]})


def contact_wrong(unit: Unit, event: Event) -> None:
    """The number belongs to somebody else: a clerk asks for the right one."""
    _mark(unit, event, {"contact": "wrong"})


def contact_stopped(unit: Unit, event: Event) -> None:
    """No messages are wanted. Care goes on."""
    _mark(unit, event, {"contact": "stopped"})


def contact_unreachable(unit: Unit, event: Event) -> None:
    """The number does not exist, or was off too long."""
    _mark(unit, event, {"contact": "unreachable"})


def _mark(unit: Unit, event: Event, change: Doc) -> None:
    """Nobody of ours (erased meanwhile) is no fault: `update_any` matches none.

    Nor is an answer of before the present number was given: told again after a backup was restored, it may come last.
    """
    since = {"$or": [{"phones_since": {"$exists": False}}, {"phones_since": {"$lt": event.id}}]}
    unit.collection(PEOPLE).update_any({"_id": event.data["person"], "state": "known", **since}, {"$set": change})


HANDLERS: Mapping[str, Handler] = {
    "contact.proven.v1": contact_proven,
    "contact.wrong.v1": contact_wrong,
    "contact.stopped.v1": contact_stopped,
    "contact.unreachable.v1": contact_unreachable,
}


def handlers(_desk: object) -> Mapping[str, Handler]:
    """The table; nothing here needs this process's desk, as the marks are no personal field."""
    return HANDLERS
