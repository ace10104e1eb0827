"""What the scheduler does when an event arrives: one table, type -> function. A type not in it is ticked off."""

from collections.abc import Callable, Mapping
from typing import Any

from services.scheduler import store
from services.scheduler.commands import answering, following, looking_in
from services.scheduler.commands.desk import Desk
from shared import rights
from shared.clock import from_wire
from shared.events import Event
from shared.inbox import Handler
from shared.sealing import ERASED
from shared.units import Unit

Doc = dict[str, Any]
RECIPIENTS = frozenset({"elder", "child"})


def know_branch(unit: Unit, desk: Desk, event: Event) -> None:
    """Branches give visits their place and pages their names."""
    data = event.data
    parent = data.get("parent")
    row = {"_id": event.subject, "branch": event.branch, "level": data["level"], "name": data["name"], "parent": parent}
    following.note_branch(unit, row)


def know_rights(unit: Unit, desk: Desk, event: Event) -> None:
    """A withdrawn right is gone here too."""
    rights.note(unit, event.subject, event.data["rights"])


def know_person(unit: Unit, desk: Desk, event: Event) -> None:
    """Recipients only: of others the scheduler needs nothing. Name, phones and place are kept for their volunteer's eyes."""
    data = event.data
    if not RECIPIENTS.intersection(data["kinds"]):
        return
    opened = _opened(desk, event)
    row: Doc = {name: data[name] for name in ("number", "kinds", "minor", "care", "no_adult")}
    row |= {"_id": event.subject, "branch": event.branch, "erased": opened is None}
    if opened is not None:
        kept: Doc = {name: opened[name] for name in ("name", "phones", "place") if name in opened}
        row["sealed"] = desk.sealer.seal(event.subject, store.PEOPLE, event.subject, kept)
    following.note_person(unit, desk, row)


def forget_person(unit: Unit, desk: Desk, event: Event) -> None:
    """Erased: nothing that speaks of the person stays, and nobody is sent to an empty house."""
    following.erase_person(unit, desk, event.subject)


def know_household(unit: Unit, desk: Desk, event: Event) -> None:
    """Who lives together gets one visit."""
    row = {name: event.data[name] for name in ("number", "members", "band", "minors")}
    following.note_household(unit, desk, {"_id": event.subject, "branch": event.branch, **row}, event.day)


def know_volunteer(unit: Unit, desk: Desk, event: Event) -> None:
    """What is offered, where, and until when a check holds. Name and phones are not opened: nobody needs them here."""
    data = event.data
    row: Doc = {name: data[name] for name in ("number", "person", "no_place_only", "days", "visits_a_month", "state")}
    row |= {"_id": event.subject, "branch": event.branch, "minors_until": data.get("minors_until")}
    following.note_volunteer(unit, desk, row, data["places"])


def know_pairing(unit: Unit, desk: Desk, event: Event) -> None:
    """Somebody is bound to a household."""
    row = {name: event.data[name] for name in ("household", "volunteer", "nearness")}
    following.note_pairing(unit, desk, {"_id": event.subject, "branch": event.branch, **row})


def end_pairing(unit: Unit, desk: Desk, event: Event) -> None:
    """A pairing is over."""
    following.end_pairing(unit, desk, event.subject, event.data["household"], event.data["volunteer"])


def send_somebody(unit: Unit, desk: Desk, event: Event) -> None:
    """A relative asks that somebody goes and looks."""
    promised = from_wire(event.data["promised"])
    looking_in.answer_look_in(unit, desk, event.subject, event.data["recipient"], promised)


def hear_answer(unit: Unit, desk: Desk, event: Event) -> None:
    """A family answered about a visit. Unclear answers and other questions' change nothing here."""
    opened = _opened(desk, event)
    if opened is not None and "visit" in opened and opened["meaning"] != "unclear":
        answering.hear_answer(unit, desk, opened["visit"], opened["person"], opened["meaning"] == "came")


HANDLERS: Mapping[str, Callable[[Unit, Desk, Event], None]] = {
    "branch.registered.v1": know_branch,
    "account.registered.v1": know_rights,
    "account.rights_changed.v1": know_rights,
    "person.registered.v1": know_person,
    "person.changed.v1": know_person,
    "person.erased.v1": forget_person,
    "household.formed.v1": know_household,
    "household.changed.v1": know_household,
    "volunteer.registered.v1": know_volunteer,
    "volunteer.changed.v1": know_volunteer,
    "pairing.formed.v1": know_pairing,
    "pairing.ended.v1": end_pairing,
    "look_in.asked.v1": send_somebody,
    "answer.received.v1": hear_answer,
}


def handlers(desk: Desk) -> dict[str, Handler]:
    """The table, bound to this process's desk."""
    return {type_: _bound(function, desk) for type_, function in HANDLERS.items()}


def _bound(function: Callable[[Unit, Desk, Event], None], desk: Desk) -> Handler:
    return lambda unit, event: function(unit, desk, event)


def _opened(desk: Desk, event: Event) -> Doc | None:
    """What is sealed under the event's own subject; None when its key was destroyed."""
    value = event.sealed().get(event.subject)
    opened = desk.sealer.open(event.subject, "event", event.id, value) if value else {}
    return None if opened is ERASED else dict(opened)
