"""Brings what the notifier told back into its documents after a restored backup (docs/operating.md, "A restored backup").

Never lets anything be sent: what the log knows as sent is so here too, and what may have been sent without the log's knowing
becomes unknown (commands/compose.py, commands/dispatch.py) and is listed for a person.

In no event stand the texts, the numbers and the carrier's ids. A message or number that came back is bare until the event that
made it is handled once more, and finds it by its id. Answers that were not about a visit do not come back, what they did does.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from services.notifier.commands import pleas
from services.notifier.commands.asks import ANSWERED, CLOSED, ask_of, close_asks
from services.notifier.commands.compose import lay
from services.notifier.commands.contacts import now_reached
from services.notifier.commands.hearing import shown_with
from services.notifier.commands.know import bare_contact
from services.notifier.commands.reach import best_contacts, homes
from services.notifier.model import contact as numbers
from services.notifier.model.audience import OCCASIONS
from services.notifier.model.message import State
from services.notifier.store import ANSWERS, ASKS, CONTACTS, LOOK_INS, MESSAGES, PEOPLE, Desk, Doc
from shared.clock import from_wire
from shared.events import Event
from shared.inbox import Handler
from shared.sealing import ERASED, LOST
from shared.units import Unit

log = structlog.get_logger()
Apply = Callable[[Desk, Unit, Event], None]
NOBODY: Doc = {"_id": "", "hash": ""}


def recalls(desk: Desk) -> Mapping[str, Handler]:
    """The table, with what its functions work with."""
    return {type_: partial(apply, desk) for type_, apply in RECALL.items()}


def _message(state: State) -> Apply:
    def apply(desk: Desk, unit: Unit, event: Event) -> None:
        rows = unit.collection(MESSAGES)
        known = rows.find_one({"_id": event.subject})
        row = known or _bare_message(desk, unit, event)
        if row["revision"] >= event.revision:
            return
        row.pop("why", None)
        row |= {"revision": event.revision, "state": state.value, "sent_at": row.get("sent_at", from_wire(event.time))}
        row |= {"why": event.data["why"]} if "why" in event.data else {}
        rows.replace_rows([row]) if known else rows.insert(row)
        if state is State.DELIVERED:
            now_reached(unit, [row["contact"]])

    return apply


def _bare_message(desk: Desk, unit: Unit, event: Event) -> Doc:
    """What an event says of a message; to which number, when the person has one only."""
    at, person = from_wire(event.time), event.data["person"]
    theirs = unit.collection(CONTACTS).find({"person": person, "current": True})
    contact = theirs[0] if len(theirs) == 1 else NOBODY
    row: Doc = {"_id": event.subject, "key": event.subject, "bare": True, "revision": 0, "branch": event.branch}
    row |= {"person": person, "contact": contact["_id"], "hash": contact["hash"]}
    row |= {"about": [event.data["about"]] if "about" in event.data else [], "fields": {}, "sealed": []}
    row |= {name: event.data[name] for name in ("template", "version")}
    urgent = any(rule.urgent for rule in OCCASIONS.values() if rule.template == row["template"])
    return row | {"occasion": "", "language": desk.language, "urgent": urgent, "made_at": at, "not_before": at}


def _contact(desk: Desk, unit: Unit, event: Event, change: Mapping[str, Any]) -> None:
    person = event.data["person"]
    if unit.collection(PEOPLE).find_one({"_id": person, "gone": True}):
        return
    rows = unit.collection(CONTACTS)
    known = rows.find_one({"_id": event.subject})
    row = known or bare_contact(event.subject, person, event.branch)
    if row["revision"] < event.revision:
        row |= {**change, "revision": event.revision}
        rows.replace_rows([row]) if known else rows.insert(row)
        if row["state"] in numbers.CLOSED and row["hash"]:
            close_asks(unit, {"hash": row["hash"]})


def _proven(desk: Desk, unit: Unit, event: Event) -> None:
    until = from_wire(event.data["until"])
    _contact(desk, unit, event, {"state": numbers.State.PROVEN.value, "fresh_until": until, "unreachable": ""})
    row = unit.collection(CONTACTS).find_one({"_id": event.subject})
    if row is not None and row["hash"]:
        close_asks(unit, {"hash": row["hash"], "kind": "greeting"}, ANSWERED)


def _closed(state: numbers.State) -> Apply:
    return partial(_contact, change={"state": state.value})


def _unreachable(desk: Desk, unit: Unit, event: Event) -> None:
    _contact(desk, unit, event, {"unreachable": event.data["why"]})


def _answer(desk: Desk, unit: Unit, event: Event) -> None:
    """What a family said about a visit, sealed for this place; the question is answered."""
    record, rows = event.subject, unit.collection(ANSWERS)
    if rows.find_one({"_id": record}) is not None or desk.keys.state(record) in (ERASED, LOST):
        return
    said = desk.sealer.open(record, "event", event.id, event.sealed()[record])
    assert isinstance(said, dict)
    person, asked = said["person"], unit.collection(MESSAGES).find_one({"_id": said.get("message")}) or NOBODY
    known = unit.collection(PEOPLE).find_one({"_id": person}) or {}
    row: Doc = {"_id": record, "kind": "about_visit", "person": person, "branch": known.get("branch", desk.home)}
    row |= {"hash": asked["hash"], "digest": "", "shared": False, "at": from_wire(event.time)}
    row |= {"about": shown_with(unit, {person})[person], "sealed": desk.sealer.seal(record, ANSWERS, record, said)}
    rows.insert(row)
    if "message" in said:
        _ask_is_over(unit, row, said)


def _ask_is_over(unit: Unit, answer: Doc, said: Mapping[str, Any]) -> None:
    state = CLOSED if said["meaning"] == "unclear" else ANSWERED
    asks, ask = unit.collection(ASKS), ask_of(said["message"])
    if asks.update_any({"message": said["message"]}, {"$set": {"state": state}}) == 0:
        row = {name: answer[name] for name in ("person", "hash", "branch")} | {"_id": ask, "kind": "visit", "state": state}
        asks.insert(row | {"message": said["message"], "visit": said.get("visit", ""), "closes_at": answer["at"]})


def _look_in_asked(desk: Desk, unit: Unit, event: Event) -> None:
    """Open again, and its promise in the queue, as when it was asked: sent perhaps, unless the log says more of it."""
    rows = unit.collection(LOOK_INS)
    if rows.find_one({"_id": event.subject}) is not None:
        return
    recipient, relative = event.data["recipient"], event.data["relative"]
    contact = best_contacts(unit, [relative]).get(relative)
    home = {"_id": recipient, "branch": event.branch, "household": homes(unit, [recipient])[recipient]}
    asker = contact or {**NOBODY, "person": relative}
    row = pleas.look_in(event.subject, asker, home, from_wire(event.data["promised"]))
    rows.insert(row)
    if contact is not None:
        lay(desk, unit, [pleas.promise(row, contact)], from_wire(event.time))


def _look_in_told_back(desk: Desk, unit: Unit, event: Event) -> None:
    older = {"_id": event.subject, "revision": {"$lt": event.revision}}
    unit.collection(LOOK_INS).update_any(older, {"$set": {"state": "told_back", "revision": event.revision}})


def _alarm(desk: Desk, unit: Unit, event: Event) -> None:
    """Routine messages about the home stop again. The calls lie in the queue as when it was raised: sent perhaps."""
    recipient, at = event.data["recipient"], from_wire(event.time)
    home = {"_id": recipient, "branch": event.branch, "household": homes(unit, [recipient])[recipient]}
    if unit.collection(PEOPLE).find_one({"_id": recipient}) is None:
        unit.collection(PEOPLE).insert({"_id": recipient, "branch": event.branch, "kinds": [], "alarm": True})
    pleas.stop_routine(unit, home)
    contact = best_contacts(unit, [event.data["by"]]).get(event.data["by"])
    if contact is None:
        lay(desk, unit, pleas.calls(desk, unit, event.subject, home, {event.data["by"]}), at)
        return
    same = {row["person"] for row in unit.collection(CONTACTS).find({"hash": contact["hash"], "current": True})}
    drafts = [*pleas.calls(desk, unit, event.subject, home, same), pleas.heard(event.subject, contact)]
    lay(desk, unit, drafts, at)


RECALL: Mapping[str, Apply] = {
    "message.submitted.v1": _message(State.SUBMITTED),
    "message.delivered.v1": _message(State.DELIVERED),
    "message.failed.v1": _message(State.FAILED),
    "message.unknown.v1": _message(State.UNKNOWN),
    "contact.proven.v1": _proven,
    "contact.wrong.v1": _closed(numbers.State.WRONG),
    "contact.stopped.v1": _closed(numbers.State.STOPPED),
    "contact.unreachable.v1": _unreachable,
    "answer.received.v1": _answer,
    "look_in.asked.v1": _look_in_asked,
    "look_in.told_back.v1": _look_in_told_back,
    "alarm.raised.v1": _alarm,
}
NOTHING_TO_RECALL: frozenset[str] = frozenset()
"""Each of the notifier's own types speaks of a document."""
