"""Makes message rows: template, version and parameters, each parameter of a person sealed under that person.

One occasion reaches one number once: `key` is unique, so an event that comes twice makes nothing new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.notifier.commands.reach import people
from services.notifier.model.audience import OCCASIONS
from services.notifier.model.hours import next_allowed
from services.notifier.model.message import State
from services.notifier.model.templates import newest
from services.notifier.store import BRANCHES, MESSAGES, PEOPLE, Desk, Doc
from shared.ids import new_id
from shared.messaging.timers import NAME as TIMERS
from shared.messaging.timers import set_timer
from shared.messaging.unit import Unit

WAKE = "send_now"
"""The timer by which the conductor and the loop know that something waits for a later hour."""


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


def queue(desk: Desk, unit: Unit, drafts: Sequence[Draft]) -> list[Doc]:
    """Lay the messages into the queue and return those that are new. One bulk write for all."""
    taken = {
        row["key"] for row in unit.collection(MESSAGES).find({"key": {"$in": [d.key for d in drafts]}}, projection=["key"])
    }
    fresh = list({draft.key: draft for draft in reversed(drafts) if draft.key not in taken}.values())[::-1]
    if not fresh:
        return []
    names = _names(desk, unit, {one for draft in fresh for one in draft.about})
    places = _places(unit, {draft.branch for draft in fresh})
    now = desk.clock.now()
    made = [_row(desk, draft, names, places[draft.branch], now) for draft in fresh]
    unit.collection(MESSAGES).insert_many(made)
    wake_at(unit, {row["not_before"] for row in made if row["not_before"] > now})
    return made


def wake_at(unit: Unit, instants: set[datetime]) -> None:
    """See to it that the queue is looked at then."""
    ids = {f"{WAKE}:{instant:%Y%m%d%H%M%S}": instant for instant in instants}
    there = {row["_id"] for row in unit.collection(TIMERS).find({"_id": {"$in": list(ids)}}, projection=["_id"])}
    for timer, instant in ids.items():
        if timer not in there:
            set_timer(unit, WAKE, instant, timer_id=timer)


def _row(desk: Desk, draft: Draft, names: Mapping[str, str], place: str, now: datetime) -> Doc:
    rule, message = OCCASIONS[draft.occasion], new_id()
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
        "made_at": now,
        "not_before": now if rule.urgent else next_allowed(now),
    }
    return row | ({"look_in": draft.look_in} if draft.look_in else {})


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
