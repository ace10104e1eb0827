"""Makes message rows: template, version and parameters, each parameter of a person sealed under that person.

One occasion reaches one number once: `key` is unique, so an event that comes twice makes nothing new. The id is worked out
from the key, so a restored service finds what came back from the log; what it does not find there it never sends by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.notifier.commands.reach import people
from services.notifier.commands.settle import take_as_sent
from services.notifier.model.audience import OCCASIONS
from services.notifier.model.hours import next_allowed
from services.notifier.model.message import State
from services.notifier.model.templates import newest
from services.notifier.store import BRANCHES, MESSAGES, PEOPLE, Desk, Doc
from shared.clock import from_wire
from shared.ids import new_id
from shared.sealing import Erased
from shared.units import Unit
from shared.units.timers import NAME as TIMERS
from shared.units.timers import set_timer

WAKE = "send_now"
"""The timer by which the conductor and the loop know that something waits for a later hour."""
OF_THE_LOG = frozenset({"_id", "revision", "branch", "template", "version", "state", "made_at", "not_before"})
"""What the log knows better of a message than who makes it once more."""


@dataclass(frozen=True)
class Draft:
    """A message to be. `fields`: open parameters; `private`: parameters about a person, by that person."""

    occasion: str
    contact: Doc
    about: Sequence[str]
    key: str
    branch: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    look_in: str = ""


def queue(desk: Desk, unit: Unit, drafts: Sequence[Draft], due: datetime | None = None) -> list[Doc]:
    """Lay the messages into the queue and return those that are new. One bulk write for all.

    `due`: when the occasion was, where it is no event that is being handled. What may have been sent before this database was
    restored is not queued but unknown, and what is back from the log gets its text.
    """
    now = desk.clock.now()
    occasion = from_wire(unit.handling.time) if unit.handling else due or now
    lost = desk.may_be_done(occasion)
    return lay(desk, unit, drafts, occasion if lost else now, maybe_sent=lost)


def lay(desk: Desk, unit: Unit, drafts: Sequence[Draft], at: datetime, *, maybe_sent: bool = False) -> list[Doc]:
    """Lay the messages of an occasion at this instant into the queue; one that is there without its text gets it.

    `maybe_sent`: one that was due before the restore is unknown at once.
    """
    taken = {
        row["key"] for row in unit.collection(MESSAGES).find({"key": {"$in": [d.key for d in drafts]}}, projection=["key"])
    }
    fresh = list({draft.key: draft for draft in reversed(drafts) if draft.key not in taken}.values())[::-1]
    if not fresh:
        return []
    names = _names(desk, unit, {one for draft in fresh for one in draft.about})
    places = _places(unit, {draft.branch for draft in fresh})
    made = [_row(desk, draft, names, places[draft.branch], at) for draft in fresh]
    back = _back(desk, unit, made)
    filled = [_filled(back[row["_id"]], row) for row in made if row["_id"] in back]
    made = [row for row in made if row["_id"] not in back]
    for row in made if maybe_sent else ():
        if desk.may_be_done(row["not_before"]):
            take_as_sent(desk, unit, row)
    unit.collection(MESSAGES).insert_many(made)
    unit.collection(MESSAGES).replace_rows(filled)
    wake_at(unit, {row["not_before"] for row in made if row["state"] == State.QUEUED and row["not_before"] > at})
    return made + filled


def wake_at(unit: Unit, instants: set[datetime]) -> None:
    """See to it that the queue is looked at then."""
    ids = {f"{WAKE}:{instant:%Y%m%d%H%M%S}": instant for instant in instants}
    there = {row["_id"] for row in unit.collection(TIMERS).find({"_id": {"$in": list(ids)}}, projection=["_id"])}
    for timer, instant in ids.items():
        if timer not in there:
            set_timer(unit, WAKE, instant, timer_id=timer)


def _row(desk: Desk, draft: Draft, names: Mapping[str, str], place: str, at: datetime) -> Doc:
    rule, message = OCCASIONS[draft.occasion], _id_of(desk, draft)
    private = {one: {"name": names[one], **draft.private.get(one, {})} for one in draft.about if one in names}
    row: Doc = {
        "_id": message,
        "revision": 0,
        "branch": draft.branch,
        "person": draft.contact["person"],
        "contact": draft.contact["_id"],
        "hash": draft.contact["hash"],
        "about": [one for one in draft.about if one in names],
        "occasion": draft.occasion,
        "template": rule.template,
        "version": newest(rule.template),
        "language": desk.language,
        "fields": {**draft.fields, "place": place},
        "sealed": [{"under": one, "value": desk.sealer.seal(one, MESSAGES, message, said)} for one, said in private.items()],
        "key": draft.key,
        "state": State.QUEUED.value,
        "urgent": rule.urgent,
        "made_at": at,
        "not_before": at if rule.urgent else next_allowed(at),
    }
    return row | ({"look_in": draft.look_in} if draft.look_in else {})


def _id_of(desk: Desk, draft: Draft) -> str:
    """An erased person's is any: the gate lets nothing go to them."""
    try:
        return desk.id_for(draft.contact["person"], MESSAGES, draft.key)
    except Erased:
        return new_id()


def _back(desk: Desk, unit: Unit, made: Sequence[Doc]) -> Mapping[str, Doc]:
    """Those of these messages that are back from the log; none in a database that was never restored."""
    if desk.restored_at is None:
        return {}
    rows = unit.collection(MESSAGES).find({"_id": {"$in": [row["_id"] for row in made]}})
    return {row["_id"]: row for row in rows}


def _filled(back: Doc, made: Doc) -> Doc:
    """What the log says of the message, with text, number and occasion as they are made once more."""
    row = {name: value for name, value in back.items() if name != "bare"}
    return row | {name: value for name, value in made.items() if name not in OF_THE_LOG}


def _names(desk: Desk, unit: Unit, about: set[str]) -> dict[str, str]:
    if not about:
        return {}
    rows = people(unit, about).values()
    desk.sealer.have_ready(row["_id"] for row in rows)
    return {row["_id"]: said["name"] for row, said in desk.open_all("_id", PEOPLE, rows)}


def _places(unit: Unit, branches: set[str]) -> dict[str, str]:
    """The township's name (or what is known above it), by branch path."""
    chains = {branch: branch.split("/")[:2] for branch in branches}
    wanted = sorted({one for chain in chains.values() for one in chain})
    names = {row["_id"]: row["name"] for row in unit.collection(BRANCHES).find({"_id": {"$in": wanted}})}
    return {branch: next((names[one] for one in reversed(chain) if one in names), "") for branch, chain in chains.items()}
